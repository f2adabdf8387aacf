import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import {
  type AddressInfo,
  type Server,
  type Socket,
  connect,
  createServer as createTcpServer,
} from "node:net";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { TestAuthority } from "../../support/testAuthority.ts";

const ADDRESS = "127.30.0.10";

/** Name in the fake API server's certificate that no resolver knows: only a proxy leads there. */
export const REMOTE = "api.example";

/** A request as the fake API server sees it. */
export interface SeenRequest {
  readonly path: string;
  /** Values of each header, by its name in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** Common name of the client certificate. */
  readonly client: string | undefined;
  /** Server name of the TLS handshake. */
  readonly sni: string | undefined;
}

/** An API server over TLS that records what each request proves, with an HTTP and a SOCKS proxy before it. All on loopback. */
export class TlsApiServer {
  readonly seen: SeenRequest[] = [];
  /** `http host:port` or `socks host:port`, for each connection that a proxy was asked for. */
  readonly proxied: string[] = [];
  /** Status of the HTTP proxies' answers. */
  proxyStatus = 200;
  /** `Proxy-Authorization` of the last CONNECT. */
  proxyAuthorization: string | undefined;
  /** TCP connections to the API server. */
  connections = 0;
  /** `message` of the `Status` that each request gets. */
  message = "";
  readonly authority: TestAuthority;
  private readonly server;
  private readonly httpProxy;
  private readonly httpsProxy;
  private readonly socksProxy;
  private status: (request: SeenRequest) => number = () => 200;

  private constructor(authority: TestAuthority, chain: { cert: string; key: string }) {
    this.authority = authority;
    this.server = createServer({ ...chain, requestCert: true, rejectUnauthorized: false });
    this.server.on("connection", () => this.connections++);
    this.server.on("request", (request, response) => {
      const socket = request.socket as TLSSocket;
      const seen: SeenRequest = {
        path: request.url ?? "",
        headers: request.headersDistinct,
        client: (socket.getPeerCertificate() as Partial<PeerCertificate>).subject?.CN?.toString(),
        sni: socket.servername || undefined,
      };
      this.seen.push(seen);
      const body = JSON.stringify({ kind: "Status", message: this.message });
      const fields = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      response.writeHead(this.status(seen), { ...fields, "audit-id": "a" });
      response.end(body);
    });
    const tunnel = (request: { url?: string; headers: NodeJS.Dict<string | string[]> }, socket: Socket) => {
      this.proxied.push(`http ${request.url}`);
      this.proxyAuthorization = request.headers["proxy-authorization"]?.toString();
      socket.write(`HTTP/1.1 ${this.proxyStatus} Status\r\n\r\n`);
      if (this.proxyStatus === 200) this.passBytes(socket);
      else socket.end();
    };
    this.httpProxy = createHttpServer().on("connect", tunnel);
    this.httpsProxy = createServer(chain).on("connect", tunnel);
    this.socksProxy = createTcpServer((socket) => {
      void greetSocks(socket).then((target) => {
        this.proxied.push(`socks ${target}`);
        this.passBytes(socket);
      });
    });
  }

  static async start(): Promise<TlsApiServer> {
    // Clients trust what another one has signed, as Go's do.
    const authority = await (await TestAuthority.root("CN=company")).intermediate("CN=cluster");
    const { leaf, key } = await authority.workload(
      [
        { type: "ip", value: ADDRESS },
        { type: "dns", value: REMOTE },
      ],
      "CN=api",
    );
    const server = new TlsApiServer(authority, { cert: leaf, key });
    for (const each of server.all) await once(each.listen(0, ADDRESS), "listening");
    return server;
  }

  get address(): string {
    return `${ADDRESS}:${portOf(this.server)}`;
  }

  get proxies(): { http: string; https: string; socks: string } {
    return {
      http: `${ADDRESS}:${portOf(this.httpProxy)}`,
      https: `${ADDRESS}:${portOf(this.httpsProxy)}`,
      socks: `${ADDRESS}:${portOf(this.socksProxy)}`,
    };
  }

  /** The one request since the last {@link reset}. */
  get request(): SeenRequest {
    assert.equal(this.seen.length, 1);
    return this.seen[0]!;
  }

  /** Forgets what was seen. @param status of the answers from now on. */
  reset(status: (request: SeenRequest) => number = () => 200): void {
    this.status = status;
    this.message = "";
    this.proxyStatus = 200;
    this.seen.length = 0;
    this.proxied.length = 0;
    this.proxyAuthorization = undefined;
    this.connections = 0;
  }

  stop(): void {
    this.server.closeAllConnections();
    for (const each of this.all) each.close();
  }

  private get all(): Server[] {
    return [this.server, this.httpProxy, this.httpsProxy, this.socksProxy];
  }

  /** Takes bytes to and fro between a client and the API server, whichever name the client asked for. */
  private passBytes(client: Socket): void {
    const upstream = connect(portOf(this.server), ADDRESS);
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** The server's part of SOCKS 5 (RFC 1928) without authentication. @returns `host:port` that the client wants */
async function greetSocks(socket: Socket): Promise<string> {
  await once(socket, "data");
  socket.write(Buffer.from([5, 0]));
  const [request] = (await once(socket, "data")) as [Buffer];
  socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  const isName = request[3] === 3;
  const host = isName ? request.subarray(5, -2).toString() : [...request.subarray(4, 8)].join(".");
  return `${host}:${request.readUInt16BE(request.length - 2)}`;
}
