import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { type DeclaredArgs, EngineFixture } from "./support/engineFixture.ts";
import type { Entry } from "./support/importsFixture.ts";

const LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/s";
const host = (index: number): string => `s${String(index).padStart(3, "0")}.xyz.svc.cluster-b.local`;
const servicesUpTo = (count: number, first = 0): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count - first }, (_, index) => [host(first + index), LINE]));

describe("A preview of imported services", () => {
  let fixture: EngineFixture;
  let stack: Stack;
  let declared: DeclaredArgs;

  before(async () => {
    fixture = await EngineFixture.start();
    stack = await fixture.makeStack("here", () => {
      const { imported } = fixture.declare(declared);
      return Promise.resolve({ imported });
    });
    declared = { services: servicesUpTo(100) };
    await stack.up(fixture.printing);
  });

  after(() => fixture.stop());

  beforeEach(() => {
    declared = { services: servicesUpTo(100) };
    fixture.printed();
  });

  /** Returns the output of a preview. */
  async function previewed(options: { diff?: boolean; refresh?: boolean } = {}): Promise<string> {
    await stack.preview({ ...fixture.printing, ...options });
    return fixture.printed();
  }

  it("logs added, changed and removed services in one summary and one line each", async () => {
    declared.services = { ...servicesUpTo(102, 1), [host(1)]: LINE.replace("8080", "9090") };
    const lines = (await previewed()).split("\n").filter((line) => line.includes("svc.cluster-b.local"));
    const logged = lines.filter((line) => line.startsWith("    peer cluster-b"));
    assert.deepEqual(logged, [
      `    peer cluster-b: adds 2 services (${host(100)}, ${host(101)}), changes 1 (${host(1)}), removes 1 (${host(0)})`,
      `    peer cluster-b: + ${host(100)}: ${LINE}`,
      `    peer cluster-b: + ${host(101)}: ${LINE}`,
      `    peer cluster-b: ~ ${host(1)}: ports 8080/HTTP http => 9090/HTTP http`,
      `    peer cluster-b: - ${host(0)}`,
    ]);
  });

  it("shows with --diff exactly the services that change, and how", async () => {
    declared.services = {
      ...servicesUpTo(101, 1),
      [host(1)]: LINE.replace("8080/HTTP http", "9090/GRPC grpc"),
    };
    const text = await previewed({ diff: true });
    const lines = text
      .split("\n")
      .filter((line) => /^ +[-+~]? *s\d+\.xyz/.test(line))
      .map((line) => line.trim());
    assert.deepEqual(lines, [`- ${host(0)}: (json) {`, `~ ${host(1)}: (json) {`, `+ ${host(100)}: (json) {`]);
    assert.match(text, /~ number +: 8080 => 9090/);
  });

  it("shows a changed gateway once, whatever the number of services", async () => {
    declared.gateways = [{ address: "203.0.113.11", port: 15443 }];
    const text = await previewed({ diff: true });
    assert.match(text, /~ address: "203\.0\.113\.10" => "203\.0\.113\.11"/);
    assert.match(text, /peer cluster-b: gateways 203\.0\.113\.10:15443 => 203\.0\.113\.11:15443/);
    assert.doesNotMatch(text, /svc\.cluster-b\.local/);
  });

  it("keeps all when too many services would be removed at once, and states how to allow it", async () => {
    declared.services = servicesUpTo(10);
    declared.required = true;
    await assert.rejects(stack.preview(fixture.printing));
    const refused = fixture.printed();
    assert.ok(refused.length < 4_000, "the services that stay are not logged");
    assert.match(refused, /would lose 90 of 100 services at once \(s010.* and 87 more\)/);
    declared.required = false;
    const text = await previewed();
    assert.match(
      text,
      /error: peer cluster-b: keeps the 100 service\(s\) known before, as it would lose 90 of 100/,
    );
    assert.doesNotMatch(text, /removes/);
    const [, token] = /acceptRemoval' (removal-\w+)`/.exec(text) ?? [];
    assert.ok(token, text);
    declared.acceptRemoval = token;
    assert.match(await previewed(), /peer cluster-b: removes 90 services/);
  });

  it("keeps all services of a peer that exports none any more, and logs it", async () => {
    declared.services = {};
    const text = await previewed({ diff: true });
    assert.match(text, /peer cluster-b: keeps the 100 service\(s\) known before/);
    const hold = await stack.up(fixture.printing);
    assert.deepEqual(hold.summary.resourceChanges, { same: 1, update: 1 }, "the hold is recorded");
    assert.equal(Object.keys(await fixture.entries()).length, 100);
    declared.services = servicesUpTo(100);
    await stack.up(fixture.printing);
  });

  describe("after manual changes in the cluster", () => {
    it("ignores metadata and status that others add", async () => {
      const { [host(0)]: one, [host(1)]: other } = await fixture.entries();
      assert.ok(one && other);
      await edit({ ...one, metadata: { ...one.metadata, annotations: { seen: "yes" } } });
      await fixture.setStatus(other, { conditions: [{ type: "Reconciled", status: "True" }] });
      const { changeSummary } = await stack.preview({ ...fixture.printing, refresh: true });
      assert.deepEqual(changeSummary, { same: 2 });
    });

    it("shows exactly what was edited, deleted and added manually, and the update repairs it", async () => {
      const { [host(0)]: edited, [host(1)]: deleted, [host(2)]: model } = await fixture.entries();
      assert.ok(edited && deleted && model);
      await edit({ ...edited, spec: { ...edited.spec, endpoints: [{ address: "10.0.0.1" }] } });
      await fixture.cluster.client.delete(SERVICE_ENTRY, deleted);
      const byHand = "by-hand.xyz.svc.cluster-b.local";
      await fixture.addEntry(byHand, model);

      const text = await previewed({ refresh: true, diff: true });
      const lines = text.split("\n").filter((line) => /^ +[-+~]? *\S+\.xyz\.svc/.test(line));
      const hosts = new Set(lines.map((line) => /\S+\.xyz\.svc[^: ]*/.exec(line)?.[0]));
      assert.deepEqual([...hosts].sort(), [byHand, host(0), host(1)]);
      assert.match(
        text,
        new RegExp(`adds 1 service \\(${host(1)}\\), changes 1 \\(${host(0)}\\), removes 1 \\(${byHand}\\)`),
      );

      await stack.up({ ...fixture.printing, refresh: true });
      const entries = await fixture.entries();
      assert.deepEqual(Object.keys(entries).sort(), Object.keys(servicesUpTo(100)));
      assert.deepEqual(entries[host(0)]?.spec.endpoints, model.spec.endpoints);
      const { changeSummary } = await stack.preview({ ...fixture.printing, refresh: true });
      assert.deepEqual(changeSummary, { same: 2 });
    });

    async function edit(entry: Entry): Promise<void> {
      await fixture.cluster.client.replace(SERVICE_ENTRY, entry);
    }
  });
});
