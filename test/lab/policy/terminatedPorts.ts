import assert from "node:assert/strict";
import { mintLeaf, stealAuthority, type ClientCertificate } from "../../../lab/proofs/forgery.ts";
import { GATEWAY_PORT, whoAnswers } from "../../../lab/proofs/gateway.ts";
import { type Party, hostOf, identityOf } from "../../../lab/proofs/proof.ts";
import { waitFor } from "../../../lab/ready.ts";
import { egressAddress } from "../../../lab/workloads/workload.ts";
import { expectAnswer, expectStatus } from "../answers.ts";
import { importedHosts } from "../importedHosts.ts";
import type { OfferingCluster } from "../offeringCluster.ts";
import { talk } from "../protocols/clients.ts";
import { type AppServer, startGreeter } from "../protocols/servers.ts";
import { type Heard, talkToGateway } from "./gatewayTalk.ts";
import {
  A,
  ADMIN,
  B,
  BAR,
  BAR_TO_ALL,
  BARS_NEIGHBOUR,
  BAZ,
  C,
  CLIENT,
  FOO,
  FOOS_NEIGHBOUR,
  GATEWAY_OF_B,
  GREETER,
  STORE,
  STORE_TO_ALL,
} from "./parties.ts";

const OPENED = { gateway: "terminating" };
const PROPAGATION_SECONDS = 90;
const HELLO: Heard = { greeting: "220 ready", answer: "250 5" };
/** By which the gateway is asked for the store's port for TCP. */
const TERMINATED = `p${GREETER.number}.${hostOf(STORE)}`;
const PASSED_ON = `outbound_.${GREETER.number}_._.${hostOf(STORE)}`;
const ALIAS = `bar.shop.${B.domain}`;

/** Tests of the ports and names of Services whose calls cluster-b's gateway opens. */
export function testTerminatedPorts(b: () => OfferingCluster): void {
  describe("ports and names of services whose calls the gateway opens", () => {
    let server: AppServer;
    before(async () => {
      server = await startGreeter(STORE.address, GREETER.appPort);
    });
    after(() => server.stop());

    describe("a service with ports for HTTP and for TCP, for callers of one peer", () => {
      before(() => b().offer([{ ...STORE_TO_ALL, ...OPENED, callers: [{ peer: A.name }] }, BAR_TO_ALL]));

      it("answers them on all", async () => {
        await expectStatus(200, CLIENT, STORE);
        await expectStatus(200, CLIENT, STORE, {}, ADMIN.number);
        const door = { address: egressAddress(CLIENT), port: GREETER.number };
        assert.deepEqual(await talk(door, "hello"), [HELLO.greeting, HELLO.answer]);
      });

      it("is refused to the other peer, which imports it, on its ports for HTTP", async () => {
        assert.ok((await importedHosts(b().lab, C.name)).includes(hostOf(STORE)));
        await expectStatus(503, BAZ, STORE);
      });

      it("answers who shows a certificate of that peer, past all sidecars, on the one for TCP", () =>
        expectHeard(HELLO, TERMINATED, () => leafOf(FOO)));

      it("gives no answer there to others once they speak, though they hear what it says first", () =>
        expectHeard(
          { ...HELLO, answer: undefined },
          TERMINATED,
          () => leafOf(BAZ),
          () => leafOf(BARS_NEIGHBOUR),
        ));

      it("says nothing there to who shows no certificate", () =>
        expectHeard({ greeting: undefined, answer: undefined }, TERMINATED, () =>
          Promise.resolve(undefined),
        ));

      it("gives no answer there to a certificate of that peer's CA that has no name", async () => {
        const { answer } = await heardBy(
          TERMINATED,
          await mintLeaf(await stealAuthority(b().lab.kubeconfig, A.name)),
        );
        assert.equal(answer, undefined);
      });

      it("is beside one that the gateway passes on", () => expectAnswer(BAZ, BAR));
    });

    describe("a service of another name, while the gateway passes nothing on", () => {
      before(() =>
        b().offer([{ ...BAR_TO_ALL, ...OPENED, as: ALIAS, callers: [{ serviceAccounts: ["abc/foo"] }] }]),
      );

      it("answers who may call it, by that name", () => expectStatus(200, FOO, BAR, {}, BAR.port, ALIAS));

      it("is refused to others", async () => {
        for (const caller of [FOOS_NEIGHBOUR, BAZ]) await expectStatus(503, caller, BAR, {}, BAR.port, ALIAS);
      });

      it("is all that there is behind the gateway", async () => {
        for (const to of [BAR, STORE])
          assert.equal(await whoAnswers(`${GATEWAY_OF_B}:${GATEWAY_PORT}`, hostOf(to)), undefined);
      });

      it("answers its own cluster by its own name", () => expectAnswer(BARS_NEIGHBOUR, BAR));
    });

    describe("a service with a port for TCP whose calls it passes on", () => {
      before(() => b().offer([{ ...STORE_TO_ALL, callers: [{ peer: A.name }] }]));

      it("is held no better by its workload on the port for TCP", async () => {
        await expectHeard(HELLO, PASSED_ON, () => leafOf(FOO));
        await expectHeard({ ...HELLO, answer: undefined }, PASSED_ON, () => leafOf(BAZ));
      });
    });

    async function leafOf(party: Party): Promise<ClientCertificate> {
      return mintLeaf(await stealAuthority(b().lab.kubeconfig, party.cluster), identityOf(party));
    }
  });
}

function heardBy(serverName: string, certificate: ClientCertificate | undefined): Promise<Heard> {
  return talkToGateway(GATEWAY_OF_B, serverName, certificate, "hello");
}

/** Each hears this of the greeter behind the gateway, once what was changed has reached that. */
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
