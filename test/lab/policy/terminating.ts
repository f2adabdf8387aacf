import assert from "node:assert/strict";
import { serviceAccountId } from "../../../federation/core/spiffe.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE } from "../../../federation/core/wellKnown.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { type Party, hostOf } from "../../../lab/proofs/proof.ts";
import { callService } from "../../../lab/workloads/call.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import {
  A,
  B,
  BAR,
  BAR_TO_ALL,
  BARS_NEIGHBOUR,
  BAZ,
  C,
  CLERK,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  STORE_TO_ALL,
} from "./parties.ts";

const OPENED = { ...BAR_TO_ALL, gateway: "terminating" };

/** Tests of a Service whose calls cluster-b's gateway opens, beside one whose calls it passes on. */
export function testTerminating(b: () => OfferingCluster): void {
  describe("a service whose calls the gateway opens, for one account of one peer and one local caller", () => {
    const callers = [{ peer: A.name, serviceAccounts: [`${FOO.namespace}/${FOO.name}`] }];
    const localCallers = [{ serviceAccounts: [`${CLERK.namespace}/${CLERK.name}`] }];
    before(() => b().offer([{ ...OPENED, callers, localCallers }, STORE_TO_ALL]));

    it("answers that account, whatever it asks for, and sees the gateway", async () => {
      await expectOpened(FOO);
      await expectStatus(200, FOO, BAR, { path: "/other", method: "POST" });
    });

    it("is refused by the gateway to others, whose connections it ends", async () => {
      await expectStatus(503, FOOS_NEIGHBOUR, BAR);
      assert.ok((await importedHosts(b().lab, C.name)).includes(hostOf(BAR)));
      await expectStatus(503, BAZ, BAR);
    });

    it("is not to be had by the name for what the gateway passes on", async () => {
      assert.equal(await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(BAR)), undefined);
    });

    it("answers the local caller, and no other there", async () => {
      await expectAnswer(CLERK, BAR);
      await expectStatus(403, BARS_NEIGHBOUR, BAR);
    });
  });

  describe("a service whose calls the gateway opens, for all callers of one peer", () => {
    before(() => b().offer([{ ...OPENED, peers: [A.name] }, STORE_TO_ALL]));

    it("answers them, and is not imported by the other peer", async () => {
      await expectOpened(FOO);
      await expectOpened(FOOS_NEIGHBOUR);
      assert.ok(!(await importedHosts(b().lab, C.name)).includes(hostOf(BAR)));
    });

    it("is refused to the other peer, which makes itself an entry for it", () =>
      withHandMadeEntry(b().lab, BAZ, BAR, GATEWAY_OF_B, () => expectStatus(503, BAZ, BAR)));

    it("answers its own cluster as before", () => expectAnswer(BARS_NEIGHBOUR, BAR));
  });

  describe("a service whose calls the gateway passes on again", () => {
    before(() => b().offer([BAR_TO_ALL, STORE_TO_ALL]));

    it("answers all peers", async () => {
      for (const caller of [FOO, FOOS_NEIGHBOUR, BAZ]) await expectAnswer(caller, BAR);
    });
  });
}

/** The workload answers a peer's caller, and sees the gateway in its place. */
async function expectOpened(from: Party): Promise<void> {
  await expectStatus(200, from, BAR);
  const { identity } = await callService(from, hostOf(BAR), BAR.port);
  assert.equal(identity, serviceAccountId(B.domain, GATEWAY_NAMESPACE, GATEWAY_NAME));
}
