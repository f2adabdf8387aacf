import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server as HttpServer, createServer as createHttpServer } from "node:http";
import { type Server as HttpsServer, createServer as createHttpsServer } from "node:https";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { join } from "node:path";
import { ClusterClient } from "../../kubernetes/client.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { makeServerCertificate } from "../support/testAuthority.ts";

const ADDRESS = "127.30.0.10";

describe("A connection to an API server", () => {
  let folder: string;
  let server: HttpsServer;
  let certificate: string;
  let connections = 0;
  /** `protocol host:port`, for each time that a proxy was asked. */
  const asked: string[] = [];
  let httpProxy: HttpServer;
  let socksProxy: Server;

  before(async () => {
    folder = await temporaryFolder("connections");
    const { cert, key } = await makeServerCertificate(ADDRESS);
    certificate = cert;
    server = createHttpsServer({ cert, key }, (_, response) => response.end("{}"));
    server.on("connection", () => connections++);
    httpProxy = createHttpServer().on("connect", ({ url = "" }, socket: Socket) => {
      asked.push(`http ${url}`);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      passBytes(socket, url);
    });
    socksProxy = createServer((socket) => {
      void greetSocks(socket).then((target) => {
        asked.push(`socks ${target}`);
        passBytes(socket, target);
      });
    });
    for (const each of [server, httpProxy, socksProxy]) {
      each.listen(0, ADDRESS);
      await once(each, "listening");
    }
  });

  after(() => {
    for (const each of [server, httpProxy, socksProxy]) each.close();
    server.closeAllConnections();
  });

  beforeEach(() => {
    asked.length = 0;
    connections = 0;
  });

  const portOf = (one: Server): number => (one.address() as AddressInfo).port;

  async function probe(cluster: object): Promise<void> {
    const there = { server: `https://${ADDRESS}:${portOf(server)}`, ...cluster };
    const name = writeContext(join(folder, "kubeconfig"), "c", there, { token: "t" });
    await (await ClusterClient.connect(name, { deadline: 2000, retries: 2 })).probe();
  }

  const trusted = (): object => ({
    "certificate-authority-data": Buffer.from(certificate).toString("base64"),
  });

  it("is direct by default", async () => {
    await probe(trusted());
    assert.equal(connections, 1);
  });

  it("uses the kubeconfig's HTTP proxy", async () => {
    await probe({ ...trusted(), "proxy-url": `http://${ADDRESS}:${portOf(httpProxy)}` });
    assert.deepEqual(asked, [`http ${ADDRESS}:${portOf(server)}`]);
  });

  it("uses the kubeconfig's SOCKS proxy", async () => {
    await probe({ ...trusted(), "proxy-url": `socks5://${ADDRESS}:${portOf(socksProxy)}` });
    assert.deepEqual(asked, [`socks ${ADDRESS}:${portOf(server)}`]);
  });

  it("refuses a proxy of another kind", async () => {
    await assert.rejects(
      probe({ ...trusted(), "proxy-url": "ftp://proxy" }),
      /select context "c": proxy-url of its cluster must begin with http:\/\/, https:\/\/ or socks5:\/\/$/,
    );
  });

  it("is not retried when the certificate is not trusted", async () => {
    await assert.rejects(probe({}), /reach the API server: 127\.30\.0\.10:\d+: self-signed certificate/);
    assert.equal(connections, 1);
  });

  it("accepts any certificate with insecure-skip-tls-verify", async () => {
    await probe({ "insecure-skip-tls-verify": true });
  });
});

/** Takes bytes to and fro between a client and `host:port`. */
function passBytes(client: Socket, target: string): void {
  const [host = "", port] = target.split(":");
  const upstream = connect(Number(port), host);
  client.pipe(upstream).pipe(client);
  client.on("error", () => upstream.destroy());
}

/** The server's part of SOCKS 5 (RFC 1928) without authentication. @returns `host:port` that the client wants */
async function greetSocks(socket: Socket): Promise<string> {
  await once(socket, "data");
  socket.write(Buffer.from([5, 0]));
  const [request] = (await once(socket, "data")) as [Buffer];
  socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  return `${[...request.subarray(4, 8)].join(".")}:${request.readUInt16BE(8)}`;
}
