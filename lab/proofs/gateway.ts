import { once } from "node:events";
import { connect } from "node:tls";
import { SERVICE_PORT } from "../workloads/workload.ts";

/** Port of the east-west gateways. */
export const GATEWAY_PORT = 15443;

/** What Istio's proxies offer, and what the gateway's filter chains ask for. */
export const ALPN = "istio";
const TIMEOUT_MILLISECONDS = 5000;

/**
 * Knocks as a peer's sidecar does, and tells who answers: a gateway passes a connection on, unopened, or closes it; a
 * workload's sidecar shows its certificate.
 *
 * @param door `address:port` of a gateway or of a sidecar.
 * @param host the service asked for, by its full name.
 * @param port the service's.
 * @returns the SPIFFE id in the certificate that came back; undefined when the connection was closed.
 * @throws Error when nothing listens there, or does not answer.
 */
export async function whoAnswers(
  door: string,
  host: string,
  port: number = SERVICE_PORT,
): Promise<string | undefined> {
  const { hostname, port: doorPort } = new URL(`tls://${door}`);
  const socket = connect({
    host: hostname,
    port: Number(doorPort),
    servername: `outbound_.${port}_._.${host}`,
    ALPNProtocols: [ALPN],
    // Only the name in the certificate is looked at; nothing is sent.
    rejectUnauthorized: false,
    timeout: TIMEOUT_MILLISECONDS,
  });
  socket.once("timeout", () => {
    socket.destroy(new Error(`no answer from ${door}`));
  });
  try {
    await once(socket, "secureConnect");
    return /URI:([^,\s]+)/.exec(socket.getPeerCertificate().subjectaltname ?? "")?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return undefined;
    throw error;
  } finally {
    // A peer without a certificate is told so later; that is no news.
    socket.on("error", () => undefined).destroy();
  }
}
