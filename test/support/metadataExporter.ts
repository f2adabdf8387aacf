import { type Server, createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { compactVerify, decodeJwt, importSPKI } from "jose";
import { makeServerCertificate } from "./testAuthority.ts";

/** An answer in place of a document. */
export interface ExporterAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

/** Paths of the documents, as behind the Ingress of a Deckhouse cluster. */
const PUBLIC = "/metadata/public/public.json";
const PRIVATE = "/metadata/private/federation.json";

/**
 * The metadata exporter of a Deckhouse cluster, written from its documented behaviour: it checks a token in this order, and answers 401
 * with the reason as plain text.
 */
export class MetadataExporter {
  publicDocument: object = {};
  federationDocument: unknown = {};
  /** Public keys of the clusters that it has read, PEM, by UUID. */
  knownKeys: Record<string, string> = {};
  /** Answers in place of a document, by path. */
  answers: Record<string, ExporterAnswer> = {};
  /** Paths of the requests, and whether each had a token. */
  requests: [path: string, hasToken: boolean][] = [];
  /** Reasons of its refusals. */
  reasons: string[] = [];
  readonly certificate: string;
  readonly #server: Server;

  private constructor(certificate: string, server: Server) {
    this.certificate = certificate;
    this.#server = server;
  }

  /** Starts one on a loopback address. */
  static async start(address: string, port = 0): Promise<MetadataExporter> {
    const certificate = await makeServerCertificate(address);
    const server = createServer(certificate);
    const exporter = new MetadataExporter(certificate.cert, server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void exporter
        .#answer(request)
        .then(({ status, body, headers }) => response.writeHead(status, headers).end(body));
    });
    await new Promise<void>((done) => server.listen(port, address, done));
    return exporter;
  }

  get endpoint(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `https://${address}:${port}/metadata`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  reset(): void {
    this.answers = {};
    this.requests = [];
    this.reasons = [];
  }

  async #answer({ url = "", headers: { authorization } }: IncomingMessage): Promise<ExporterAnswer> {
    this.requests.push([url, authorization !== undefined]);
    const given = this.answers[url];
    if (given !== undefined) return given;
    if (url === PUBLIC) return json(this.publicDocument);
    if (url !== PRIVATE) return { status: 404, body: "404 page not found\n", headers: {} };
    const reason = await this.#whyUnauthorized(authorization);
    if (reason === undefined) return json(this.federationDocument);
    this.reasons.push(reason);
    return { status: 401, body: `${reason}\n`, headers: {} };
  }

  async #whyUnauthorized(authorization: string | undefined): Promise<string | undefined> {
    const [scheme, token] = (authorization ?? "").split(" ");
    if (scheme !== "Bearer" || token === undefined) return "no bearer token";
    let claims: ReturnType<typeof decodeJwt>;
    try {
      claims = decodeJwt(token);
    } catch {
      return "no token";
    }
    const { clusterUUID } = this.publicDocument as { clusterUUID?: unknown };
    if (claims.aud !== clusterUUID) return "aud";
    if (claims["scope"] !== "private-federation") return "scope";
    if (typeof claims.exp !== "number" || claims.exp * 1000 < Date.now()) return "exp";
    const key = this.knownKeys[claims.sub ?? ""];
    if (key === undefined) return "unknown sub";
    try {
      await compactVerify(token, await importSPKI(key, "EdDSA"), { algorithms: ["EdDSA"] });
      return undefined;
    } catch {
      return "signature";
    }
  }
}

function json(document: unknown): ExporterAnswer {
  const headers = { "content-type": "application/json" };
  return { status: 200, body: JSON.stringify(document, undefined, 2), headers };
}
