import * as z from "zod";
import { FINGERPRINT, canonicalFingerprint } from "../fingerprint.ts";
import { DNS_LABEL, HOST_NAME } from "../hostname.ts";
import type { PeerIdentity } from "../pin.ts";
import { type Complaint, checked, fields, text } from "../schema.ts";
import { TRUST_DOMAIN } from "../spiffe.ts";

const roots = checked(z.array(text(FINGERPRINT)), (value): Complaint[] =>
  value.length > 0
    ? []
    : [{ rule: "must name at least one root", remedy: "Write its fingerprint, or leave the field out" }],
);

/** Who a peer is: to be checked already when it is first seen. */
export const peerIdentity: z.ZodType<PeerIdentity> = fields({
  cluster: text(DNS_LABEL).exactOptional(),
  clusterDomain: text(HOST_NAME).exactOptional(),
  trustDomain: text(TRUST_DOMAIN).exactOptional(),
  roots: roots.transform((list) => list.map(canonicalFingerprint)).exactOptional(),
  acceptAnnouncedRoots: z.boolean().exactOptional(),
});
