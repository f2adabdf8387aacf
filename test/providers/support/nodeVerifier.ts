import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import type { Chain } from "./verifiers.ts";

/**
 * Has Node judge a chain in a TLS handshake, in which any trusted certificate ends a chain: as Envoy has it, and as programs
 * do that speak to workloads.
 * @param key of the leaf, PEM.
 * @returns "ok", or the code of Node's error.
 */
export async function verifyByNode({ trusted, untrusted, leaf }: Chain, key: string): Promise<string> {
  const server = createServer({ cert: [leaf, ...untrusted].join("\n"), key }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    host: "127.0.0.1",
    port,
    ca: trusted,
    allowPartialTrustChain: true,
    // The chain is judged, and no name of the server.
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, "secureConnect");
    return "ok";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}
