import * as z from "zod";
import { fingerprints } from "./certificateAuthority.ts";
import { MESH_DOMAIN, OWNED_DOMAIN } from "../core/domains.ts";
import { anyNumber } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { cleanDomain, cleanFingerprint, cleanText, pasted } from "../core/pasted.ts";
import { fields } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { KEY_FINGERPRINT, canonicalFingerprint } from "../x509/certificate.ts";

/** Default of a field that is pinned. */
export const PINNED_AT_FIRST = "pinned at first sight";

/** A field of a peer's identity; without a value it is pinned when the peer is first imported. */
function pinned<T extends z.ZodType>(schema: T, description: string): z.ZodOptional<T> {
  return schema.optional().meta({ description, defaultsTo: PINNED_AT_FIRST });
}

/** The identity that a peer must have, at first sight already. */
export const peerIdentity = fields({
  cluster: pinned(pasted(cleanText, DNS_LABEL), "Name that the peer gives itself."),
  clusterDomain: pinned(pasted(cleanDomain, HOST_NAME), "The peer's cluster domain."),
  meshDomain: pinned(pasted(cleanDomain, MESH_DOMAIN), "The peer's mesh domain."),
  domains: pinned(
    anyNumber(pasted(cleanDomain, OWNED_DOMAIN)),
    "The only further domains below which the peer may have names here.",
  ),
  trustDomain: pinned(pasted(cleanDomain, TRUST_DOMAIN), "Trust domain of the peer's workloads."),
  roots: fingerprints.optional().meta({
    description: "SHA-256 fingerprints of the only roots that the peer may have, beside our shared root.",
    defaultsTo: PINNED_AT_FIRST,
  }),
  signingKey: pinned(
    pasted(cleanFingerprint, KEY_FINGERPRINT).transform(canonicalFingerprint),
    "SHA-256 of the key that signs the peer's contracts, where its roots do not certify one.",
  ),
  acceptAnnouncedRoots: z.boolean().optional().meta({
    description: "Accepts a further root while a known one is still published: a rotation.",
    defaultsTo: "`false`",
    page: "rotation.md",
  }),
});

export type PeerIdentity = z.output<typeof peerIdentity>;
