import assert from "node:assert/strict";
import { serviceAccountId } from "../../../federation/core/spiffe.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE } from "../../../federation/core/wellKnown.ts";
import { withHandMadeEntry } from "../../../lab/proofs/unexported.ts";
import { type ClientCertificate, mintLeaf, stealAuthority } from "../../../lab/proofs/forgery.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { type Party, hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { waitFor } from "../../../lab/ready.ts";
import { callService } from "../../../lab/workloads/call.ts";
import { egressAddress } from "../../../lab/workloads/workload.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import { expectTalk } from "../protocols/clients.ts";
import { type AppServer, startGreeter } from "../protocols/servers.ts";
import { type Heard, talkToGateway } from "./gatewayTalk.ts";
import {
  A,
  ADMIN,
  B,
  BAR,
  BARS_NEIGHBOUR,
  BAZ,
  CLERK,
  CLIENT,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  GREETER,
  OPENED,
  OPENED_ONE_PEER,
  STORE,
  TILL,
} from "./parties.ts";

const PROPAGATION_SECONDS = 90;
const HELLO: Heard = { greeting: "220 ready", answer: "250 5" };
/** SNI of the store's port for TCP. */
const TERMINATED = `p${GREETER.number}.${hostOf(STORE)}`;
/** SNI of the till's port, whose calls pass through. */
const PASSED_ON = `outbound_.${TILL.morePorts?.[0]?.number}_._.${hostOf(TILL)}`;

/** Tests of Services whose calls cluster-b's gateway opens, beside those whose calls it passes on. */
export function testTerminating(b: () => OfferingCluster): void {
  describe("a service whose calls the gateway opens, for one account of one peer and one local caller", () => {
    it("answers that account, whatever it asks for, and sees the gateway", async () => {
      await expectOpened(FOO, OPENED);
      await expectStatus(200, FOO, OPENED, { path: "/other", method: "POST" });
    });

    it("is refused by the gateway to others, whose connections it ends", async () => {
      await expectStatus(503, FOOS_NEIGHBOUR, OPENED);
      await expectStatus(503, BAZ, OPENED);
    });

    it("is not reached by the name for what the gateway passes on", async () => {
      assert.equal(await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(OPENED)), undefined);
    });

    it("answers the local caller, and no other there", async () => {
      await expectAnswer(CLERK, OPENED);
      await expectStatus(403, BARS_NEIGHBOUR, OPENED);
    });

    it("is beside one that the gateway passes on", () => expectAnswer(BAZ, BAR));
  });

  describe("a service whose calls the gateway opens, for all callers of one peer", () => {
    it("answers them", async () => {
      await expectOpened(FOO, OPENED_ONE_PEER);
      await expectOpened(FOOS_NEIGHBOUR, OPENED_ONE_PEER);
    });

    it("is refused to the other peer, which makes itself an entry for it", () =>
      withHandMadeEntry(b().lab, BAZ, OPENED_ONE_PEER, GATEWAY_OF_B, () =>
        expectStatus(503, BAZ, OPENED_ONE_PEER),
      ));

    it("answers its own cluster", () => expectAnswer(BARS_NEIGHBOUR, OPENED_ONE_PEER));
  });

  describe("services with a port for TCP, for callers of one peer", () => {
    let servers: AppServer[] = [];
    before(async () => {
      servers = [
        await startGreeter(STORE.address, GREETER.appPort),
        await startGreeter(TILL.address, GREETER.appPort),
      ];
    });
    after(() => Promise.all(servers.map((server) => server.stop())));

    it("answer them on all ports where the gateway opens their calls", async () => {
      await expectStatus(200, CLIENT, STORE);
      await expectStatus(200, CLIENT, STORE, {}, ADMIN.number);
      const door = { address: egressAddress(CLIENT), port: GREETER.number };
      await expectTalk(door, "hello", [HELLO.greeting, HELLO.answer]);
    });

    it("are refused to the other peer, which imports them, on ports for HTTP", () =>
      expectStatus(503, BAZ, STORE));

    it("answer who shows a certificate of that peer, past all sidecars, on the one for TCP", async () => {
      await expectHeard(HELLO, TERMINATED, () => leafOf(FOO));
      await expectHeard(HELLO, PASSED_ON, () => leafOf(FOO));
    });

    it("give no answer there to others once they speak, though they hear what it says first", async () => {
      const unanswered = { ...HELLO, answer: undefined };
      await expectHeard(
        unanswered,
        TERMINATED,
        () => leafOf(BAZ),
        () => leafOf(BARS_NEIGHBOUR),
      );
      await expectHeard(unanswered, PASSED_ON, () => leafOf(BAZ));
    });

    it("say nothing there to who shows no certificate", () =>
      expectHeard({ greeting: undefined, answer: undefined }, TERMINATED, () => Promise.resolve(undefined)));

    it("give no answer there to a certificate of that peer's CA that has no name", async () => {
      const nameless = await mintLeaf(await stealAuthority(b().lab.kubeconfig, A.name));
      assert.equal((await heardBy(TERMINATED, nameless)).answer, undefined);
    });

    async function leafOf(party: Party): Promise<ClientCertificate> {
      return mintLeaf(await stealAuthority(b().lab.kubeconfig, party.cluster), identityOf(party));
    }
  });
}

/** The workload answers a peer's caller, and sees the gateway in its place. */
async function expectOpened(from: Party, to: Party): Promise<void> {
  await expectStatus(200, from, to);
  const { identity } = await callService(from, hostOf(to), to.port);
  assert.equal(identity, serviceAccountId(B.domain, GATEWAY_NAMESPACE, GATEWAY_NAME));
}

function heardBy(serverName: string, certificate: ClientCertificate | undefined): Promise<Heard> {
  return talkToGateway(GATEWAY_OF_B, serverName, certificate, "hello");
}

/** Each hears this of the greeter behind the gateway, once the sidecars and the gateway know of it. */
async function expectHeard(
  expected: Heard,
  serverName: string,
  ...certificates: (() => Promise<ClientCertificate | undefined>)[]
): Promise<void> {
  for (const certificateOf of certificates) {
    const certificate = await certificateOf();
    let heard: Heard | undefined;
    const isHeard = async () => {
      heard = await heardBy(serverName, certificate);
      return heard.greeting === expected.greeting && heard.answer === expected.answer;
    };
    await waitFor("something else is heard", isHeard, PROPAGATION_SECONDS).catch(() => undefined);
    assert.deepEqual(heard, expected);
  }
}
