import { Agent, request } from "node:https";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { mintLeaf, stealAuthority, type ClientCertificate } from "./forgedLeaf.ts";
import { ALPN } from "./gateway.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

const TIMEOUT_MILLISECONDS = 5000;
/** How Node tells of a server's TLS alert; the connection may be closed before it is read. */
const CLOSED = /^(?:ERR_SSL_.*ALERT.*|ECONNRESET|EPIPE)$/;

/**
 * What a peer's certificate authority signs for identities that are not the peer's is worth nothing here. That it is for its
 * identity that it is refused is seen by the same door letting in what the same authority signs for its own.
 *
 * @param forger whose cluster's authority signs.
 * @param claimed the identity in the forged certificate.
 * @param door `address:port` that takes mutual TLS: a workload's sidecar, or a gateway.
 * @param name what listens there: `the sidecar`, `the gateway`.
 */
export function forgeryRefused(forger: Party, to: Party, claimed: string, door: string, name: string): Proof {
  return {
    claim: `what a peer's CA signs for another trust domain is refused through ${name}`,
    caller: `${forger.cluster}'s CA as ${claimed}`,
    callee: `${nameOf(to)}, through ${name}`,
    run: async ({ lab }) => {
      const authority = await stealAuthority(lab.kubeconfig, forger.cluster);
      const honest = await callAs(door, hostOf(to), await mintLeaf(authority, identityOf(forger)), to.port);
      const forged = await callAs(door, hostOf(to), await mintLeaf(authority, claimed), to.port);
      const passed = honest === `200 as ${identityOf(forger)}` && forged.startsWith("refused");
      const reason = `expected 200 as ${identityOf(forger)} and then a refusal, got ${honest} and then ${forged}`;
      return { passed, status: passed ? "refused" : forged.slice(0, 3), ...(passed ? {} : { reason }) };
    },
  };
}

/**
 * One request with a client certificate of one's own, past all sidecars of the caller's side.
 * @param door `address:port` that takes mutual TLS.
 * @param host full name of the called service.
 * @param port the service's.
 * @returns what came of it: `200 as <the identity that the server saw>`, or `refused: ...` when the handshake is.
 */
export function callAs(
  door: string,
  host: string,
  { chain, key }: ClientCertificate,
  port: number = SERVICE_PORT,
): Promise<string> {
  const { hostname, port: doorPort } = new URL(`tls://${door}`);
  return new Promise((resolve) => {
    const sent = request({
      host: hostname,
      port: Number(doorPort),
      servername: `outbound_.${port}_._.${host}`,
      headers: { host },
      // Who answers is not the question here.
      agent: new Agent({ ALPNProtocols: [ALPN], cert: chain, key, rejectUnauthorized: false }),
      timeout: TIMEOUT_MILLISECONDS,
    });
    sent.once("timeout", () => sent.destroy(new Error(`no answer from ${door}`)));
    sent.once("error", (error: NodeJS.ErrnoException) => {
      resolve(`${CLOSED.test(error.code ?? "") ? "refused" : "failed"}: ${error.code ?? error.message}`);
    });
    sent.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.once("end", () => {
        resolve(`${response.statusCode} as ${identityIn(body)}`);
      });
    });
    sent.end();
  });
}

function identityIn(body: string): string {
  try {
    return (JSON.parse(body) as { clientIdentity?: string }).clientIdentity ?? "nobody";
  } catch {
    return body.slice(0, 200);
  }
}
