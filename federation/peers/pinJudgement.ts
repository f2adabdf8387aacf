import type { Fault } from "../fault.ts";

/** What became of a peer's identity. */
export interface PinJudgement {
  /** Seen from the contract: what differs from what is pinned or configured, and is not accepted. */
  faults: Fault[];
  /** What changes with the stack's consent, or is seen for the first time; a sentence each. */
  notes: string[];
}
