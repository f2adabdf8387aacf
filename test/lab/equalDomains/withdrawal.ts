import assert from "node:assert/strict";
import { meshHostOf } from "../../../lab/proofs/proof.ts";
import { importedHosts } from "../importedHosts.ts";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { GUARDED, NAME, NAMED, ONE, PEERS, type Rules, THREE, TWO, WEIGHTED } from "./parties.ts";

const CALLS = 50;

/** Tests of a peer that is taken out of the config while another one serves the same name. */
export function testWithdrawal(cluster: () => CallingCluster): void {
  describe("a name that two peers serve", () => {
    before(async () => {
      await cluster().imports(WEIGHTED);
      await answeredBy([TWO.name, THREE.name]);
    });

    // The entry is its own by the label, so that it has to be handed over.
    it("is served by the other once one is taken out of the config, and no call fails meanwhile", async () => {
      const { metadata } = await cluster().entry();
      const rules: Rules = { [THREE.name]: NAMED };
      await underLoad(`without ${TWO.name}`, async () => {
        await cluster().imports(rules);
        await answeredBy([THREE.name]);
      });
      assert.deepEqual(await answersTo(CALLS), { by: { [THREE.name]: CALLS }, failures: [] });
      assert.equal((await cluster().entry()).metadata.uid, metadata.uid);
      const left = [meshHostOf(PEERS[THREE.name]!.httpbin), NAME];
      assert.deepEqual(await importedHosts(cluster().lab, ONE.name), left);
      await cluster().expectConverged(rules);
    });

    it("is served by both once that one is there again, and no call fails meanwhile", async () => {
      await underLoad(`with ${TWO.name}`, async () => {
        await cluster().imports(GUARDED);
        await answeredBy([TWO.name, THREE.name]);
      });
    });
  });
}
