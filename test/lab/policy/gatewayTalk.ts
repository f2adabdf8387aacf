import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { setTimeout } from "node:timers/promises";
import type { ClientCertificate } from "../../../lab/proofs/forgery.ts";
import { ALPN, GATEWAY_PORT } from "../../../lab/proofs/gateway.ts";

const CONNECT_MILLISECONDS = 5000;
const ANSWER_MILLISECONDS = 3000;

/** Answers of a server behind a gateway; undefined for none. */
export interface Heard {
  /** Sent before any request. */
  readonly greeting: string | undefined;
  /** Sent after the request. */
  readonly answer: string | undefined;
}

/**
 * Comes to a gateway past all sidecars, listens, says one line, and listens again.
 * @param gateway its address.
 * @param serverName by which it is asked.
 * @param certificate to show; undefined: none.
 */
export async function talkToGateway(
  gateway: string,
  serverName: string,
  certificate: ClientCertificate | undefined,
  line: string,
): Promise<Heard> {
  const socket = connect({
    ...{ host: gateway, port: GATEWAY_PORT, servername: serverName, ALPNProtocols: [ALPN] },
    ...(certificate === undefined ? {} : { cert: certificate.chain, key: certificate.key }),
    // Any server may answer here.
    rejectUnauthorized: false,
    timeout: CONNECT_MILLISECONDS,
  });
  // Told of by what is heard.
  socket.on("error", () => undefined).setEncoding("utf8");
  try {
    await once(socket, "secureConnect");
    const greeting = await hear(socket);
    socket.write(`${line}\r\n`);
    return { greeting, answer: await hear(socket) };
  } finally {
    socket.destroy();
  }
}

/** The next that comes, if anything does before the connection ends. */
async function hear(socket: TLSSocket): Promise<string | undefined> {
  if (socket.destroyed) return undefined;
  const text = (event: string) =>
    once(socket, event).then(([data]) => (event === "data" ? (data as string) : undefined));
  const heard = await Promise.race([
    text("data").catch(() => undefined),
    text("close").catch(() => undefined),
    setTimeout(ANSWER_MILLISECONDS, undefined),
  ]);
  return heard?.trimEnd();
}
