import { once } from "node:events";
import { connect } from "node:tls";
import { SERVICE_PORT } from "../workloads/workload.ts";

/** Port of the east-west gateways. */
export const GATEWAY_PORT = 15443;

/** Protocol that Istio's proxies offer, and that the gateway's filter chains match. */
export const ALPN = "istio";
const TIMEOUT_MILLISECONDS = 5000;

/**
 * Connects as a peer's sidecar does, and returns the identity of the server: a gateway passes a connection through or closes it, and a
 * workload's sidecar shows its certificate.
 *
 * @param endpoint `address:port` of a gateway or of a sidecar.
 * @param host full name of the requested service.
 * @param port the service's.
 * @returns the SPIFFE id in the server's certificate; undefined when the connection was closed.
 * @throws Error when nothing listens there, or does not answer.
 */
export async function whoAnswers(
  endpoint: string,
  host: string,
  port: number = SERVICE_PORT,
): Promise<string | undefined> {
  const { hostname, port: endpointPort } = new URL(`tls://${endpoint}`);
  const socket = connect({
    host: hostname,
    port: Number(endpointPort),
    servername: `outbound_.${port}_._.${host}`,
    ALPNProtocols: [ALPN],
    // Only the name in the certificate counts; nothing is sent.
    rejectUnauthorized: false,
    timeout: TIMEOUT_MILLISECONDS,
  });
  socket.once("timeout", () => {
    socket.destroy(new Error(`no answer from ${endpoint}`));
  });
  try {
    await once(socket, "secureConnect");
    return /URI:([^,\s]+)/.exec(socket.getPeerCertificate().subjectaltname ?? "")?.[1];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return undefined;
    throw error;
  } finally {
    // The alert for a missing client certificate arrives later and is expected.
    socket.on("error", () => undefined).destroy();
  }
}
