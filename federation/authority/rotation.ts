import * as z from "zod";
import type { Rotation } from "../config/certificateAuthority.ts";
import { mapRecord } from "../core/order.ts";
import { parseJson } from "../core/text.ts";
import { FINGERPRINT } from "../x509/certificate.ts";

/**
 * The phases in which a cluster's own root is replaced by the next one, in their order. After the last one the next root is the
 * only one, until a further one is announced.
 */
export const PHASES = ["announce", "trust", "sign", "drop"] as const;

export type Phase = (typeof PHASES)[number];

/** Phase of the first root, with no other announced. */
export const FIRST_ROOT: Rotation = { root: 1, phase: "drop" };

/** Roles of the roots, by number. */
export interface RootRoles {
  /** In the contract, for peers to trust. */
  published: number[];
  /** Trusted by the cluster's own workloads. */
  trusted: number[];
  /** The one that signs the intermediate and the peers' trust anchors. */
  signing: number;
}

/** A safe step. */
export interface RotationPlan {
  wanted: Rotation;
  /** Undefined before the first update. */
  last: RotationRecord | undefined;
  /** Time of the step, in UTC as `2026-11-21T10:28:15Z`. */
  now: string;
}

const NUMBER = z.string().regex(/^[1-9][0-9]*$/);

const moments = z.record(NUMBER, z.iso.datetime());

/** Schema of {@link RotationRecord}. */
export const rotationRecord = z.object({
  root: z.int().min(1),
  phase: z.enum(PHASES),
  /** Time of the step, in UTC as `2026-11-21T10:28:15Z`. */
  since: z.iso.datetime(),
  /** SHA-256 of each root, by number. */
  roots: z.record(NUMBER, z.string().refine(FINGERPRINT.test)),
  /** Time of the last signature of each former signer, in UTC: workloads have certificates under it for a while. */
  signedUntil: moments,
});

/** Roots after the last update: `lastRun.rotation` of the stack outputs. */
export type RotationRecord = z.output<typeof rotationRecord>;

/** Record of the signer in the cluster, written along with istiod's certificate: also by an update that failed later on. */
export interface SignerEvidence {
  /** SHA-256 of the root under which istiod is to sign; undefined when it cannot be read. */
  signer: string | undefined;
  /** As {@link RotationRecord}'s. */
  signedUntil: Record<string, string>;
}

/** Parses the JSON of {@link signedUntil}; nothing where it does not fit the schema. */
export function parseSignedUntil(text: string): Record<string, string> {
  return moments.safeParse(parseJson(text)).data ?? {};
}

/**
 * Corrects a record by the cluster's own: a failed update may have changed the signer without a record in the stack.
 * @param now in UTC as `2026-11-21T10:28:15Z`.
 */
export function withEvidence(last: RotationRecord, evidence: SignerEvidence, now: string): RotationRecord {
  const { signing } = rolesOf(last);
  const until = mapRecord(last.roots, (fingerprint, root) => {
    if (fingerprint === evidence.signer && root !== String(signing)) return now;
    const known = [last.signedUntil[root], evidence.signedUntil[root]].filter((time) => time !== undefined);
    return known.sort().at(-1);
  });
  return { ...last, signedUntil: until };
}

/** Returns the roles of the roots in a phase. */
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

/** Returns the next phase; undefined when the rotation is over. */
export function nextPhase({ root, phase }: Rotation): Rotation | undefined {
  const next = PHASES[PHASES.indexOf(phase) + 1];
  return next === undefined ? undefined : { root, phase: next };
}

/** Returns the time of the last signature of each root that signs no more after a step. */
export function signedUntil({ wanted, last, now }: RotationPlan): Record<string, string> {
  const { published, signing } = rolesOf(wanted);
  const left = last === undefined ? undefined : rolesOf(last).signing;
  const known: Record<string, string> = { ...last?.signedUntil };
  if (left !== undefined) known[left] = now;
  return Object.fromEntries(
    published.flatMap((root) => {
      const until = root === signing ? undefined : known[root];
      return until === undefined ? [] : [[String(root), until]];
    }),
  );
}

/** Returns the record to publish after a step. @param roots SHA-256 of each root now, by number. */
export function recordStep(plan: RotationPlan, roots: Record<string, string>): RotationRecord {
  const { wanted, last, now } = plan;
  const { root, phase } = wanted;
  const since = last?.root === root && last.phase === phase ? last.since : now;
  return { root, phase, since, roots, signedUntil: signedUntil(plan) };
}
