import type { AuthoritySource } from "./authoritySource.ts";
import type { StackConfig } from "./config.ts";
import { FaultsError } from "./fault.ts";
import type { PeerView } from "./peer.ts";

/**
 * A stack that was not given the key of its root cannot constrain its peers' roots: each may then speak for every identity that is
 * accepted here, our own included. That takes the stack's consent.
 * @returns a warning for each peer that is so trusted.
 * @throws FaultsError without the consent.
 */
export function judgeUnconstrained(
  { certificateAuthority }: Pick<StackConfig, "certificateAuthority">,
  authority: AuthoritySource,
  peers: Readonly<Record<string, Pick<PeerView, "pinned">>>,
): string[] {
  if (!("provided" in authority) || authority.provided.issuer !== undefined) return [];
  const trusted = Object.entries(peers).flatMap(([peer, { pinned }]) => (pinned === undefined ? [] : [peer]));
  if (trusted.length === 0) return [];
  if (!certificateAuthority.allowUnconstrainedAnchors) {
    const rule = `is missing: without it the roots of ${trusted.join(", ")} cannot be constrained, and may sign for every identity that is accepted here`;
    const remedy =
      "Give the key of the root, or accept that: certificateAuthority.allowUnconstrainedAnchors: true";
    throw new FaultsError("certificate authority", [
      { path: "certificateAuthority.provided.rootKey", rule, remedy },
    ]);
  }
  return trusted.map(
    (peer) =>
      `The trust anchor of peer ${peer} is unconstrained: its certificate authority may sign for every identity that is accepted here, ` +
      "ours included (certificateAuthority.allowUnconstrainedAnchors)",
  );
}
