import type { LabCluster } from "../clusters.ts";
import { readUntil } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { type Forger, mintLeaf, type StolenAuthority } from "./forgery.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { whileServing } from "./peerServer.ts";
import { hostOf, identityOf, nameOf, partyNamed, type Party, type Proof } from "./proof.ts";
import { withHandMadeEntry } from "./unexported.ts";

const PROPAGATION_SECONDS = 30;

/** TLS alert of Envoy for a certificate that it does not trust, by OpenSSL's name. */
const REFUSED = /^503 .*ALERT_CERTIFICATE_UNKNOWN/;

/**
 * A server with a certificate that an authority signed for a foreign trust domain is refused by the sidecar of its caller. The same server
 * answers with a certificate of the claimed identity's own authority, so the forgery is the reason.
 *
 * @param here cluster of the caller.
 * @param claimed workload whose identity the server shows.
 * @param owner authority of that workload.
 */
export function forgedServerRefused(here: LabCluster, forger: Forger, claimed: Party, owner: Forger): Proof {
  const caller = partyNamed(here, "sleep");
  // A name of its own: calls to the Service itself are routed elsewhere.
  const service: Party = { ...claimed, name: `${claimed.name}-elsewhere` };
  const server = { address: `${here.network}.4.1`, port: GATEWAY_PORT };
  return {
    claim: `a server with what ${forger.kind} signs for another trust domain is refused by its caller's sidecar`,
    caller: nameOf(caller),
    callee: `${forger.name} as ${identityOf(claimed)}`,
    run: async ({ lab }) =>
      withHandMadeEntry(lab, caller, service, server.address, async () => {
        const callTo = async (authority: StolenAuthority) => {
          const leaf = await mintLeaf(authority, identityOf(service));
          const call = () => callService(caller, hostOf(service), service.port);
          const { result, alerts } = await whileServing(server, leaf, call);
          const { status, identity } = result;
          return status === 200 ? `200 as ${identity}` : `${status} ${alerts.join(" ")}`;
        };
        const accepted = `200 as ${identityOf(caller)}`;
        const authority = await owner.steal(lab);
        const honest = await readUntil(
          () => callTo(authority),
          (seen) => seen === accepted,
          PROPAGATION_SECONDS,
        );
        const forged = await callTo(await forger.steal(lab));
        const again = await callTo(authority);
        const passed = honest === accepted && REFUSED.test(forged) && again === accepted;
        return {
          passed,
          status: passed ? "refused" : forged.slice(0, 3),
          reason: `expected ${accepted}, a refusal, and ${accepted}; got ${honest}, ${forged}, and ${again}`,
        };
      }),
  };
}
