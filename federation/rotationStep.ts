import type { Fault } from "./fault.ts";
import {
  type Phase,
  type RootRoles,
  type Rotation,
  type RotationRecord,
  nextPhase,
  rolesOf,
} from "./rotation.ts";
import { utc } from "./utc.ts";

/** Who has to trust our roots, and which they do: SHA-256 fingerprints; undefined when it cannot be read. */
export interface Truster {
  /** For messages: `peer cluster-b`. */
  who: string;
  roots: readonly string[] | undefined;
}

/** What a step is judged by, beside the record of the last one. */
export interface Surroundings {
  /** The peers that import from here, and this cluster itself. */
  trusters: readonly Truster[];
  /** Longest life of a workload's certificate, in hours. */
  workloadCertificateHours: number;
  now: Date;
}

const HOUR = 3_600_000;

/**
 * Judges a step from where the last update left the roots to where the config wants them. Each step, back as well as on, must keep every
 * connection working: who signs must be trusted everywhere before, and who is trusted no more must have left no certificate behind.
 *
 * @param last undefined before the first update: any root may be begun with, if it is the only one.
 */
export function judgeStep(
  last: RotationRecord | undefined,
  wanted: Rotation,
  surroundings: Surroundings,
): Fault[] {
  if (last === undefined) {
    if (wanted.phase === "drop") return [];
    const remedy = "Leave certificateAuthority.rotation out, and run `pulumi up` first";
    return [fault("needs a root to begin with: this stack has none yet", remedy)];
  }
  const before = rolesOf(last);
  const after = rolesOf(wanted);
  const [unpublished] = after.trusted.filter((root) => !before.published.includes(root));
  if (unpublished !== undefined) return [notPublished(unpublished, last, wanted)];
  const dropped = before.trusted.filter((root) => !after.trusted.includes(root));
  const signs = after.signing !== before.signing || dropped.length > 0;
  return [
    ...(signs ? judgeSigner(after.signing, before, last, surroundings) : []),
    ...dropped.flatMap((root) => judgeDropped(root, before, last, surroundings)),
  ];
}

/** How a rotation stands, in a sentence for whoever moves it; undefined when none is on its way. */
export function describeRotation(
  last: RotationRecord,
  { trusters, ...surroundings }: Surroundings,
): string | undefined {
  const next = nextPhase(last);
  if (next === undefined) return undefined;
  const faults = judgeStep(last, next, { trusters, ...surroundings });
  const then =
    faults.length === 0
      ? "can follow"
      : `has to wait, as it ${faults.map(({ rule }) => rule).join(", and ")}`;
  return `Root ${last.root} is in phase '${last.phase}'; phase '${next.phase}' ${then}`;
}

function notPublished(root: number, last: RotationRecord, wanted: Rotation): Fault {
  if (root < last.root) {
    const remedy = `Announce a further one: {root: ${last.root + 1}, phase: announce}`;
    return fault(`asks for root ${root}, which was dropped: there is no way back to it`, remedy);
  }
  const first: Rotation = { root: last.phase === "drop" ? last.root + 1 : last.root, phase: "announce" };
  const skips =
    wanted.root > first.root ? `roots between ${last.root} and ${wanted.root}` : "phase 'announce'";
  return fault(`skips ${skips}: root ${root} has not been published`, stepTo(first.phase, first.root));
}

function judgeSigner(
  root: number,
  before: RootRoles,
  { roots }: RotationRecord,
  { trusters }: Surroundings,
): Fault[] {
  if (!before.trusted.includes(root)) {
    const rule = "skips phase 'trust': this cluster's own workloads do not trust the root yet";
    return [fault(rule, stepTo("trust", root))];
  }
  const fingerprint = roots[String(root)] ?? "";
  const behind = trusters.filter((truster) => truster.roots?.includes(fingerprint) !== true);
  if (behind.length === 0) return [];
  const who = behind.map(
    (truster) => `${truster.who}${truster.roots === undefined ? " (cannot be read)" : ""}`,
  );
  return [
    fault(
      `is too early: root ${root} (SHA-256 ${fingerprint}) is not trusted yet by ${who.join(", ")}`,
      "Have them accept it and run `pulumi up` on their stacks; until then stay in the phase before. A peer that is gone for good can be taken out of peers",
    ),
  ];
}

function judgeDropped(
  root: number,
  { signing }: RootRoles,
  { signedUntil }: RotationRecord,
  { workloadCertificateHours, now }: Surroundings,
): Fault[] {
  if (signing === root) {
    const rule = `drops root ${root}, which signs`;
    return [
      fault(
        rule,
        "Go first to the phase in which the other root signs: 'sign' on the way on, 'trust' on the way back",
      ),
    ];
  }
  const signed = signedUntil[String(root)];
  if (signed === undefined) return [];
  const end = new Date(Date.parse(signed) + workloadCertificateHours * HOUR);
  if (end <= now) return [];
  return [
    fault(
      `drops root ${root} while workloads may have certificates under it, until ${utc(end)}`,
      "Wait until then; or restart all workloads, and set certificateAuthority.workloadCertificateHours to 0 for this step",
    ),
  ];
}

function fault(rule: string, remedy: string): Fault {
  return { path: "certificateAuthority.rotation", rule, remedy };
}

function stepTo(phase: Phase, root: number): string {
  return `Set {root: ${root}, phase: ${phase}}, and run \`pulumi up\``;
}
