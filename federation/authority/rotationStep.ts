import type { Rotation } from "../config/certificateAuthority.ts";
import {
  type Phase,
  type RootRoles,
  type RotationRecord,
  type SignerEvidence,
  nextPhase,
  rolesOf,
} from "./rotation.ts";
import type { Fault } from "../core/fault.ts";
import { utc } from "../core/text.ts";

/** A peer that has to trust our roots, and those that it trusts: SHA-256 fingerprints; undefined when it cannot be read. */
export interface PeerTrustState {
  peer: string;
  roots: readonly string[] | undefined;
}

/** Certificates of this cluster's istiod, as far as they can be read. */
export interface IstiodTrust extends SignerEvidence {
  /** Whether the Secret `cacerts` exists. */
  isInstalled: boolean;
  /** SHA-256 of the roots that istiod has loaded, the signing one first; undefined when they cannot be read. */
  roots: readonly string[] | undefined;
}

/** Inputs of a step, beside the record of the last one. */
export interface RotationContext {
  peers: readonly PeerTrustState[];
  istiod: IstiodTrust;
  /** Longest life of a workload's certificate, in hours. */
  workloadCertificateHours: number;
  /** Minutes until a change has reached every istiod and proxy. */
  settlingMinutes: number;
  now: Date;
}

const MINUTE = 60_000;

/**
 * Validates a step from the last update's phase to the config's. A step in either direction must keep every connection: a signer is trusted
 * everywhere before it signs, and a root is dropped only when no certificate under it is left.
 *
 * @param last undefined before the first update, which may start with any single root.
 */
export function validateStep(
  last: RotationRecord | undefined,
  wanted: Rotation,
  context: RotationContext,
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
  const isNewSigner = after.signing !== before.signing;
  return [
    ...(isNewSigner || dropped.length > 0 ? validateSigner(after.signing, before, last, context) : []),
    ...(isNewSigner ? validateSettled(after.signing, last, context) : []),
    ...dropped.flatMap((root) => validateDropped(root, after.signing, before, last, context)),
  ];
}

/** Formats the state of a rotation in a sentence; undefined when there is none. */
export function describeRotation(last: RotationRecord, context: RotationContext): string | undefined {
  const next = nextPhase(last);
  if (next === undefined) return undefined;
  const faults = validateStep(last, next, context);
  const then =
    faults.length === 0
      ? "can follow"
      : `has to wait, as it ${faults.map(({ rule }) => rule).join(", and ")}`;
  return `Root ${last.root} is in phase '${last.phase}'; phase '${next.phase}' ${then}`;
}

function notPublished(root: number, last: RotationRecord, wanted: Rotation): Fault {
  if (root < last.root) {
    const remedy = `Keep {root: ${last.root}, phase: drop} in the config; to replace that one, announce {root: ${last.root + 1}, phase: announce}`;
    return fault(`is root ${root}, which was dropped and cannot be used again`, remedy);
  }
  const first: Rotation = { root: last.phase === "drop" ? last.root + 1 : last.root, phase: "announce" };
  const skips =
    wanted.root > first.root ? `roots between ${last.root} and ${wanted.root}` : "phase 'announce'";
  return fault(`skips ${skips}: root ${root} has not been published`, stepTo(first.phase, first.root));
}

function validateSigner(
  root: number,
  before: RootRoles,
  { roots }: RotationRecord,
  { peers, istiod }: RotationContext,
): Fault[] {
  if (!before.trusted.includes(root)) {
    const rule = "skips phase 'trust': this cluster's own workloads do not trust the root yet";
    return [fault(rule, stepTo("trust", root))];
  }
  const fingerprint = roots[String(root)] ?? "";
  const behind = peers.filter((peer) => peer.roots?.includes(fingerprint) !== true);
  const who = behind.map(
    ({ peer, roots: known }) => `${peer}${known === undefined ? " (cannot be read)" : ""}`,
  );
  const early = `is too early: root ${root} (SHA-256 ${fingerprint}) is not trusted yet by`;
  const faults: Fault[] = [];
  if (behind.length > 0) {
    const remedy =
      "Have them accept it and run `pulumi up` on their stacks. Of peers whose contract is no stack's, ask the team, and set peers.<name>.trustsRoots. Remove peers that no longer exist from the config";
    faults.push(fault(`${early} peer ${who.join(", peer ")}`, remedy));
  }
  if (istiod.roots?.includes(fingerprint) !== true) {
    const rule = `${early} this cluster's istiod${istiod.roots === undefined ? " (cannot be read)" : ""}`;
    const remedy =
      "Wait a minute for the kubelet to update the Secret cacerts; if this remains, search istiod's log for 'ROOT-CA'";
    faults.push(fault(rule, remedy));
  }
  return faults;
}

/** Validates that the last change has had time to settle. istiod's ConfigMap shows one replica only, a peer's output only the write. */
function validateSettled(
  root: number,
  { phase, since }: RotationRecord,
  { settlingMinutes, now }: RotationContext,
): Fault[] {
  const end = new Date(Date.parse(since) + settlingMinutes * MINUTE);
  if (phase !== "trust" || end <= now) return [];
  const rule = `is too early: root ${root} is trusted here since ${since}, and has reached every istiod and proxy by ${utc(end)} only`;
  return [fault(rule, "Wait until then (certificateAuthority.settlingMinutes)")];
}

function validateDropped(
  root: number,
  signer: number,
  { signing }: RootRoles,
  { roots, signedUntil }: RotationRecord,
  { istiod, workloadCertificateHours, settlingMinutes, now }: RotationContext,
): Fault[] {
  if (signing === root) {
    const remedy =
      "Go first to the phase in which the other root signs: 'sign' on the way on, 'trust' on the way back";
    return [fault(`drops root ${root}, which signs`, remedy)];
  }
  const signed = signedUntil[String(root)];
  if (signed === undefined) return [];
  const [inUse] = istiod.roots ?? [];
  if (inUse !== undefined && inUse !== roots[String(signer)]) {
    const rule = `drops root ${root} while this cluster's istiod has not taken root ${signer} in to sign with`;
    return [fault(rule, "Wait a minute, until the kubelet has brought it the Secret cacerts")];
  }
  const end = new Date(Date.parse(signed) + (workloadCertificateHours * 60 + settlingMinutes) * MINUTE);
  if (end <= now) return [];
  const rule = `drops root ${root} while workloads may have certificates under it, until ${utc(end)}`;
  const remedy =
    "Wait until then; or restart all workloads, and set certificateAuthority.workloadCertificateHours to 0 for this step";
  return [fault(rule, remedy)];
}

function fault(rule: string, remedy: string): Fault {
  return { path: "certificateAuthority.rotation", rule, remedy };
}

function stepTo(phase: Phase, root: number): string {
  return `Set {root: ${root}, phase: ${phase}}, and run \`pulumi up\``;
}
