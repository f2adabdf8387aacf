import assert from "node:assert/strict";
import { answeredBy, answersTo } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { offerMore } from "./conflict.ts";
import { expectFailover } from "./failover.ts";
import { outageOfApp } from "./outage.ts";
import { GUARD, GUARDED, ONE, PEERS, THREE, TWO } from "./parties.ts";

const CALLS = 50;
const FAR = "east/a";
/** Settings of every kind: gateways that pause, and weights, which do not count between places. */
const RULES = { ...GUARDED, [TWO.name]: { ...GUARD, weight: 3 } };

/** Tests of peers that serve a name together from different places. */
export function testLocality(cluster: () => CallingCluster): void {
  describe("a name that two peers serve, one of them where the caller is", () => {
    before(async () => {
      // Near is not the one that comes first by name and by address. It offers more since the tests of a conflict.
      await offerMore(cluster(), TWO.name, FAR);
      await cluster().imports(RULES);
    });

    it("has the places of the gateways in its entry", async () => {
      const { spec } = await cluster().entry();
      assert.deepEqual(
        spec.endpoints.map(({ locality }) => locality),
        [FAR, ONE.locality],
      );
    });

    it("is answered by the near one alone", async () => {
      await answeredBy([THREE.name]);
      assert.deepEqual(await answersTo(CALLS), { by: { [THREE.name]: CALLS }, failures: [] });
    });

    it("is answered by the far one once the near one fails, and by the near one after it", async () => {
      const outage = outageOfApp(cluster().lab, PEERS[THREE.name]!.httpbin);
      const failures = await expectFailover(outage, { before: [THREE.name], failing: THREE, then: TWO });
      assert.ok(failures > 0, "calls fail until the gateway pauses");
    });

    it("is as the next preview expects it", () => cluster().expectConverged(RULES));
  });
}
