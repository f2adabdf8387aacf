import canonicalize from "canonicalize";
import type { PublishConfig } from "../config/publish.ts";
import { withoutUndefined } from "../core/order.ts";
import { PUBLISH_GATEWAY, PUBLISH_NAMESPACE, PUBLISH_PORT } from "../core/wellKnown.ts";

/** Path of the contract at the gateway's host. */
export const CONTRACT_PATH = "/contract.json";

/** Bytes of a document: the limit of istiod's webhook, and of Envoy as istiod configures it. */
export const DOCUMENT_LIMIT = 1024 * 1024;

/** A document as the gateway serves it. */
export interface ServedDocument {
  path: string;
  /** JSON. */
  body: string;
}

/** The spec of an Istio Gateway that terminates TLS with a certificate of its namespace. */
export interface PublishGatewaySpec {
  selector: { istio: string };
  servers: {
    port: { number: number; name: string; protocol: "HTTPS" };
    tls: { mode: "SIMPLE"; credentialName: string; minProtocolVersion: string };
    hosts: string[];
    bind?: string;
  }[];
}

/** Returns a contract as the gateway serves it: its canonical JSON (RFC 8785), so an output that was sorted anew is the same text. */
export function contractDocument(contract: object): ServedDocument {
  return { path: CONTRACT_PATH, body: canonicalize(contract) ?? "" };
}

/**
 * Renders the Gateway: one host, and routes of its own namespace only, so nobody else can add a path. A connection for another host finds no
 * certificate.
 */
export function publishGatewaySpec({
  host,
  credentialName,
  bind,
}: Pick<PublishConfig, "host" | "credentialName" | "bind">): PublishGatewaySpec {
  return {
    selector: { istio: PUBLISH_GATEWAY },
    servers: [
      withoutUndefined({
        port: { number: PUBLISH_PORT, name: "https", protocol: "HTTPS" as const },
        tls: { mode: "SIMPLE" as const, credentialName, minProtocolVersion: "TLSV1_2" },
        hosts: [`./${host}`],
        bind,
      }),
    ],
  };
}

/** The spec of an Istio VirtualService whose routes answer by themselves. */
export interface DocumentRoutes {
  hosts: string[];
  gateways: string[];
  exportTo: string[];
  http: {
    name: string;
    match: { uri: { exact: string }; method: { exact: "GET" } }[];
    directResponse: { status: 200; body: { string: string } };
    headers: { response: { set: Record<string, string> } };
  }[];
}

/** Renders the routes of documents, each at exactly its path; every other path is not found. */
export function documentRoutes(host: string, documents: readonly ServedDocument[]): DocumentRoutes {
  return {
    hosts: [host],
    gateways: [`${PUBLISH_NAMESPACE}/${PUBLISH_GATEWAY}`],
    exportTo: ["."],
    http: documents.map(({ path, body }) => ({
      name: path.slice(1),
      match: [{ uri: { exact: path }, method: { exact: "GET" as const } }],
      directResponse: { status: 200, body: { string: body } },
      headers: { response: { set: { "content-type": "application/json", "cache-control": "no-cache" } } },
    })),
  };
}
