import type { PeerIdentity } from "../config/peers.ts";
import type { Contract } from "../contract/contract.ts";
import { type Fault, pathOf, settingCommand } from "../core/fault.ts";
import { type PinnedPeer, pinnable } from "./pinnedPeer.ts";
import { fingerprintOf } from "../x509/certificate.ts";

/** What became of a peer's identity. */
export interface PinJudgement {
  /** Seen from the contract: what differs from what is pinned or configured, and is not accepted. */
  faults: Fault[];
  /** What changes with the stack's consent, or is seen for the first time; a sentence each. */
  notes: string[];
}
/**
 * Holds a peer to the further domains that it owned when it was first imported, or that the config names: below any other it could have names
 * that are somebody else's. To own fewer takes nobody's consent.
 * @param pinned undefined at first sight, when they are taken as they are unless the config names them.
 */
export function judgeOwned(
  peer: string,
  published: readonly string[],
  pinned: readonly string[] | undefined,
  configured: readonly string[] | undefined,
): PinJudgement {
  const known = configured ?? pinned;
  const strange = known === undefined ? [] : published.filter((domain) => !known.includes(domain));
  const added = published.filter((domain) => !(pinned ?? []).includes(domain));
  const gone = (pinned ?? []).filter((domain) => !published.includes(domain));
  const origin =
    configured === undefined ? "those pinned since this peer was first imported" : "those in the config";
  const accept = published
    .map((domain, index) => settingCommand(`peers.${peer}.identity.domains[${index}]`, domain))
    .join(" and ");
  return {
    faults: strange.map((value) => ({
      path: pathOf("domains", published.indexOf(value)),
      value,
      rule: `is not among ${origin}: the peer would have names below it here`,
      remedy: `Ask the peer's team by another way than this. If it is right: ${accept}`,
    })),
    notes: [
      ...(added.length > 0 && strange.length === 0
        ? [`${peer} may have names below further domains: ${added.join(", ")}`]
        : []),
      ...(gone.length > 0 ? [`${peer} owns fewer domains: without ${gone.join(", ")}`] : []),
    ],
  };
}
/**
 * Holds a peer to who it was when it was first imported, or is by config: its name, its domains, its roots.
 *
 * - Nothing known and nothing configured: taken as it is (trust on first use), and told.
 * - Configured: what the config names counts, at first sight too.
 * - A root that is gone while another known one is there needs nobody's consent: it narrows what is trusted.
 * - A further domain that was not there when the peer was first imported takes consent, as names in it may be those of others; one that is
 *   gone takes none.
 * - A root that is our own too needs none either: it is trusted already.
 *
 * @param peer its name in our config.
 * @param now roots that are not valid then do not count.
 * @param pinned what this stack trusted when it was last updated; undefined at first sight.
 * @param ownRoots PEM, those of ours that peers may have too.
 */
export function judgePin(
  peer: string,
  contract: Contract,
  now: Date,
  pinned: PinnedPeer | undefined,
  identity: PeerIdentity = {},
  ownRoots: readonly string[] = [],
): PinJudgement {
  const { cluster, clusterDomain, meshDomain, trustDomain } = contract;
  const { rootCertificates } = pinnable(contract, now);
  const dead = contract.rootCertificates.filter((root) => !rootCertificates.includes(root));
  const known = pinned?.rootCertificates.map(fingerprintOf);
  const roots = judgeRoots(
    peer,
    rootCertificates.map(fingerprintOf),
    known,
    identity,
    ownRoots.map(fingerprintOf),
  );
  const names = [
    judgeName(peer, "cluster", cluster, pinned?.cluster, identity.cluster),
    judgeName(peer, "clusterDomain", clusterDomain, pinned?.clusterDomain, identity.clusterDomain),
    judgeMeshDomain(peer, meshDomain, pinned?.meshDomain, identity.meshDomain),
    judgeOwned(peer, contract.domains ?? [], pinned && (pinned.domains ?? []), identity.domains),
    judgeName(peer, "trustDomain", trustDomain, pinned?.trustDomain, identity.trustDomain),
  ];
  return {
    faults: [
      ...[...names, roots].flatMap(({ faults }) => faults),
      ...(rootCertificates.length > 0 ? [] : [NONE_SERVES]),
    ],
    notes: [
      ...[...names, roots].flatMap(({ notes }) => notes),
      ...dead.map(
        (root) => `a root of ${peer} is not valid now and not trusted: SHA-256 ${fingerprintOf(root)}`,
      ),
    ],
  };
}

