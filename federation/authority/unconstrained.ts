import type { AuthorityPlan } from "./authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import type { Findings } from "../core/findings.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** A peer's root without a name constraint. */
interface Unconstrained {
  peer: string;
  /** Whether the root is our own too. */
  isOwn: boolean;
}

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
  const found = Object.entries(pinned).flatMap(([peer, { rootCertificates }]): Unconstrained[] =>
    [true, false].flatMap((isOwn) =>
      (isOwn ? unconstrained.sameRoot : unconstrained.otherRoot) && hasRoot(rootCertificates, roots, isOwn)
        ? [{ peer, isOwn }]
        : [],
    ),
  );
  if (certificateAuthority.allowUnconstrainedAnchors) findings.warn(...found.map(describe));
  else findings.fault(...faultsOf(found, source === "shared"));
}

/** Whether a peer has a root that is ours, or one that is not. A peer without roots counts as not ours: its roots are unknown. */
function hasRoot(certificates: readonly string[], own: readonly string[], isOwn: boolean): boolean {
  if (certificates.length === 0) return !isOwn;
  return certificates.some((pem) => own.includes(pem) === isOwn);
}

function faultsOf(found: readonly Unconstrained[], isShared: boolean): Fault[] {
  const consent = "certificateAuthority.allowUnconstrainedAnchors: true";
  const others = found.filter(({ isOwn }) => !isOwn).map(({ peer }) => peer);
  const own = found.filter(({ isOwn }) => isOwn).map(({ peer }) => peer);
  const reach = "may sign for every identity that is accepted here";
  return [
    ...(others.length === 0
      ? []
      : [
          isShared
            ? {
                path: "certificateAuthority.source",
                rule: `is 'shared', so that this stack holds no root key: the roots of ${others.join(", ")} cannot be constrained, and ${reach}`,
                remedy: `Have them under the shared root too, or accept that: ${consent}`,
              }
            : {
                path: "certificateAuthority.provided.rootKey",
                rule: `is missing: without it the roots of ${others.join(", ")} cannot be constrained, and ${reach}`,
                remedy: `Give the key of the root, or accept that: ${consent}`,
              },
        ]),
    ...(own.length === 0
      ? []
      : [
          {
            path: "certificateAuthority.provided.root",
            rule: `is the root of ${own.join(", ")} too: their certificate authorities are trusted as ours is, and ${reach}, unless whoever holds the root has constrained them`,
            remedy: `Have whoever holds it see to that, and accept it: ${consent}`,
          },
        ]),
  ];
}

function describe({ peer, isOwn }: Unconstrained): string {
  const why = isOwn
    ? `Peer ${peer} is under our own root`
    : `The trust anchor of peer ${peer} is unconstrained`;
  const unless = isOwn ? ", unless whoever holds the root has constrained it" : "";
  return (
    `${why}: its certificate authority may sign for every identity that is accepted here, ` +
    `ours included${unless} (certificateAuthority.allowUnconstrainedAnchors)`
  );
}
