import { once } from "node:events";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../lab/proofs/forgery.ts";
import { ALPN } from "../../lab/proofs/gateway.ts";

/**
 * Stands where a peer's gateway is said to be, and shows a certificate as the workload behind it would. It answers with the
 * identity that its caller shows, in the words of the lab's app. No TLS session outlives it, so that each certificate is judged.
 * @param work what to do meanwhile.
 * @returns what that came to, and by which TLS alerts callers hung up, by OpenSSL's names.
 */
export async function whileServing<T>(
  { address, port }: { address: string; port: number },
  { chain, key }: ClientCertificate,
  work: () => Promise<T>,
): Promise<{ result: T; alerts: string[] }> {
  const alerts: string[] = [];
  // Who calls is told, not judged.
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
