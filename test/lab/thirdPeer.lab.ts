import assert from "node:assert/strict";
import { networkAt } from "../../lab/addressRange.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { callAs, mintLeaf, stealAuthority, type StolenAuthority } from "../../lab/proofs/forgery.ts";
import { GATEWAY_PORT } from "../../lab/proofs/gateway.ts";
import { withHandMadeEntry } from "../../lab/proofs/unexported.ts";
import { hostOf, identityOf, partyIn } from "../../lab/proofs/proof.ts";
import { Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import { authorityOfC, stackWithPeerC } from "./peerC.ts";
import { whileServing } from "../../lab/proofs/peerServer.ts";
import { addRoot } from "../federation/signers.ts";
import { CONTRACT_OF_C, publishStack, unpublishStack } from "./publishedStack.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";

const BAZ_HOST = "baz.team.svc.cluster-c.local";
const BAZ = "spiffe://cluster-c.local/ns/team/sa/baz";
const GATEWAY_OF_C = { address: `${networkAt(3)}.0.3`, port: GATEWAY_PORT };
const PROPAGATION_SECONDS = 30;

describe("a third peer", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let c: StolenAuthority;

  before(async () => {
    federated = await sharedLab();
    c = await authorityOfC();
    addRoot(c.certificate, c.key);
    const contract = { ...CONTRACT_OF_C, rootCertificates: [c.certificate], gateways: [GATEWAY_OF_C] };
    await publishStack(federated.lab, "cluster-c", { federation: contract });
    for (const { name } of CLUSTERS) await (await stackWithPeerC(federated.lab, {}, name)).up();
  });

  after(async () => {
    await unpublishStack(federated.lab, "cluster-c");
    for (const { name } of CLUSTERS) await new Stack(name, federated.lab).up();
  });

  const [A, B] = CLUSTERS;
  for (const [here, other] of [
    [A, B],
    [B, A],
  ] as const) {
    const own = partyIn(here, true);
    const neighbour = partyIn(other, true);
    const authorityOfOther = () => stealAuthority(federated.lab.kubeconfig, other.name);
    const doors = {
      "the sidecar": `${own.address}:${SERVICE_PORT}`,
      "the gateway": `${here.network}.0.3:${GATEWAY_PORT}`,
    };

    for (const [name, door] of Object.entries(doors)) {
      /** Returns the answer to a call with a certificate that this authority signs for this identity. */
      const callBy = async (authority: StolenAuthority, identity: string) =>
        callAs(door, hostOf(own), await mintLeaf(authority, identity));

      describe(`that calls ${here.name} through ${name}`, () => {
        before(async () => {
          const accepted = async () => (await callBy(c, BAZ)) === `200 as ${BAZ}`;
          await waitFor(`${here.name} does not accept cluster-c`, accepted, PROPAGATION_SECONDS);
        });

        it(`cannot be forged by ${other.name}, which is let in as itself`, async () => {
          const authority = await authorityOfOther();
          assert.match(await callBy(authority, BAZ), /^refused/);
          assert.equal(await callBy(authority, identityOf(neighbour)), `200 as ${identityOf(neighbour)}`);
        });

        it(`can forge neither ${other.name} nor ${here.name} itself, and is let in as itself`, async () => {
          for (const claimed of [neighbour, own])
            assert.match(await callBy(c, identityOf(claimed)), /^refused/);
          assert.equal(await callBy(c, BAZ), `200 as ${BAZ}`);
        });
      });
    }

    describe(`that is called from ${here.name}`, () => {
      /** Returns the answer to a call while its gateway routes to a server with such a certificate. */
      const called = async (authority: StolenAuthority, identity: string, host = BAZ_HOST) => {
        const { result, alerts } = await whileServing(
          GATEWAY_OF_C,
          await mintLeaf(authority, identity),
          async () => callService(own, host, SERVICE_PORT),
        );
        return result.status === 200 ? `200 as ${result.identity}` : `${result.status} ${alerts.join(" ")}`;
      };
      const answer = `200 as ${identityOf(own)}`;
      const refusal = /^503 .*ALERT_CERTIFICATE_UNKNOWN/;

      it(`cannot be forged by ${other.name}: the caller's sidecar hangs up`, async () => {
        const honest = async () => (await called(c, BAZ)) === answer;
        await waitFor(`${here.name} does not reach cluster-c`, honest, PROPAGATION_SECONDS);
        assert.match(await called(await authorityOfOther(), BAZ), refusal);
        assert.equal(await called(c, BAZ), answer);
      });

      it(`cannot answer for ${other.name}, even where calls to that are led to it`, async () => {
        const service = { ...neighbour, name: "elsewhere" };
        const answers = (authority: StolenAuthority) =>
          called(authority, identityOf(service), hostOf(service));
        await withHandMadeEntry(federated.lab, own, service, GATEWAY_OF_C.address, async () => {
          const honest = async () => (await answers(await authorityOfOther())) === answer;
          await waitFor(`${here.name} does not reach ${other.name} there`, honest, PROPAGATION_SECONDS);
          assert.match(await answers(c), refusal);
          assert.equal(await answers(await authorityOfOther()), answer);
        });
      });

      it("answers for a service by the identity that it publishes, and by no other of its own", async () => {
        assert.match(await called(c, "spiffe://cluster-c.local/ns/team/sa/other"), refusal);
        assert.equal(await called(c, BAZ), answer);
      });
    });
  }
});
