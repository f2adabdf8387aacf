import assert from "node:assert/strict";
import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { EXPORT_LABEL } from "../../../federation/core/labels.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { meshHostOf } from "../../../lab/proofs/proof.ts";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { NAME, NAMED, ONE, PEERS, type Rules, SERVED, SHARED, SKIPPED, THREE, TWO } from "./parties.ts";
import { importedHosts } from "../importedHosts.ts";

const MERGE = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const MORE = { name: "http-more", port: SERVED.port + 1, targetPort: SERVED.port };
const CALLS = 50;

/**
 * Has a peer offer a further port of the service, and a further service, so that without the first something is left to import.
 * @param locality of its gateway from now on.
 */
export async function offerMore(cluster: CallingCluster, peer: string, locality: string): Promise<void> {
  const { httpbin, sleep } = PEERS[peer]!;
  const core = loadContext(cluster.lab.kubeconfig, peer).makeApiClient(CoreV1Api);
  const patch = async ({ namespace, name }: { namespace: string; name: string }, body: object) => {
    await core.patchNamespacedService({ namespace, name, body }, MERGE);
  };
  const http = { name: "http", port: httpbin.port, targetPort: httpbin.port };
  await patch(httpbin, { spec: { ports: [http, MORE] } });
  await patch(sleep, { metadata: { labels: { [EXPORT_LABEL]: "true" } } });
  await cluster.publish(peer, locality);
}

/** Tests of two peers whose services have one name and are not the same. */
export function testConflict(cluster: () => CallingCluster): void {
  describe("a name of two peers' services with different ports", () => {
    // The place of the gateway is for the tests of localities, which follow.
    before(() => offerMore(cluster(), THREE.name, ONE.locality));

    it("stays as it is, and preview names both peers and the ways out", async () => {
      const { exitCode, output } = await (await cluster().stack(SHARED)).run("preview");
      assert.equal(exitCode, 0, output);
      const place = `peers.${TWO.name}.imports[0].as: `;
      const fault = output.split("\n").find((line) => line.includes(place)) ?? "";
      const http = `${SERVED.port}/HTTP http`;
      const rules = [TWO.name, THREE.name].map((peer) => `peers.${peer}.imports`);
      for (const said of [
        `services of peer ${THREE.name} have too (${NAME})`,
        `have other ports (${http}; ${http}, ${MORE.port}/HTTP ${MORE.name})`,
        "'priority: 1'",
        "'skip'",
        rules.join(" or "),
        "what is registered of them stays",
      ])
        assert.ok(fault.includes(said), `${said} is not in: ${output}`);
    });

    const ways: readonly [what: string, rules: Rules, serving: string][] = [
      ["skip", { ...SHARED, [THREE.name]: SKIPPED }, TWO.name],
      ["priority", { ...SHARED, [THREE.name]: { ...NAMED, priority: 1 } }, THREE.name],
    ];
    for (const [what, rules, serving] of ways)
      it(`is served by one of them with '${what}', and no call fails meanwhile`, async () => {
        await underLoad(what, async () => {
          await cluster().imports(rules);
          await answeredBy([serving]);
        });
        assert.deepEqual(await answersTo(CALLS), { by: { [serving]: CALLS }, failures: [] });
        const hosts = await importedHosts(cluster().lab, ONE.name);
        const { httpbin, sleep } = PEERS[THREE.name]!;
        assert.equal(hosts.includes(meshHostOf(httpbin)), what !== "skip");
        assert.ok(hosts.includes(meshHostOf(sleep)));
      });
  });
}
