import assert from "node:assert/strict";
import { answeredBy, answersTo, underLoad } from "./answers.ts";
import type { CallingCluster, Rules } from "./callingCluster.ts";
import { NAMED, THREE, TWO } from "./parties.ts";

const CALLS = 100;
const FIRST = { ...NAMED, priority: 1 };
const SHARED: Rules = { [TWO.name]: NAMED, [THREE.name]: NAMED };

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
      ["is served by both again without one", SHARED, [TWO.name, THREE.name]],
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

    it("is as the next preview expects it after that", () => cluster().expectConverged(SHARED));
  });
}
