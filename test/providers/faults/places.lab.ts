import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type KubernetesObject, NAMESPACE, type ResourceKind } from "../../../kubernetes/kinds.ts";
import { type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";

const SERVICES = 100;
const CONFIG_MAP: ResourceKind = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps" };

type Finalized = KubernetesObject & { metadata: { finalizers?: string[] } };

describe("ServiceEntries without a place:", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster(false));
    site = await fixture.site("places");
  });

  after(() => fixture.stop());

  it("missing CRDs of Istio are waited for", async () => {
    const declared = site.inputs(SERVICES);
    const created = site.create(declared);
    await sleep(2000);
    await fixture.cluster.installIstioKinds();
    assert.equal((await created).imported, SERVICES);
    await site.assertThere(declared);
    await site.clear();
  });

  it("a missing namespace stops the update at once", async () => {
    const nowhere = await fixture.site("nowhere");
    await fixture.cluster.removeNamespace("nowhere");
    const declared = nowhere.inputs(SERVICES);
    const failed = await failing(nowhere.create(declared));
    const [sum, cause, ...more] = failed.text.split("\n");
    assert.match(sum ?? "", /^0 of 100 services are registered as declared\. Stopped with \d+ not tried/);
    assert.match(
      cause ?? "",
      /cannot apply ServiceEntry nowhere\/.*: namespaces "nowhere" not found\. If this stack made it, `pulumi up --refresh` makes it again; else make it/,
    );
    assert.deepEqual(more, []);
    assert.ok(nowhere.proxy.requests.length < 50, `${nowhere.proxy.requests.length} requests`);
    await fixture.cluster.makeNamespace("nowhere");
    await nowhere.assertFinishes(failed, declared);
  });

  it("a namespace being deleted stops the update at once", async () => {
    const ending = await fixture.site("ending");
    const { client } = fixture.cluster;
    const metadata = { name: "holds", namespace: "ending", finalizers: ["test/holds"] };
    await client.apply<Finalized>(CONFIG_MAP, { apiVersion: "v1", kind: "ConfigMap", metadata }, true);
    await fixture.cluster.remove(NAMESPACE, undefined, "ending");

    const declared = ending.inputs(SERVICES);
    const failed = await failing(ending.create(declared));
    assert.match(failed.text, /^0 of 100 services are registered as declared\. Stopped with \d+ not tried/);
    assert.match(
      failed.text,
      /cannot apply ServiceEntry ending\/.*: its namespace is being deleted\. Wait until it is deleted/,
    );
    assert.equal(failed.text.split("\n").length, 2, failed.text);

    const held = await client.get<Finalized>(CONFIG_MAP, "ending", "holds");
    assert.ok(held);
    held.metadata.finalizers = [];
    await client.replace(CONFIG_MAP, held);
    await fixture.cluster.namespaceGone("ending");
    await fixture.cluster.makeNamespace("ending");
    await ending.assertFinishes(failed, declared);
  });
});
