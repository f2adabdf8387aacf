import canonicalize from "canonicalize";
import { isOfferedTo } from "../contract/audience.ts";
import type { Contract } from "../contract/contract.ts";
import { unfoldContract } from "../contract/fold.ts";
import type { ContractService } from "../contract/service.ts";
import { isBelow } from "../core/names.ts";
import type { PublicIdentity } from "../deckhouse/identity.ts";
import { type DeckhouseReader, FEDERATION_PATH, type HeaderMatch, readerMatch } from "./deckhouseAccess.ts";

/** Path of the contract at the gateway's host. */
export const CONTRACT_PATH = "/contract.json";

/** Path of the identity for Deckhouse clusters. */
const PUBLIC_PATH = "/metadata/public/public.json";

/** Name of the document that is the contract. */
const CONTRACT = "contract";

/** Name of the document with the identity for Deckhouse clusters; none of a reader is equal, whatever the peer's name. */
const IDENTITY = "identity";

/** A document of the gateway, whose content follows from the contract. */
export interface DocumentPlace {
  /** Name of its VirtualService. */
  name: string;
  path: string;
  /** Condition of the request; undefined for everybody. */
  match: HeaderMatch | undefined;
}

/** A document as the gateway serves it. */
export interface ServedDocument extends DocumentPlace {
  /** JSON. */
  body: string;
}

/** Inputs of the documents. */
export interface DocumentSource {
  /** Contract as it is published, folded or not, with its signature. */
  contract: object;
  /** Identity for Deckhouse clusters; undefined without such peers. */
  identity: PublicIdentity | undefined;
  readers: readonly DeckhouseReader[];
}

/** Returns the documents that the gateway serves, without their content. */
export function documentPlaces(hasIdentity: boolean, readers: readonly DeckhouseReader[]): DocumentPlace[] {
  return [
    { name: CONTRACT, path: CONTRACT_PATH, match: undefined },
    ...(hasIdentity ? [{ name: IDENTITY, path: PUBLIC_PATH, match: undefined }] : []),
    // Without an identity no token is for this cluster.
    ...(hasIdentity ? readers : []).map((reader) => ({
      name: `deckhouse-${reader.peer}`,
      path: FEDERATION_PATH,
      match: readerMatch(reader, readers),
    })),
  ];
}

/** Returns the documents that the gateway serves. Canonical JSON (RFC 8785): an output that was sorted anew is the same text. */
export function servedDocuments({ contract, identity, readers }: DocumentSource): ServedDocument[] {
  const whole = unfoldContract(contract) as Contract;
  const bodies: Record<string, object | undefined> = {
    [CONTRACT]: contract,
    [IDENTITY]: identity && { ...identity, rootCA: whole.rootCertificates.join("") },
    ...Object.fromEntries(
      readers.map((reader) => [`deckhouse-${reader.peer}`, federationDocument(whole, reader)]),
    ),
  };
  return documentPlaces(identity !== undefined, readers).map((place) => ({
    ...place,
    body: canonicalize(bodies[place.name]) ?? "",
  }));
}

/** Returns why a Deckhouse cluster cannot call a service of a contract; undefined for one that it can call. */
export function whyNotServed(
  host: string,
  { terminated }: ContractService,
  { clusterDomain }: DeckhouseReader,
): string | undefined {
  if (terminated === true) return "is exported with gateway: terminate, which it cannot call";
  if (isBelow(host, clusterDomain)) return `is below its own cluster domain '${clusterDomain}'`;
  return undefined;
}

/**
 * Renders the document `private/federation.json` of Deckhouse. Its readers take the protocol of a port from the port's name, so the names
 * are made of our protocols.
 */
function federationDocument({ gateways, services }: Contract, reader: DeckhouseReader): object {
  return {
    ingressGateways: gateways.map(({ address, port }) => ({ address, port })),
    publicServices: Object.entries(services)
      .filter(
        ([host, service]) =>
          isOfferedTo(service, reader) && whyNotServed(host, service, reader) === undefined,
      )
      .map(([hostname, { ports }]) => ({
        hostname,
        ports: ports.map(({ number, protocol }) => ({
          name: `${protocol.toLowerCase()}-${number}`,
          port: number,
        })),
      })),
  };
}
