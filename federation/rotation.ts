import * as z from "zod";
import { FINGERPRINT, fingerprintOf } from "./fingerprint.ts";

/**
 * The phases in which a cluster's own root is replaced by the next one, in their order. After the last one the next root is the
 * only one, until a further one is announced.
 */
export const PHASES = ["announce", "trust", "sign", "drop"] as const;

export type Phase = (typeof PHASES)[number];

/** Where a cluster is on its way to a root of its own. */
export interface Rotation {
  /** Number of the root that comes in, counted from 1. */
  root: number;
  phase: Phase;
}

/** The first root, with no other to come. */
export const FIRST_ROOT: Rotation = { root: 1, phase: "drop" };

/** What the roots do, by their numbers. */
export interface RootRoles {
  /** In the contract: what peers are asked to trust. */
  published: number[];
  /** By the cluster's own workloads. */
  trusted: number[];
  /** The one that signs the intermediate and the peers' trust anchors. */
  signing: number;
}

/** What this stack's last update left of its roots: the stack output `rotation`. */
export interface RotationRecord extends Rotation {
  /** SHA-256 of each root there is, by number. */
  roots: Record<string, string>;
  /** When each root that signs no more signed last, in UTC: workloads have certificates under it for a while. */
  signedUntil: Record<string, string>;
}

/** A step that was found safe. */
export interface RotationPlan {
  wanted: Rotation;
  /** Left out before the first update. */
  last?: RotationRecord;
  /** When the step is taken, in UTC as `2026-11-21T10:28:15Z`. */
  now: string;
  /** How the rotation stands, for the user; left out when none is under way, or it moves on. */
  note?: string;
}

const NUMBER = z.string().regex(/^[1-9][0-9]*$/);

const record: z.ZodType<RotationRecord> = z.object({
  root: z.int().min(1),
  phase: z.enum(PHASES),
  roots: z.record(NUMBER, z.string().refine(FINGERPRINT.test)),
  signedUntil: z.record(NUMBER, z.iso.datetime()),
});

const published = z.object({ rootCertificates: z.array(z.string()).min(1) });

/**
 * Reads the stack output `rotation`. A stack that was last updated by a version of this program without it has its first root.
 * @param contract what it publishes, unchecked.
 * @returns undefined for a stack without a root.
 */
export function readRotationRecord(output: unknown, contract: unknown): RotationRecord | undefined {
  const { data } = record.safeParse(output);
  const [root] = published.safeParse(contract).data?.rootCertificates ?? [];
  if (data !== undefined || root === undefined) return data;
  return { ...FIRST_ROOT, roots: { 1: fingerprintOf(root) }, signedUntil: {} };
}

/** What each root does in a phase. */
export function rolesOf({ root, phase }: Rotation): RootRoles {
  const before = root - 1;
  const both = [before, root];
  switch (phase) {
    case "announce":
      return { published: both, trusted: [before], signing: before };
    case "trust":
      return { published: both, trusted: both, signing: before };
    case "sign":
      return { published: both, trusted: both, signing: root };
    case "drop":
      return { published: [root], trusted: [root], signing: root };
  }
}

/** The phase after this one; undefined when the rotation is over. */
export function nextPhase({ root, phase }: Rotation): Rotation | undefined {
  const next = PHASES[PHASES.indexOf(phase) + 1];
  return next === undefined ? undefined : { root, phase: next };
}

/** The record to publish after a step. @param roots SHA-256 of each root there is now, by number. */
export function recordStep(
  { wanted, last, now }: RotationPlan,
  roots: Record<string, string>,
): RotationRecord {
  const { signing } = rolesOf(wanted);
  const left = last === undefined ? undefined : rolesOf(last).signing;
  const signedUntil = Object.entries(last?.signedUntil ?? {}).filter(
    ([root]) => Object.hasOwn(roots, root) && root !== String(signing),
  );
  const ended = left === undefined || left === signing ? [] : [[String(left), now] as const];
  const { root, phase } = wanted;
  return { root, phase, roots, signedUntil: Object.fromEntries([...signedUntil, ...ended]) };
}
