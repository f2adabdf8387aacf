import { once } from "node:events";
import { createServer as createHttp2Server } from "node:http2";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { type TLSSocket, createServer as createTlsServer } from "node:tls";
import { ProcessTable } from "../../../lab/process.ts";
import type { ClientCertificate } from "../../../lab/proofs/forgery.ts";
import { waitUntilReady } from "../../../lab/ready.ts";

const START_SECONDS = 30;

/** Server that a test runs behind a workload's sidecar, in place of the workload's app. */
export interface AppServer {
  stop(): Promise<void>;
}

/**
 * The database of Kubernetes itself: gRPC over HTTP/2, in plain text.
 * @param program of etcd, an absolute path.
 * @param peerPort another free port of that address, which nobody uses.
 * @param dir for its data and its log.
 */
export async function startEtcd(
  program: string,
  address: string,
  port: number,
  peerPort: number,
  dir: string,
): Promise<AppServer> {
  const client = `http://${address}:${port}`;
  const peer = `http://${address}:${peerPort}`;
  const etcd = await new ProcessTable(join(dir, "processes.json")).start({
    name: "etcd",
    command: program,
    args: [
      "--name=app",
      `--data-dir=${join(dir, "data")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=app=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
    log: join(dir, "etcd.log"),
  });
  await waitUntilReady(etcd, async () => (await fetch(`${client}/readyz`)).ok, START_SECONDS);
  return etcd;
}

/** Speaks first, as mail servers and some databases do: greets, then answers each line with its length. */
export async function startGreeter(address: string, port: number): Promise<AppServer> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("220 ready\r\n");
    let received = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = `${received}${text}`.split("\r\n");
      received = lines.pop() ?? "";
      for (const line of lines) socket.write(`250 ${line.length}\r\n`);
    });
  });
  return listening(server, address, port);
}

/** HTTP/2 in plain text: answers with the request's path and what tells of its caller, and repeats its body. */
export async function startHttp2(address: string, port: number): Promise<AppServer> {
  const server = createHttp2Server((request, response) => {
    const caller = request.headers["x-forwarded-client-cert"];
    response.writeHead(200, {
      ...{ "x-path": request.url, "x-version": request.httpVersion },
      ...(caller !== undefined && { "x-client": caller }),
    });
    request.pipe(response);
  });
  return listening(server, address, port);
}

/** TLS of the app's own: shows its certificate, and repeats what it gets in capitals. */
export async function startTls(
  address: string,
  port: number,
  { chain, key }: ClientCertificate,
): Promise<AppServer> {
  const server = createTlsServer({ cert: chain, key }, (socket: TLSSocket) => {
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on("data", (text: string) => {
      socket.write(`${socket.servername || ""} ${text.toUpperCase()}`);
    });
  });
  return listening(server, address, port);
}

async function listening(server: Server, address: string, port: number): Promise<AppServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, address);
  await once(server, "listening");
  return {
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