const NONE_SERVES: Fault = {
  path: "rootCertificates",
  rule: "are all expired, or not valid yet",
  remedy: "Have the peer renew its root",
};

function judgeName(
  peer: string,
  field: "cluster" | "clusterDomain" | "meshDomain" | "trustDomain",
  value: string,
  pinned: string | undefined,
  configured: string | undefined,
): PinJudgement {
  const expected = configured ?? pinned;
  if (expected === undefined || value === expected) {
    const changes = pinned !== undefined && pinned !== value;
    return { faults: [], notes: changes ? [`${field} of ${peer} changes: ${pinned} -> ${value}`] : [] };
  }
  const origin =
    configured === undefined ? "is pinned since this peer was first imported" : "is in the config";
  const rule = `is not '${expected}', which ${origin}`;
  const remedy = `Ask the peer's team by another way than this. If it is right: ${setting(peer, field, value)}`;
  return { faults: [{ path: field, value, rule, remedy }], notes: [] };
}

/** Older versions publish none. Whether one must be there depends on how the peer's services are called here, and is judged with that. */
function judgeMeshDomain(
  peer: string,
  value: string | undefined,
  pinned: string | undefined,
  configured: string | undefined,
): PinJudgement {
  if (value !== undefined) return judgeName(peer, "meshDomain", value, pinned, configured);
  if (configured === undefined) return { faults: [], notes: [] };
  const rule = `is missing, and must be '${configured}' by the config`;
  const remedy = `Have the peer's stack updated, or remove peers.${peer}.identity.meshDomain`;
  return { faults: [{ path: "meshDomain", rule, remedy }], notes: [] };
}

function judgeRoots(
  peer: string,
  published: readonly string[],
  pinned: readonly string[] | undefined,
  { roots: configured, acceptAnnouncedRoots = false }: PeerIdentity,
  own: readonly string[],
): PinJudgement {
  const added = published.filter((root) => pinned?.includes(root) !== true);
  const gone = pinned?.filter((root) => !published.includes(root)) ?? [];
  const notes = describeRoots(peer, added, gone, pinned);
  const trusted = configured ?? pinned;
  const strange =
    trusted === undefined ? [] : published.filter((root) => !trusted.includes(root) && !own.includes(root));
  const hasVoucher = configured === undefined || published.some((root) => configured.includes(root));
  const isAnnounced =
    acceptAnnouncedRoots && pinned !== undefined && gone.length < pinned.length && hasVoucher;
  if (strange.length === 0 || isAnnounced) return { faults: [], notes };
  const origin = configured === undefined ? "pinned when this peer was first imported" : "in the config";
  const change = pinned === undefined ? "is SHA-256" : `changes: SHA-256 ${pinned.join(", ")} ->`;
  const rule = `root of ${peer} ${change} ${strange.join(", ")}, which is not among those ${origin}`;
  const accept = published.map((root, index) => setting(peer, `roots[${index}]`, root)).join(" and ");
  const remedy = `Ask the peer's team for the fingerprints by another way than this. If they are right: ${accept}`;
  return { faults: [{ path: "rootCertificates", rule, remedy }], notes: [] };
}

function describeRoots(
  peer: string,
  added: readonly string[],
  gone: readonly string[],
  pinned: readonly string[] | undefined,
): string[] {
  if (pinned === undefined) {
    return [`peer ${peer} is seen for the first time: its root is pinned, SHA-256 ${added.join(", ")}`];
  }
  if (added.length > 0 && gone.length > 0) {
    return [`root of ${peer} changes: SHA-256 ${gone.join(", ")} -> ${added.join(", ")}`];
  }
  return [
    ...(added.length > 0 ? [`${peer} has a further root: SHA-256 ${added.join(", ")}`] : []),
    ...(gone.length > 0 ? [`${peer} drops a root: SHA-256 ${gone.join(", ")}`] : []),
  ];
}

/** The command that accepts a value. */
function setting(peer: string, field: string, value: string): string {
  return settingCommand(`peers.${peer}.identity.${field}`, value);
}
