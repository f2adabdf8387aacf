import { once } from "node:events";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "./forgery.ts";
import { ALPN } from "./gateway.ts";

/**
 * Runs `work` while a server at a peer's gateway shows a certificate as the workload behind it would. Its answers have the identity of the
 * caller, in the form of the lab's app. No TLS session outlives the server, so callers verify each certificate.
 *
 * @returns the result of `work`, and the TLS alerts of callers that refused, by OpenSSL's names.
 */
export async function whileServing<T>(
  { address, port }: { address: string; port: number },
  { chain, key }: ClientCertificate,
  work: () => Promise<T>,
): Promise<{ result: T; alerts: string[] }> {
  const alerts: string[] = [];
  // Any caller is answered: the answer names it.
  const options = { cert: chain, key, ALPNProtocols: [ALPN], requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const { subjectaltname } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ clientIdentity: subjectaltname?.replace(/^URI:/, "") }));
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException) => alerts.push(error.code ?? error.message));
  server.listen(port, address);
  await once(server, "listening");
  try {
    return { result: await work(), alerts };
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}
