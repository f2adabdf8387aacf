import assert from "node:assert/strict";
import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { EXPORT_LABEL } from "../../../federation/labels.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { importedHosts } from "../importedHosts.ts";
import { meshHostOf } from "../../../lab/proofs/proof.ts";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster, Rules } from "./callingCluster.ts";
import { NAME, NAMED, ONE, PEERS, SERVED, SKIPPED, THREE, TWO } from "./parties.ts";

const MERGE = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const OTHER_PORT = SERVED.port + 1;
const CALLS = 50;

/** Tests of two peers whose services have one name and are not the same. */
export function testConflict(cluster: () => CallingCluster): void {
  /** Has equal-3 serve another port only, and another service beside it, so that something is left to import. */
  async function servesOtherPort(isOther: boolean): Promise<void> {
    const { httpbin, sleep } = PEERS[THREE.name]!;
    const core = loadContext(cluster().lab.kubeconfig, THREE.name).makeApiClient(CoreV1Api);
    const port = isOther ? OTHER_PORT : httpbin.port;
    const patch = async ({ namespace, name }: { namespace: string; name: string }, body: object) => {
      await core.patchNamespacedService({ namespace, name, body }, MERGE);
    };
    await patch(httpbin, { spec: { ports: [{ name: "http", port, targetPort: httpbin.port }] } });
    await patch(sleep, { metadata: { labels: { [EXPORT_LABEL]: isOther ? "true" : null } } });
    await cluster().publish({ [THREE.name]: undefined });
  }

  describe("a name of two peers' services with different ports", () => {
    const conflict: Rules = { [TWO.name]: NAMED, [THREE.name]: NAMED };
    before(async () => {
      await cluster().imports(conflict);
      await servesOtherPort(true);
    });
    after(() => servesOtherPort(false));

    it("is refused in preview, which names both peers and the ways out", async () => {
      const { exitCode, output } = await (await cluster().stack(conflict)).run("preview");
      assert.notEqual(exitCode, 0);
      const place = `peers.${TWO.name}.imports[0].as: `;
      const fault = output.split("\n").find((line) => line.includes(place)) ?? "";
      assert.ok(fault.includes(`services of peer ${THREE.name} have too (${NAME})`), output);
      assert.ok(
        fault.includes(`have other ports (${SERVED.port}/HTTP http; ${OTHER_PORT}/HTTP http)`),
        output,
      );
      assert.ok(fault.includes("'priority: 1'") && fault.includes("'skip'"), output);
      const rules = [TWO.name, THREE.name].map((peer) => `peers.${peer}.imports`);
      assert.ok(fault.includes(rules.join(" or ")), output);
    });

    const ways: readonly [what: string, rules: Rules][] = [
      ["priority", { ...conflict, [TWO.name]: { ...NAMED, priority: 1 } }],
      ["skip", { ...conflict, [THREE.name]: SKIPPED }],
    ];
    for (const [what, rules] of ways)
      it(`is served by one of them with '${what}', and no call fails meanwhile`, async () => {
        await underLoad(what, async () => {
          await cluster().imports(rules);
          await answeredBy([TWO.name]);
        });
        assert.deepEqual(await answersTo(CALLS), { by: { [TWO.name]: CALLS }, failures: [] });
        const hosts = await importedHosts(cluster().lab, ONE.name);
        const { httpbin, sleep } = PEERS[THREE.name]!;
        assert.equal(hosts.includes(meshHostOf(httpbin)), what === "priority");
        assert.ok(hosts.includes(meshHostOf(sleep)));
      });
  });
}
