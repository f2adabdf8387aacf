import { type AuthoritySource, outsideCertificates } from "./source.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { type Fault, FaultsError } from "../core/fault.ts";
import type { PeerView } from "../imports/registration.ts";

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
 * @returns a warning for each peer that is so trusted.
 * @throws FaultsError without the consent.
 */
export function judgeUnconstrained(
  { certificateAuthority }: Pick<StackConfig, "certificateAuthority">,
  authority: AuthoritySource,
  peers: Readonly<Record<string, Pick<PeerView, "pinned">>>,
): string[] {
  const { roots } = outsideCertificates(authority);
  const found = Object.entries(peers).flatMap(([peer, { pinned }]): Unconstrained[] =>
    pinned === undefined
      ? []
      : [true, false].flatMap((isOwn) =>
          isUnconstrained(authority, isOwn) && hasRoot(pinned.rootCertificates, roots, isOwn)
            ? [{ peer, isOwn }]
            : [],
        ),
  );
  if (found.length === 0) return [];
  if (certificateAuthority.allowUnconstrainedAnchors) return found.map(describe);
  throw new FaultsError("certificate authority", faultsOf(found, "shared" in authority));
}

/** Whether a root of a peer is trusted as it is: one that is our own too, or another one. */
function isUnconstrained(authority: AuthoritySource, isOwn: boolean): boolean {
  if ("provided" in authority) return isOwn || authority.provided.issuer === undefined;
  return "shared" in authority && !isOwn;
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
