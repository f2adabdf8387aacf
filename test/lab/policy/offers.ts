import assert from "node:assert/strict";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { SERVICE_PORT } from "../../../lab/workloads/workload.ts";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import {
  A,
  ADMIN,
  ALIAS,
  BAR,
  BAZ,
  C,
  CLERK,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  LOCAL,
  ONE_ACCOUNT,
  ONE_PEER,
  ONE_PORT,
  OPENED,
  OPENED_ONE_PEER,
  OWNED,
  OWNER_ALL_PEERS,
  OWNER_ONE_PEER,
  OWNER_ONE_PORT,
  RENAMED,
  STORE,
  TILL,
  VISITOR,
} from "./parties.ts";

/** Tests of what cluster-b offers, to whom, and under which name. */
export function testOffers(b: () => OfferingCluster): void {
  it("services are imported by the peers that both the rule and the owner name", async () => {
    const toAll = [BAR, ONE_PORT, ONE_ACCOUNT, OWNED, LOCAL, OWNER_ONE_PORT, OPENED, STORE, TILL];
    const toOne = [ONE_PEER, OWNER_ONE_PEER, OWNER_ALL_PEERS, OPENED_ONE_PEER];
    const hosts = [...toAll.map(hostOf), ALIAS];
    assert.deepEqual(
      await importedHosts(b().lab, A.name),
      [...hosts, ...toOne.map(hostOf), hostOf(BAZ)].sort(),
    );
    assert.deepEqual(await importedHosts(b().lab, C.name), [...hosts, hostOf(FOO)].sort());
  });

  describe("a service that is offered to one peer", () => {
    it("answers that peer", () => expectAnswer(FOO, ONE_PEER));

    it("is refused at the workload to the other peer, which makes itself an entry for it", async () => {
      await withHandMadeEntry(b().lab, BAZ, ONE_PEER, GATEWAY_OF_B, () => expectStatus(403, BAZ, ONE_PEER));
      await expectAnswer(BAZ, BAR);
    });

    it("answers callers of its own cluster", () => expectAnswer(CLERK, ONE_PEER));
  });

  describe("a service of which one port is offered and one is not", () => {
    it("is passed on by the gateway on both", async () => {
      for (const port of [SERVICE_PORT, ADMIN.number])
        assert.equal(
          await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(ONE_PORT), port),
          identityOf(ONE_PORT),
        );
    });

    it("answers peers on the one, and refuses them at the workload on the other", () =>
      withHandMadeEntry(b().lab, VISITOR, ONE_PORT, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, ONE_PORT);
        await expectStatus(403, VISITOR, ONE_PORT, {}, ADMIN.number);
      }));

    it("answers callers of its own cluster on both", async () => {
      await expectAnswer(CLERK, ONE_PORT);
      await expectAnswer(CLERK, ONE_PORT, {}, ADMIN.number);
    });
  });

  describe("services whose owners say by annotations what peers may have", () => {
    it("answer the peers that rule and owner name", async () => {
      for (const service of [OWNER_ONE_PEER, OWNER_ALL_PEERS, OWNER_ONE_PORT])
        await expectAnswer(FOO, service);
      await expectAnswer(BAZ, OWNER_ONE_PORT);
    });

    it("are refused at the workload to the peer that the owner does not name, which makes itself an entry", () =>
      withHandMadeEntry(b().lab, BAZ, OWNER_ONE_PEER, GATEWAY_OF_B, () =>
        expectStatus(403, BAZ, OWNER_ONE_PEER),
      ));

    it("are refused at the workload to the peer that the rule does not name, whatever the owner says", () =>
      withHandMadeEntry(b().lab, BAZ, OWNER_ALL_PEERS, GATEWAY_OF_B, () =>
        expectStatus(403, BAZ, OWNER_ALL_PEERS),
      ));

    it("answer on the port that the owner names, and refuse peers at the workload on the other", () =>
      withHandMadeEntry(b().lab, VISITOR, OWNER_ONE_PORT, GATEWAY_OF_B, async () => {
        await expectAnswer(VISITOR, OWNER_ONE_PORT);
        await expectStatus(403, VISITOR, OWNER_ONE_PORT, {}, ADMIN.number);
      }));

    it("answer callers of their own cluster on all ports", async () => {
      await expectAnswer(CLERK, OWNER_ONE_PEER);
      await expectAnswer(CLERK, OWNER_ONE_PORT);
      await expectAnswer(CLERK, OWNER_ONE_PORT, {}, ADMIN.number);
    });
  });

  describe("a service that is offered under another name", () => {
    it("answers by it who may call it, and nobody else", async () => {
      await expectAnswer(FOO, RENAMED, {}, RENAMED.port, ALIAS);
      await expectStatus(403, FOOS_NEIGHBOUR, RENAMED, {}, RENAMED.port, ALIAS);
      await expectStatus(403, BAZ, RENAMED, {}, RENAMED.port, ALIAS);
    });

    it("is not reached by its own name, even with a hand-made ServiceEntry", () =>
      withHandMadeEntry(b().lab, FOO, RENAMED, GATEWAY_OF_B, () => expectStatus(503, FOO, RENAMED)));

    it("answers callers of its own cluster by its own name", () => expectAnswer(CLERK, RENAMED));
  });
}
