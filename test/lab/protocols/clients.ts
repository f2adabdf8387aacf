import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { waitFor } from "../../../lab/ready.ts";

const TIMEOUT_MILLISECONDS = 10_000;

/** For a change to reach the sidecars. */
const PROPAGATION_SECONDS = 60;

/** Address to which a client connects: the egress listener of its sidecar. */
export interface Door {
  readonly address: string;
  readonly port: number;
}

/** Answer of an HTTP/2 server. */
export interface Http2Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends requests with these bodies at once, as streams of one connection. @param host by which the server is called. */
export async function postHttp2(
  { address, port }: Door,
  host: string,
  bodies: readonly string[],
): Promise<Http2Answer[]> {
  const session = connectHttp2(`http://${address}:${port}`);
  const failed = once(session, "error").then(([error]) => Promise.reject(error as Error));
  const post = async (body: string, index: number): Promise<Http2Answer> => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${index}`,
      ":authority": `${host}:${port}`,
    });
    stream.setTimeout(TIMEOUT_MILLISECONDS, () => {
      stream.destroy(new Error("no answer over HTTP/2"));
    });
    stream.end(body);
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    const chunks = await stream.setEncoding("utf8").toArray();
    return { status: headers[":status"] as number | undefined, headers, body: chunks.join("") };
  };
  try {
    return await Promise.race([Promise.all(bodies.map(post)), failed]);
  } finally {
    failed.catch(() => undefined);
    session.destroy();
  }
}

/**
 * Talks over plain TCP, in lines: listens first, says one, listens again.
 * @returns what the server said before and after.
 */
export async function talk(
  { address, port }: Door,
  line: string,
): Promise<[greeting: string, answer: string]> {
  const socket = connect({ host: address, port, timeout: TIMEOUT_MILLISECONDS }).setEncoding("utf8");
  socket.once("timeout", () => socket.destroy(new Error("nothing was said over TCP")));
  try {
    const greeting = await nextText(socket);
    socket.write(`${line}\r\n`);
    const answer = await nextText(socket);
    return [greeting.trimEnd(), answer.trimEnd()];
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}

/** Talks until the server's lines are these: the first connections after a change may still end. */
export async function expectTalk(
  door: Door,
  line: string,
  expected: readonly (string | undefined)[],
): Promise<void> {
  let lines: readonly string[] = [];
  const areExpected = async (): Promise<boolean> => {
    lines = await talk(door, line).catch((error: unknown) => [String(error)]);
    return isDeepStrictEqual(lines, expected);
  };
  await waitFor("the answers differ", areExpected, PROPAGATION_SECONDS).catch(() => undefined);
  assert.deepEqual(lines, expected);
}

/** Next text on a connection. @throws Error when the connection ends or has an error first. */
async function nextText(socket: Socket): Promise<string> {
  const ended = once(socket, "close").then(() => Promise.reject(new Error("the connection ended")));
  const [text] = (await Promise.race([once(socket, "data"), ended])) as [string];
  ended.catch(() => undefined);
  return text;
}

/**
 * Talks over TLS of the client's own.
 * @param host the server's name, told in the handshake.
 * @param authority PEM of the root that its certificate must be under.
 * @returns SHA-256 of the certificate that it showed, and its answer.
 */
export async function talkTls(
  { address, port }: Door,
  host: string,
  authority: string,
  text: string,
): Promise<{ fingerprint: string; answer: string }> {
  const socket = connectTls({
    ...{ host: address, port, servername: host, ca: authority, timeout: TIMEOUT_MILLISECONDS },
    // It has no DNS name; who it is, its fingerprint tells.
    checkServerIdentity: () => undefined,
  });
  socket.once("timeout", () => socket.destroy(new Error("nothing was said over TLS")));
  try {
    await once(socket, "secureConnect");
    socket.setEncoding("utf8").write(text);
    const answer = await nextText(socket);
    return { fingerprint: socket.getPeerCertificate().fingerprint256, answer };
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}
