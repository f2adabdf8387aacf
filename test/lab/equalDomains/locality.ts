import assert from "node:assert/strict";
import { answeredBy, answersTo } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { GUARDED, expectFailover } from "./failover.ts";
import { outageOfApp } from "./outage.ts";
import { ONE, PEERS, THREE, TWO } from "./parties.ts";

const CALLS = 100;
const FAR = "east/a";

/** Tests of peers that serve a name together from different places. */
export function testLocality(cluster: () => CallingCluster): void {
  /** Has the gateways in these places, by the peers' names. */
  async function place(localities: Record<string, string>): Promise<void> {
    await cluster().publish(localities);
    await cluster().imports({ [TWO.name]: GUARDED, [THREE.name]: GUARDED });
  }

  describe("a name that two peers serve, one of them where the caller is", () => {
    before(() => place({ [TWO.name]: FAR, [THREE.name]: ONE.locality }));

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
      assert.ok(failures > 0);
    });
  });

  describe("a name that two peers serve, the other of them where the caller is", () => {
    before(() => place({ [TWO.name]: ONE.locality, [THREE.name]: FAR }));

    it("is answered by this one alone", async () => {
      await answeredBy([TWO.name]);
      assert.deepEqual(await answersTo(CALLS), { by: { [TWO.name]: CALLS }, failures: [] });
    });
  });
}
