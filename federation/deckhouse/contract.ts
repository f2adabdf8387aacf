import * as z from "zod";
import type { PeerConfig } from "../config/peers.ts";
import { ENDPOINTS_LIMIT, SCHEMA_VERSION, SERVICES_LIMIT } from "../contract/contract.ts";
import type { Fault } from "../core/fault.ts";
import { list } from "../core/lists.ts";
import { ownValue } from "../core/order.ts";
import { faultsOf } from "../core/schema.ts";
import { type PublicDocument, readPublicDocument } from "./publicDocument.ts";
import { type DeckhouseServices, convertPublicServices } from "./services.ts";

/**
 * Documents of a Deckhouse cluster, as JSON and not yet validated. They have no signature: the certificate of the HTTPS server alone says
 * whose they are.
 */
export interface DeckhouseDocuments {
  /** `public/public.json` */
  publicDocument: unknown;
  /** `private/federation.json`, or why it was not read: a sentence. */
  federationDocument: { value: unknown } | { pending: string };
}

/** The documents of a Deckhouse cluster in the form of a contract. */
export interface DeckhouseContract extends Omit<DeckhouseServices, "services"> {
  /** Validated as any other contract, but for its signature; without gateways and services while it is pending. */
  contract: object;
  publicDocument: PublicDocument;
  /** Reason why gateways and services are not known, a sentence; undefined when they are. */
  pending: string | undefined;
}

const federationDocument = z.object({
  ingressGateways: list(z.unknown(), 0, ENDPOINTS_LIMIT),
  publicServices: list(z.unknown(), 0, SERVICES_LIMIT),
});

/** Lists of the private document. Their writer leaves one out, or writes null, while it cannot fill it. */
const LISTS = ["ingressGateways", "publicServices"] as const;

/**
 * Converts the documents of a Deckhouse cluster. They name neither the cluster nor its domains: those are of the config. Topology and
 * revision have one value.
 * @param peer the peer's name in our config.
 */
export function toDeckhouseContract(
  peer: string,
  documents: DeckhouseDocuments,
  { deckhouse, identity = {} }: Pick<PeerConfig, "deckhouse" | "identity">,
): DeckhouseContract | { faults: Fault[] } {
  const reading = readPublicDocument(documents.publicDocument);
  const federation = readFederationDocument(documents.federationDocument);
  if ("faults" in reading || "faults" in federation)
    return { faults: [reading, federation].flatMap((each) => ("faults" in each ? each.faults : [])) };
  const { cluster = peer, trustDomain = "", clusterDomain = trustDomain } = identity;
  const { services, ...unfit } = convertPublicServices(federation.publicServices, {
    clusterDomain,
    trustDomain,
    identities: deckhouse?.identities ?? [],
  });
  return {
    contract: {
      schemaVersion: SCHEMA_VERSION,
      revision: 1,
      cluster,
      clusterDomain,
      trustDomain,
      network: cluster,
      topology: "federation",
      rootCertificates: reading.value.rootCertificates,
      gateways: federation.ingressGateways,
      services,
    },
    publicDocument: reading.value,
    pending: federation.pending,
    ...unfit,
  };
}

/** Lists of a private document, empty while it is pending. */
interface FederationLists {
  ingressGateways: unknown[];
  publicServices: unknown[];
  pending: string | undefined;
}

function readFederationDocument(
  reading: DeckhouseDocuments["federationDocument"],
): FederationLists | { faults: Fault[] } {
  const nothing = { ingressGateways: [], publicServices: [] };
  if ("pending" in reading) return { ...nothing, pending: reading.pending };
  const { value } = reading;
  const missing = isMap(value) ? LISTS.filter((each) => (ownValue(value, each) ?? null) === null) : [];
  if (missing.length > 0) {
    const pending = `its private/federation.json has no list ${missing.join(" and no list ")}, which its metadata exporter cannot fill; it is read again in the next run`;
    return { ...nothing, pending };
  }
  const { data, error } = federationDocument.safeParse(value);
  return error === undefined ? { ...data, pending: undefined } : { faults: faultsOf(error, value) };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
