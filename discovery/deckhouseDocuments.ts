import type { DeckhouseConfig } from "../federation/config/deckhouse.ts";
import type { DeckhouseDocuments } from "../federation/deckhouse/contract.ts";
import type { DeckhouseIdentity } from "../federation/deckhouse/identity.ts";
import {
  type KnownDeckhouse,
  readPublicDocument,
  tokenAudience,
} from "../federation/deckhouse/publicDocument.ts";
import { signFederationToken } from "../federation/deckhouse/token.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import type { Reading } from "../federation/snapshot.ts";
import { machineRoots } from "../kubernetes/connections.ts";
import { readJsonUrl, readServerAuthority } from "./contractDocuments.ts";

/** Status of a server that does not take a token. */
const UNAUTHORIZED = 401;

/**
 * Reads the documents of a Deckhouse cluster: the public one, and by it the private one, for which this cluster proves its identity.
 * @param known UUID and key that the peer must have, and those of other clusters.
 * @param identity undefined while this cluster has none.
 * @param path of the peer's settings in the config.
 */
export async function readDeckhousePeer(
  { metadataEndpoint, ca: given }: DeckhouseConfig,
  known: KnownDeckhouse,
  identity: DeckhouseIdentity | undefined,
  path: string,
): Promise<Reading<ContractReading>> {
  const ca = readServerAuthority(given, `${path}.deckhouse.ca`);
  if ("faults" in ca) return ca;
  const certificateAuthority = ca.value === undefined ? undefined : [...machineRoots(), ...ca.value];
  const read = (document: string, headers: Record<string, string> = {}) =>
    readJsonUrl({ url: `${metadataEndpoint}/${document}`, certificateAuthority, headers });

  const found = await read("public/public.json");
  if ("pending" in found) return { value: { pending: found.pending } };
  const publicDocument = found.value;
  const reading = readPublicDocument(publicDocument);
  const audience = "value" in reading ? tokenAudience(reading.value, known) : undefined;
  const privately = async (): Promise<DeckhouseDocuments["federationDocument"]> => {
    if (audience === undefined) return { pending: "its public document is refused" };
    if (identity === undefined) return { pending: NO_IDENTITY };
    const token = await signFederationToken(identity, audience, new Date());
    const document = await read("private/federation.json", { authorization: `Bearer ${token}` });
    if ("value" in document) return document;
    return {
      pending: document.status === UNAUTHORIZED ? `${document.pending}: ${UNKNOWN}` : document.pending,
    };
  };
  return { value: { deckhouse: { publicDocument, federationDocument: await privately() } } };
}

const NO_IDENTITY =
  "this cluster has no key yet by which it proves its identity to Deckhouse clusters; `pulumi up` makes it, and the next run reads the services";

const UNKNOWN =
  "it takes the token of this cluster once an IstioFederation there has read this cluster's public document (docs/deckhouse.md)";
