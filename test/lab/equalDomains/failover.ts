import assert from "node:assert/strict";
import { waitFor } from "../../../lab/ready.ts";
import { log } from "../sharedLab.ts";
import { PROPAGATION_SECONDS, answeredBy, answersTo } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { seenGateways } from "./callersView.ts";
import { type Outage, outageOfApp, outageOfGateway } from "./outage.ts";
import { GUARDED, OUTLIERS, PEERS, THREE, TWO } from "./parties.ts";

const CALLS = 50;
/** For the callers' proxy to notice: after those few calls, or a second later where the gateways have just changed, as Envoy may merge the two updates. */
const NOTICE_SECONDS = 10;

/** Tests of a peer that fails, and another one that serves the same name. */
export function testFailover(cluster: () => CallingCluster): void {
  describe("a name that two peers serve, whose gateways pause when they fail", () => {
    const both = [TWO.name, THREE.name];
    before(() => cluster().imports(GUARDED));

    it("is answered by the other once a peer's workload fails, and by both after it", async () => {
      const outage = outageOfApp(cluster().lab, PEERS[TWO.name]!.httpbin);
      const failures = await expectFailover(outage, { before: both, failing: TWO, then: THREE });
      assert.ok(failures >= OUTLIERS.consecutive5xxErrors, "calls fail until the gateway pauses");
    });

    it("is answered by the other once a peer's gateway is away, and by both after it", async () => {
      const outage = outageOfGateway(cluster().lab, THREE.name);
      await expectFailover(outage, { before: both, failing: THREE, then: TWO });
    });
  });
}

/**
 * One peer fails: after a moment only the other one answers, and no call fails any more, until it is back.
 * @param peers who answers before and after it, who fails, and who answers meanwhile.
 * @returns how many calls failed.
 */
export async function expectFailover(
  outage: Outage,
  peers: {
    before: readonly string[];
    failing: { name: string; network: string };
    then: { name: string };
  },
): Promise<number> {
  const { failing, then } = peers;
  await answeredBy(peers.before);
  await outage.begin();
  let noticed: Awaited<ReturnType<typeof answeredBy>>;
  try {
    noticed = await answeredBy([then.name], NOTICE_SECONDS);
    assert.deepEqual(await pausing(), [`${failing.network}.0.3`]);
    assert.deepEqual(await answersTo(CALLS), { by: { [then.name]: CALLS }, failures: [] });
  } finally {
    await outage.end();
  }
  const end = performance.now();
  await waitFor("a gateway still pauses", async () => (await pausing()).length === 0, PROPAGATION_SECONDS);
  const back = await answeredBy(peers.before);
  log(
    `${failing.name} fails: ${noticed.failures.length} calls failed, ${then.name} alone answers after ${noticed.seconds} s; ` +
      `back after ${((performance.now() - end) / 1000).toFixed(1)} s (${back.failures.length} failed)`,
  );
  return noticed.failures.length;
}

async function pausing(): Promise<string[]> {
  return (await seenGateways()).filter(({ pauses }) => pauses).map(({ address }) => address);
}
