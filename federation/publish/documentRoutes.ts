import type { PublishConfig } from "../config/publish.ts";
import { withoutUndefined } from "../core/order.ts";
import { PUBLISH_GATEWAY, PUBLISH_NAMESPACE, PUBLISH_PORT } from "../core/wellKnown.ts";
import type { HeaderMatch } from "./deckhouseAccess.ts";
import type { ServedDocument } from "./documents.ts";

/** Bytes of a document: the limit of istiod's webhook, and of Envoy as istiod configures it. */
export const DOCUMENT_LIMIT = 1024 * 1024;

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

/** The spec of an Istio VirtualService that answers by itself. */
export interface DocumentRoute {
  hosts: string[];
  gateways: string[];
  exportTo: string[];
  http: {
    match: (Partial<HeaderMatch> & { uri: { exact: string }; method: { exact: "GET" } })[];
    directResponse: { status: 200; body: { string: string } };
    headers: { response: { set: Record<string, string> } };
  }[];
}

/** Renders the route of a document at exactly its path; every path without a document is not found. */
export function documentRoute(host: string, { path, match, body }: ServedDocument): DocumentRoute {
  return {
    hosts: [host],
    gateways: [`${PUBLISH_NAMESPACE}/${PUBLISH_GATEWAY}`],
    exportTo: ["."],
    http: [
      {
        match: [{ uri: { exact: path }, method: { exact: "GET" }, ...match }],
        directResponse: { status: 200, body: { string: body } },
        headers: { response: { set: { "content-type": "application/json", "cache-control": "no-cache" } } },
      },
    ],
  };
}
