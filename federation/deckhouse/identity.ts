import * as z from "zod";
import { CLUSTER_UUID } from "../core/names.ts";
import { text } from "../core/schema.ts";

/** Schema of {@link DeckhouseIdentity}. */
export const deckhouseIdentity = z.object({
  /** UUID by which Deckhouse clusters know this cluster. */
  clusterUUID: text(CLUSTER_UUID),
  /** Ed25519 key that signs this cluster's tokens, PKCS #8 in PEM; secret. */
  key: z.string(),
});

/** Identity of this cluster for Deckhouse clusters: made once, and kept in the stack's state. */
export type DeckhouseIdentity = z.output<typeof deckhouseIdentity>;
