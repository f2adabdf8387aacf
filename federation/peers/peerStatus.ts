import * as z from "zod";
import { readByPeer } from "./byPeer.ts";

/** One peer in the stack output `peers`. */
export interface PeerStatus {
  state: "ready" | "pending";
  /** Why it is pending; empty when ready. */
  reason: string;
  /** Since when it is pending, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: string;
  /** How many of its services are registered here. */
  imported: number;
}

const status: z.ZodType<PeerStatus> = z.object({
  state: z.enum(["ready", "pending"]),
  reason: z.string(),
  since: z.string().default(""),
  imported: z.number(),
});

/** Reads the stack output `peers`, see {@link readByPeer}. */
export function readPeerStatuses(output: unknown): Record<string, PeerStatus> {
  return readByPeer(status, output);
}
