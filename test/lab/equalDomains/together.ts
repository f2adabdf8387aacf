import assert from "node:assert/strict";
import { identityOf } from "../../../lab/proofs/proof.ts";
import { waitFor } from "../../../lab/ready.ts";
import { freshConnections } from "../freshConnections.ts";
import { importedHosts } from "../importedHosts.ts";
import { log } from "../sharedLab.ts";
import { type Answers, PROPAGATION_SECONDS, answeredBy, answersTo } from "./answers.ts";
import type { CallingCluster } from "./callingCluster.ts";
import { seenGateways } from "./callersView.ts";
import { CALLER, NAME, ONE, PEERS, SHARED, THREE, TWO, WEIGHTED } from "./parties.ts";

const CALLS = 200;
const BOTH = [TWO.name, THREE.name];
const GATEWAYS = [TWO, THREE].map(({ network }) => `${network}.0.3`);

/** Tests of a name that two peers serve together. */
export function testTogether(cluster: () => CallingCluster): void {
  describe("a name that two peers serve together", () => {
    before(async () => {
      await cluster().imports(SHARED);
      await answeredBy(BOTH);
    });

    it("is one entry, with the gateways and the identities of both", async () => {
      const hosts = await importedHosts(cluster().lab, ONE.name);
      assert.equal(hosts.filter((host) => host === NAME).length, 1);
      const { spec } = await cluster().entry();
      assert.deepEqual(
        spec.endpoints.map(({ address }) => address),
        GATEWAYS,
      );
      assert.deepEqual(
        spec.subjectAltNames,
        Object.values(PEERS).map(({ httpbin }) => identityOf(httpbin)),
      );
    });

    it("is answered by both, about half each", async () => {
      expectShare(await answersTo(CALLS), 0.35, 0.65);
    });

    it("is so on a connection for each call", async () => {
      const { policy, lab } = { policy: await cluster().policy(), lab: cluster().lab };
      const end = await freshConnections(lab, ONE.name, CALLER.namespace, NAME, policy);
      try {
        await answeredBy(BOTH);
        await haveConnectionsOfTheirOwn();
        const before = await connectionsMade();
        expectShare(await answersTo(CALLS), 0.35, 0.65);
        const made = (await connectionsMade()) - before;
        log(`${made} connections for ${CALLS} calls`);
        assert.ok(made >= CALLS, `${made} connections for ${CALLS} calls`);
      } finally {
        await end();
      }
    });
  });
}

/** Tests of a name that two peers serve together, one of them more often. */
export function testWeight(cluster: () => CallingCluster): void {
  describe("a name that two peers serve together, one with three times the other's weight", () => {
    before(async () => {
      await cluster().imports(WEIGHTED);
      await answeredBy(BOTH);
    });

    it("is answered by that one three times out of four", async () => {
      const isWeighted = async () => {
        const [one, other] = await seenGateways();
        return one !== undefined && one.weight === 3 * (other?.weight ?? 0);
      };
      await waitFor("the caller's sidecar has not the weights", isWeighted, PROPAGATION_SECONDS);
      expectShare(await answersTo(CALLS), 0.65, 0.85);
    });
  });
}

/** Asserts that all calls are answered, and the first peer's share of the answers. */
function expectShare({ by, failures }: Answers, least: number, most: number): void {
  log(`answers: ${JSON.stringify(by)}`);
  assert.deepEqual(failures, []);
  const share = (by[TWO.name] ?? 0) / CALLS;
  assert.ok(share >= least && share <= most, JSON.stringify(by));
}

async function connectionsMade(): Promise<number> {
  const gateways = await seenGateways();
  assert.deepEqual(
    gateways.map(({ address }) => address),
    GATEWAYS,
  );
  return gateways.reduce((sum, { connections }) => sum + connections, 0);
}

/** Waits until calls do not share connections any more, as that takes a moment to reach the sidecar. */
async function haveConnectionsOfTheirOwn(): Promise<void> {
  for (let patience = 20; patience > 0; patience--) {
    const before = await connectionsMade();
    await answersTo(20);
    if ((await connectionsMade()) - before >= 20) return;
  }
}
