import assert from "node:assert/strict";
import { type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";
import { allowEntries } from "../support/rbac.ts";

const SERVICES = 100;

/** Verbs on ServiceEntries that each user has. */
const USERS = {
  reader: ["get", "list"],
  changer: ["get", "list", "patch"],
  adder: ["get", "list", "create", "patch", "update"],
};
type User = keyof typeof USERS | "nobody";

describe("An update without the permission", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster());
    site = await fixture.site("permission");
    for (const [name, verbs] of Object.entries(USERS)) {
      await allowEntries(fixture.cluster, site.namespace, name, verbs);
    }
  });

  after(() => fixture.stop());

  beforeEach(() => site.clear());

  /** Inputs with a kubeconfig of that user. */
  function as(user: User, inputs: Record<string, unknown>): Record<string, unknown> {
    return site.as(user, { token: fixture.cluster.admin.token, as: user }, inputs);
  }

  const lacks = (user: User, verb: string): RegExp =>
    new RegExp(
      `^cluster context "${user}": cannot .*: 403 Forbidden: User "${user}" cannot ${verb} resource "serviceentries" ` +
        'in API group "networking\\.istio\\.io" in the namespace "permission"\\. ' +
        "Let a Role or ClusterRole allow it to that user, then try again",
      "m",
    );

  it("to read fails before any change and names the missing RBAC rule", async () => {
    const { text, state } = await failing(site.create(as("nobody", site.inputs(SERVICES))));
    assert.match(text.replace(/^.*UNKNOWN: /, ""), lacks("nobody", "list"));
    assert.match(text, /Nothing was changed in the cluster$/);
    assert.equal(state, undefined);
  });

  for (const [user, verb] of [
    ["reader", "patch"],
    ["changer", "create"],
  ] as const) {
    it(`to ${verb} stops at once, with one sentence for all services`, async () => {
      const declared = site.inputs(SERVICES);
      const failed = await failing(site.create(as(user, declared)));
      assert.match(failed.text, lacks(user, verb));
      assert.match(failed.text, /^0 of 100 services are registered as declared\. Stopped with \d+ not tried/);
      assert.equal(failed.text.split("\n").length, 2, failed.text);
      assert.ok(site.proxy.requests.length < 50, `${site.proxy.requests.length} requests`);
      assert.equal(failed.state?.imported, 0);
      await site.assertFinishes(failed, declared);
    });
  }

  it("to delete registers the other services and counts those that remain", async () => {
    const state = await site.create(site.inputs(SERVICES));
    const changed = site.changed(SERVICES - 50);
    const failed = await failing(site.update(state, as("adder", changed)));
    assert.match(failed.text, lacks("adder", "delete"));
    assert.match(
      failed.text,
      /^50 of 50 services are registered as declared; 50 of 50 withdrawn ones are still there\./,
    );
    assert.equal(failed.state?.imported, SERVICES - 50);
    await site.assertFinishes(failed, changed);
  });

  it("to delete, when all services are removed, reports how many remain", async () => {
    const state = await site.create(site.inputs(SERVICES));
    const failed = await failing(site.delete(as("adder", state)));
    assert.match(failed.text, /0 of 100 services of peer cluster-b are deleted\. Stopped with/);
    assert.match(failed.text, /User "adder" cannot delete resource "serviceentries"/);
    await site.delete(state);
    await site.assertThere(site.inputs(0));
  });
});
