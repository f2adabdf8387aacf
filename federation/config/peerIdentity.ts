import * as z from "zod";
import { DNS_LABEL, HOST_NAME } from "../hostname.ts";
import { MESH_DOMAIN } from "../peers/meshDomain.ts";
import { OWNED_DOMAIN } from "../peers/ownedDomains.ts";
import type { PeerIdentity } from "../peers/pin.ts";
import { fields, text } from "../schema.ts";
import { TRUST_DOMAIN } from "../spiffe.ts";
import { fingerprints } from "./fingerprints.ts";
import { anyNumber } from "./oneOrSeveral.ts";

/** Who a peer is: to be checked already when it is first seen. */
export const peerIdentity: z.ZodType<PeerIdentity> = fields({
  cluster: text(DNS_LABEL).exactOptional(),
  clusterDomain: text(HOST_NAME).exactOptional(),
  meshDomain: text(MESH_DOMAIN).exactOptional(),
  domains: anyNumber(text(OWNED_DOMAIN)).exactOptional(),
  trustDomain: text(TRUST_DOMAIN).exactOptional(),
  roots: fingerprints.exactOptional(),
  acceptAnnouncedRoots: z.boolean().exactOptional(),
});
