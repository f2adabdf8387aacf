import type { AuthorityPlan } from "./authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import type { Findings } from "../core/findings.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** A peer's root that nothing here constrains. */
interface Unconstrained {
  peer: string;
  /** Whether it is our own root too. */
  isOwn: boolean;
}

/**
 * A stack that does not hold the key of its root cannot constrain its peers' roots: each may then speak for every identity that is
 * accepted here, our own included. So may a peer under the very root that was given to us from outside. That takes the stack's consent. A
 * peer under our shared root is constrained by who holds that root.
 * With the consent each such peer is a warning, without it a fault.
 * @param pinned peers by their names.
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

/** Of a peer without roots nothing is known, and least of all that they are ours. */
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
