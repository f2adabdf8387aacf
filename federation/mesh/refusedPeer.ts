import { type AwaitedPeer, type JoinedPeer, type LastMesh, pendingSince } from "./meshPeer.ts";
import { ownValue } from "../order.ts";

/** Why a peer's API server does not let us in, and who is to do what. */
export interface Refusal {
  /** Completes "its API server ...". */
  rule: string;
  /** In the imperative, in lower case at its start. */
  remedy: string;
}

/** A peer whose API server refuses what it published for us: it is trusted as before, and istiod keeps what it had of it. */
export function refusedPeer(
  peer: string,
  { access, pinned }: JoinedPeer,
  { rule, remedy }: Refusal,
  last: Pick<LastMesh, "joined" | "statuses">,
  now: Date,
): AwaitedPeer {
  const before = ownValue(last.joined, peer);
  return {
    state: "pending",
    reason: `its API server ${access.server} ${rule}; ${remedy}`,
    since: pendingSince(peer, last, now),
    ...(before === undefined ? {} : { access: before }),
    pinned,
  };
}
