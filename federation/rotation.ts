import type { Fault } from "./fault.ts";

/** The phases in which a cluster's own root is replaced by the next one, in their order; what is after the last is at rest again. */
export const PHASES = ["announce", "trust", "sign"] as const;

export type Phase = (typeof PHASES)[number];

/** Where a cluster's own root is on its way: its generation, counted from 1, and the phase if the next one is on its way in. */
export interface Rotation {
  generation: number;
  phase?: Phase;
}

/** What the generations of a root do. */
export interface RootRoles {
  /** In the contract: what peers are asked to trust. */
  published: number[];
  /** By the cluster's own workloads. */
  trusted: number[];
  /** The one that signs the intermediate and the peers' trust anchors. */
  signing: number;
}

/** What this stack's last update left of its roots, for the stack output `rotation`. */
export interface RotationRecord extends Rotation {
  /** SHA-256 of each root there is, by generation. */
  roots: Record<string, string>;
  /** When each root that signs no more signed last, in UTC: workloads have certificates under it for a while. */
  signedUntil: Record<string, string>;
}

/** What is known of one peer: the fingerprints of our roots that it trusts; undefined when it cannot be read, or knows nothing of us yet. */
export interface PeerKnowledge {
  peer: string;
  roots: readonly string[] | undefined;
}

const HOUR = 3_600_000;

/** What each generation does in a phase. */
export function rolesOf({ generation, phase }: Rotation): RootRoles {
  const next = generation + 1;
  const both = [generation, next];
  switch (phase) {
    case undefined:
      return { published: [generation], trusted: [generation], signing: generation };
    case "announce":
      return { published: both, trusted: [generation], signing: generation };
    case "trust":
      return { published: both, trusted: both, signing: generation };
    case "sign":
      return { published: both, trusted: both, signing: next };
  }
}

/**
 * Judges a step from where the last update left the roots to where the config wants them. Each step, back as well as on, must keep every
 * connection working: who signs must be trusted everywhere before, and who is trusted no more must have left no certificate behind.
 *
 * @param last undefined before the first update: any generation may be begun with, at rest.
 * @param peers who import from here.
 * @param leafHours longest life of a workload's certificate.
 */
export function judgeRotation(
  last: RotationRecord | undefined,
  wanted: Rotation,
  peers: readonly PeerKnowledge[],
  leafHours: number,
  now: Date,
): Fault[] {
  if (last === undefined) {
    if (wanted.phase === undefined) return [];
    return [
      fault("needs a root to begin with: this stack has none yet", "Leave it out, and run `pulumi up` first"),
    ];
  }
  const before = rolesOf(last);
  const after = rolesOf(wanted);
  const unannounced = after.trusted.filter((root) => !before.published.includes(root));
  if (unannounced.length > 0)
    return [fault(`skips phase '${PHASES[0]}': the next root has not been published`, stepTo(PHASES[0]))];
  return [
    ...(after.signing === before.signing ? [] : judgeSigner(after.signing, before, last, peers)),
    ...before.trusted
      .filter((root) => !after.trusted.includes(root))
      .flatMap((root) => judgeDropped(root, before, last, leafHours, now)),
  ];
}

function judgeSigner(
  root: number,
  before: RootRoles,
  { roots }: RotationRecord,
  peers: readonly PeerKnowledge[],
): Fault[] {
  if (!before.trusted.includes(root)) {
    return [
      fault("skips phase 'trust': this cluster's own workloads do not trust the root yet", stepTo("trust")),
    ];
  }
  const fingerprint = roots[String(root)] ?? "";
  const behind = peers.filter((peer) => peer.roots?.includes(fingerprint) !== true).map(({ peer }) => peer);
  if (behind.length === 0) return [];
  return [
    fault(
      `is too early: ${behind.join(", ")} do not trust root ${root} yet (SHA-256 ${fingerprint})`,
      "Have them accept it and run `pulumi up` on their stacks; until then stay in phase 'trust'",
    ),
  ];
}

function judgeDropped(
  root: number,
  { signing }: RootRoles,
  { signedUntil }: RotationRecord,
  leafHours: number,
  now: Date,
): Fault[] {
  if (signing === root) {
    return [fault(`drops root ${root}, which signs`, "Go to the phase first in which the other root signs")];
  }
  const signed = signedUntil[String(root)];
  if (signed === undefined) return [];
  const end = new Date(Date.parse(signed) + leafHours * HOUR);
  if (end <= now) return [];
  return [
    fault(
      `drops root ${root} while workloads may have certificates under it, until ${end.toISOString()}`,
      "Wait until then, or restart all workloads and lower certificateAuthority.workloadCertificateHours",
    ),
  ];
}

function fault(rule: string, remedy: string): Fault {
  return { path: "certificateAuthority.rotation", rule, remedy };
}

function stepTo(phase: Phase): string {
  return `Set phase '${phase}', and run \`pulumi up\``;
}

/** The record to publish after a step. @param roots SHA-256 of each root there is now, by generation. */
export function recordStep(
  last: RotationRecord | undefined,
  wanted: Rotation,
  roots: Record<string, string>,
  now: Date,
): RotationRecord {
  const signing = rolesOf(wanted).signing;
  const left = last === undefined ? undefined : rolesOf(last).signing;
  const signedUntil = Object.entries(last?.signedUntil ?? {}).filter(
    ([root]) => Object.hasOwn(roots, root) && root !== String(signing),
  );
  const ended = left === undefined || left === signing ? [] : [[String(left), now.toISOString()] as const];
  return { ...wanted, roots, signedUntil: Object.fromEntries([...signedUntil, ...ended]) };
}
