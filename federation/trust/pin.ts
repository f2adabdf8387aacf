import type { PeerIdentity } from "../config/peerIdentity.ts";
import type { Contract } from "../contract/contract.ts";
import { type Fault, pathOf, settingCommand } from "../core/fault.ts";
import { isValidAt } from "./expiry.ts";
import type { PinnedPeer } from "./pinnedPeer.ts";
import { fingerprintOf } from "../x509/certificate.ts";

/** Comparison of a contract with the pinned and the configured identity. */
export interface PinComparison {
  /** Differences that are not accepted; paths are those of the contract. */
  faults: Fault[];
  /** Accepted changes and first sights; a sentence each. */
  notes: string[];
}

/**
 * Validates a peer's name, domains and roots against the config and the last update.
 *
 * - Neither pinned nor configured: accepted with a note (trust on first use).
 * - Configured: the config decides, at first sight too.
 * - A further root or domain needs consent: names below a domain may be somebody else's.
 * - A root or domain that is removed needs none, while another known root is there: less is trusted.
 * - A root that is our own too needs none: it is trusted already.
 * - A signing key that no root certifies is as a root: accepted at first sight, unless the config names roots.
 *
 * @param peer the peer's name in our config.
 * @param now roots that are not valid then do not count.
 * @param pinned identity of the last update; undefined at first sight.
 * @param ownRoots our own roots that peers may share, PEM.
 */
export function validatePin(
  peer: string,
  contract: Contract,
  now: Date,
  pinned: PinnedPeer | undefined,
  identity: PeerIdentity = {},
  ownRoots: readonly string[] = [],
): PinComparison {
  const { cluster, clusterDomain, meshDomain, trustDomain } = contract;
  const rootCertificates = contract.rootCertificates.filter((root) => isValidAt(root, now));
  const invalid = contract.rootCertificates.filter((root) => !rootCertificates.includes(root));
  const known = pinned?.rootCertificates.map(fingerprintOf);
  const own = ownRoots.map(fingerprintOf);
  const changes = [
    nameChange(peer, "cluster", cluster, pinned?.cluster, identity.cluster),
    nameChange(peer, "clusterDomain", clusterDomain, pinned?.clusterDomain, identity.clusterDomain),
    meshDomainChange(peer, meshDomain, pinned?.meshDomain, identity.meshDomain),
    domainChange(peer, contract.domains, pinned && (pinned.domains ?? []), identity.domains),
    nameChange(peer, "trustDomain", trustDomain, pinned?.trustDomain, identity.trustDomain),
    rootChange(peer, rootCertificates.map(fingerprintOf), known, identity, own),
    signingKeyChange(peer, contract.signingKey, pinned, identity),
  ];
  const faults = changes.flatMap((change) => change.faults);
  if (rootCertificates.length === 0) faults.push(NO_VALID_ROOT);
  const untrusted = invalid.map(
    (root) => `a root of ${peer} is not valid now and not trusted: SHA-256 ${fingerprintOf(root)}`,
  );
  return { faults, notes: [...changes.flatMap(({ notes }) => notes), ...untrusted] };
}

const NO_VALID_ROOT: Fault = {
  path: "rootCertificates",
  rule: "are all expired, or not valid yet",
  remedy: "Have the peer renew its root",
};

function nameChange(
  peer: string,
  field: "cluster" | "clusterDomain" | "meshDomain" | "trustDomain",
  value: string,
  pinned: string | undefined,
  configured: string | undefined,
): PinComparison {
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

/** A contract may lack a mesh domain. Whether it needs one depends on how the peer's services are called, and is validated there. */
function meshDomainChange(
  peer: string,
  value: string | undefined,
  pinned: string | undefined,
  configured: string | undefined,
): PinComparison {
  if (value !== undefined) return nameChange(peer, "meshDomain", value, pinned, configured);
  if (configured === undefined) return { faults: [], notes: [] };
  const rule = `is missing, and must be '${configured}' by the config`;
  const remedy = `Have the peer's stack updated, or remove peers.${peer}.identity.meshDomain`;
  return { faults: [{ path: "meshDomain", rule, remedy }], notes: [] };
}

/** @param pinned undefined at first sight, when all domains are accepted unless the config names some. */
function domainChange(
  peer: string,
  published: readonly string[],
  pinned: readonly string[] | undefined,
  configured: readonly string[] | undefined,
): PinComparison {
  const known = configured ?? pinned;
  const strange = known === undefined ? [] : published.filter((domain) => !known.includes(domain));
  const added = published.filter((domain) => !(pinned ?? []).includes(domain));
  const gone = (pinned ?? []).filter((domain) => !published.includes(domain));
  const origin =
    configured === undefined ? "those pinned since this peer was first imported" : "those in the config";
  const accept = published
    .map((domain, index) => settingCommand(`peers.${peer}.identity.domains[${index}]`, domain))
    .join(" and ");
  const notes: string[] = [];
  if (added.length > 0 && strange.length === 0)
    notes.push(`${peer} may have names below further domains: ${added.join(", ")}`);
  if (gone.length > 0) notes.push(`${peer} owns fewer domains: without ${gone.join(", ")}`);
  return {
    faults: strange.map((value) => ({
      path: pathOf("domains", published.indexOf(value)),
      value,
      rule: `is not among ${origin}: the peer would have names below it here`,
      remedy: `Ask the peer's team by another way than this. If it is right: ${accept}`,
    })),
    notes,
  };
}

function rootChange(
  peer: string,
  published: readonly string[],
  pinned: readonly string[] | undefined,
  { roots: configured, acceptAnnouncedRoots = false }: PeerIdentity,
  own: readonly string[],
): PinComparison {
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

/**
 * A key that no root certifies signs for a peer whose roots are known only by consent: whoever carries the contract knows its roots too, and
 * could name a key of its own.
 */
function signingKeyChange(
  peer: string,
  published: string | undefined,
  pinned: PinnedPeer | undefined,
  { signingKey: configured, roots }: PeerIdentity,
): PinComparison {
  const last = pinned?.signingKey;
  if (published === undefined) {
    const change = `contracts of ${peer} are signed under its roots again, not by key SHA-256 ${last}`;
    return { faults: [], notes: last === undefined ? [] : [change] };
  }
  const expected = configured ?? last;
  const isFirstSight = expected === undefined && pinned === undefined && roots === undefined;
  if (isFirstSight || published === expected) {
    const note = `contracts of ${peer} are signed by key SHA-256 ${published}, which is pinned`;
    return { faults: [], notes: published === last ? [] : [note] };
  }
  const rule =
    expected === undefined
      ? `signs the contract instead of the roots of ${peer}, and is neither in the config nor pinned`
      : `is not '${expected}', which is ${configured === undefined ? "pinned" : "in the config"}`;
  const remedy = `Ask the peer's team for it by another way than this. If it is right: ${setting(peer, "signingKey", published)}`;
  return { faults: [{ path: "signingKey", value: published, rule, remedy }], notes: [] };
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

/** Command that accepts a value. */
function setting(peer: string, field: string, value: string): string {
  return settingCommand(`peers.${peer}.identity.${field}`, value);
}
