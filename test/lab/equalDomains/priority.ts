import assert from "node:assert/strict";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { NAMED, type Rules, SHARED, THREE, TWO, WEIGHTED } from "./parties.ts";

const CALLS = 50;
const FIRST = { ...NAMED, priority: 1 };

/** Tests of a name that two peers have and one of them serves, by priority. */
export function testPriority(cluster: () => CallingCluster): void {
  describe("a name that two peers serve", () => {
    before(async () => {
      await cluster().imports(SHARED);
      await answeredBy([TWO.name, THREE.name]);
    });

    const moves: readonly [what: string, rules: Rules, serving: readonly string[]][] = [
      ["goes to the one that gets a priority", { ...SHARED, [THREE.name]: FIRST }, [THREE.name]],
      ["goes from this one to the other, with the priority", { ...SHARED, [TWO.name]: FIRST }, [TWO.name]],
      ["is served by both again, by weights and without a priority", WEIGHTED, [TWO.name, THREE.name]],
    ];
    for (const [what, rules, serving] of moves)
      it(`${what}, in one entry, and no call fails meanwhile`, async () => {
        const { metadata } = await cluster().entry();
        await underLoad(what, async () => {
          await cluster().imports(rules);
          await answeredBy(serving);
        });
        assert.equal((await cluster().entry()).metadata.uid, metadata.uid);
        const { by, failures } = await answersTo(CALLS);
        assert.deepEqual([Object.keys(by).sort(), failures], [serving, []]);
      });
  });
}
