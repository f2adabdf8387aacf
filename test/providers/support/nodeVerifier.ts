import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import type { Chain } from "./verifiers.ts";

/**
 * Verifies a chain by a TLS handshake in Node, in which any trusted certificate ends a chain, like in Envoy and in programs
 * that call workloads.
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
    // Only the chain is verified, not the server's name.
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
