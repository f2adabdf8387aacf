import { once } from "node:events";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { PeerAccess } from "../../../federation/mesh/credential.ts";
import { TOKEN } from "../../federation/mesh/meshSamples.ts";
import { makeServerCertificate } from "../../support/testAuthority.ts";

const ADDRESS = "127.30.0.8";

/** A peer's API server over TLS that requires its token and answers with a given status. */
export class PeerApiServer {
  /** The access that the peer grants. */
  readonly access: PeerAccess;
  /** `METHOD path?query`, in the order of arrival. */
  readonly requests: string[] = [];
  /** Status for requests with the token; undefined hangs. */
  status: number | undefined = 200;
  /** Sends a large answer without an end. */
  endless = false;
  private readonly server: Server;

  private constructor(server: Server, certificateAuthority: string) {
    this.server = server;
    const { port } = server.address() as AddressInfo;
    this.access = {
      server: `https://${ADDRESS}:${port}`,
      certificateAuthority,
      token: TOKEN,
      issued: new Date(Date.now() - 1000).toISOString(),
    };
    server.on("request", (request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      if (this.status === undefined) return;
      const status = request.headers.authorization === `Bearer ${TOKEN}` ? this.status : 401;
      response.writeHead(status, { "content-type": "application/json", "audit-id": "a" });
      if (this.endless) response.write("x".repeat(1_000_000));
      else response.end(JSON.stringify({ kind: status === 200 ? "NamespaceList" : "Status", message: "no" }));
    });
  }

  static async start(): Promise<PeerApiServer> {
    const { cert, key } = await makeServerCertificate(ADDRESS);
    const server = createServer({ cert, key }).listen(0, ADDRESS);
    await once(server, "listening");
    return new PeerApiServer(server, cert);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
