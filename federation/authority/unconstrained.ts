import type { AuthorityPlan } from "./authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import type { Findings } from "../core/findings.ts";
import { mapRecord } from "../core/order.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/**
 * Validates that the stack consents to unconstrained roots: a fault for each without the consent, a warning with it. A stack without the key
 * of its root cannot constrain its peers' roots, so each peer can be any identity that is accepted here, our own included. So can a peer
 * under the very root that was given to us from outside. The holder of a shared root constrains the peers under it.
 * @param pinned peers by name.
 */
export function checkUnconstrained(
  { certificateAuthority }: Pick<StackConfig, "certificateAuthority">,
  { source, roots, unconstrained }: AuthorityPlan,
  pinned: Readonly<Record<string, PinnedPeer>>,
  findings: Findings,
): void {
  const peersWith = (isOwn: boolean): string[] =>
    Object.keys(pinned).filter((peer) => hasRoot(pinned[peer]?.rootCertificates ?? [], roots, isOwn));
  const others = unconstrained.otherRoot ? peersWith(false) : [];
  const own = unconstrained.sameRoot ? peersWith(true) : [];
  if (certificateAuthority.allowUnconstrainedAnchors)
    findings.warn(...own.map((peer) => describe(peer, true)), ...others.map((peer) => describe(peer, false)));
  else findings.fault(...faultsOf(others, own, source));
}

/** Whether each peer's roots are trusted for its own identities alone, by the peer's name. */
export function constrainedPeers(
  { roots, unconstrained }: Pick<AuthorityPlan, "roots" | "unconstrained">,
  pinned: Readonly<Record<string, PinnedPeer>>,
): Record<string, boolean> {
  return mapRecord(
    pinned,
    ({ rootCertificates }) =>
      !(unconstrained.otherRoot && hasRoot(rootCertificates, roots, false)) &&
      !(unconstrained.sameRoot && hasRoot(rootCertificates, roots, true)),
  );
}

/** Whether a peer has a root that is ours, or one that is not. A peer without roots counts as not ours: its roots are unknown. */
function hasRoot(certificates: readonly string[], own: readonly string[], isOwn: boolean): boolean {
  if (certificates.length === 0) return !isOwn;
  return certificates.some((pem) => own.includes(pem) === isOwn);
}

function faultsOf(
  others: readonly string[],
  own: readonly string[],
  source: AuthorityPlan["source"],
): Fault[] {
  const consent = "certificateAuthority.allowUnconstrainedAnchors: true";
  const reach = "may sign for every identity that is accepted here";
  const faults: Fault[] = [];
  if (others.length > 0) {
    const effect = `the roots of ${others.join(", ")} cannot be constrained, and ${reach}`;
    const [field, why, instead] =
      source === "shared"
        ? [
            "source",
            "is 'shared', so that this stack holds no root key:",
            "Have them under the shared root too",
          ]
        : ["provided.rootKey", "is missing: without it", "Give the key of the root"];
    const path = `certificateAuthority.${field}`;
    faults.push({ path, rule: `${why} ${effect}`, remedy: `${instead}, or accept that: ${consent}` });
  }
  if (own.length > 0) {
    const rule = `is the root of ${own.join(", ")} too: their certificate authorities are trusted as ours is, and ${reach}, unless whoever holds the root has constrained them`;
    const remedy = `Have whoever holds it see to that, and accept it: ${consent}`;
    const path = source === "existing" ? "root of the mesh" : "certificateAuthority.provided.root";
    faults.push({ path, rule, remedy });
  }
  return faults;
}

function describe(peer: string, isOwn: boolean): string {
  const why = isOwn
    ? `Peer ${peer} is under our own root`
    : `The trust anchor of peer ${peer} is unconstrained`;
  const unless = isOwn ? ", unless whoever holds the root has constrained it" : "";
  return (
    `${why}: its certificate authority may sign for every identity that is accepted here, ` +
    `ours included${unless} (certificateAuthority.allowUnconstrainedAnchors)`
  );
}
