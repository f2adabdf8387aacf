import * as z from "zod";

/** Schema of {@link TrustOfPeer}. */
export const trustOfPeer = z.object({
  /** Whether the peer's roots are trusted for its own identities alone. */
  constrained: z.boolean(),
  /** Whether the config names the peer's roots, or they were taken as they were first read. */
  pinnedBy: z.enum(["config", "first sight"]),
});

/** How a peer is trusted, for the stack output `trust`. */
export type TrustOfPeer = z.output<typeof trustOfPeer>;
