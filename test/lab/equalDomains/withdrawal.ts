import assert from "node:assert/strict";
import { meshHostOf } from "../../../lab/proofs/proof.ts";
import { importedHosts } from "../importedHosts.ts";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster, Rules } from "./callingCluster.ts";
import { NAME, NAMED, ONE, PEERS, THREE, TWO } from "./parties.ts";

const CALLS = 100;
const BOTH: Rules = { [TWO.name]: NAMED, [THREE.name]: NAMED };

/** Tests of a peer that is taken out of the config while another one serves the same name. */
export function testWithdrawal(cluster: () => CallingCluster): void {
  describe("a name that two peers serve", () => {
    before(async () => {
      await cluster().imports(BOTH);
      await answeredBy([TWO.name, THREE.name]);
    });

    // The entry is the first one's by its label: so both go once.
    for (const [gone, left] of [
      [TWO, THREE],
      [THREE, TWO],
    ] as const) {
      it(`is served by ${left.name} once ${gone.name} is taken out of the config, and no call fails meanwhile`, async () => {
        const { metadata } = await cluster().entry();
        await underLoad(`without ${gone.name}`, async () => {
          await cluster().imports({ [left.name]: NAMED });
          await answeredBy([left.name]);
        });
        assert.deepEqual(await answersTo(CALLS), { by: { [left.name]: CALLS }, failures: [] });
        assert.equal((await cluster().entry()).metadata.uid, metadata.uid);
        assert.deepEqual(await importedHosts(cluster().lab, ONE.name), [
          meshHostOf(PEERS[left.name]!.httpbin),
          NAME,
        ]);
      });

      it(`is served by both once ${gone.name} is there again, and no call fails meanwhile`, async () => {
        await underLoad(`with ${gone.name}`, async () => {
          await cluster().imports(BOTH);
          await answeredBy([TWO.name, THREE.name]);
        });
      });
    }
  });
}
