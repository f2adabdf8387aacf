import type { AuthorityKind } from "../config/certificateAuthority.ts";
import { isOutsideState } from "../core/installation.ts";
import { revisionsOf } from "../core/revision.ts";
import { utc } from "../core/text.ts";
import { AUTHORITY_SECRET, ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import type { LastRun } from "../lastRun.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";
import { peerTrustStates } from "../trust/pinnedPeer.ts";
import { istiodNames } from "./istiodHosts.ts";
import { validateMeshRoot } from "./meshRoot.ts";
import { type ProvidedAuthority, validateProvided } from "./provided.ts";
import { FIRST_ROOT, type RotationPlan, rolesOf, withEvidence } from "./rotation.ts";
import { type IstiodTrust, describeRotation, validateStep } from "./rotationStep.ts";
import { type LastAuthority, type SharedAuthority, decideShared } from "./shared.ts";

/** Plan of a cluster's certificate authority. */
export type AuthorityPlan = InstalledAuthority | ExistingPlan;

/** Plan of an authority that this program gives to istiod. */
export type InstalledAuthority = OwnPlan | ProvidedPlan | SharedPlan;

/** Fields of the plans of all sources. */
interface CommonPlan {
  /** Roots from outside that peers may have too, PEM; empty for roots of this stack's own. */
  roots: readonly string[];
  /** Intermediates from outside, PEM. */
  intermediates: readonly string[];
  /** Whether a peer's root is trusted without a constraint: one that is this cluster's root too, or another one. */
  unconstrained: { sameRoot: boolean; otherRoot: boolean };
}

export interface OwnPlan extends CommonPlan {
  source: "own";
  rotation: RotationPlan;
}

export interface ProvidedPlan extends CommonPlan {
  source: "provided";
  authority: ProvidedAuthority;
}

export interface SharedPlan extends CommonPlan {
  source: "shared";
  authority: SharedAuthority;
}

/** The authority of a mesh that was there before: its roots. */
export interface ExistingPlan extends CommonPlan {
  source: "existing";
  /** Root of the mesh that signs trust anchors; undefined for a federation root of this program's own. */
  issuer: ProvidedAuthority["issuer"];
}

/** Plan of a cluster that waits for its certificate: a key and a signing request. */
export interface AwaitedCertificate {
  source: "awaited";
  /** Number of the intermediate's key. */
  intermediate: number;
}

/** Plan of a root of the cluster's own, whose key constrains every peer. */
export function ownPlan(rotation: RotationPlan): OwnPlan {
  const unconstrained = { sameRoot: false, otherRoot: false };
  return { source: "own", rotation, roots: [], intermediates: [], unconstrained };
}

/** Plan of certificates from outside. */
export function providedPlan(authority: ProvidedAuthority): ProvidedPlan {
  const { certificate, chain, roots, issuer } = authority;
  return {
    source: "provided",
    authority,
    roots,
    intermediates: [certificate, ...chain],
    unconstrained: { sameRoot: true, otherRoot: issuer === undefined },
  };
}

/** Plan of a certificate under a shared root, whose stack constrains the clusters under it. */
export function sharedPlan(authority: SharedAuthority): SharedPlan {
  const { certificate, rootCertificates, former } = authority;
  return {
    source: "shared",
    authority,
    // One of two peers that move to another root is the first.
    roots: [...rootCertificates, ...(former?.rootCertificates ?? [])],
    intermediates: [certificate],
    unconstrained: { sameRoot: false, otherRoot: true },
  };
}

/** Plan of the authority of an existing mesh, which may have a peer's root too. */
export function existingPlan(roots: readonly string[], issuer: ExistingPlan["issuer"]): ExistingPlan {
  const unconstrained = { sameRoot: true, otherRoot: false };
  return { source: "existing", roots, intermediates: [], unconstrained, issuer };
}

/** Plans the certificate authority of a cluster. @returns undefined when there are faults. */
type AuthoritySource = (context: PlanContext) => AuthorityPlan | AwaitedCertificate | undefined;

const SOURCES: Readonly<Record<AuthorityKind, AuthoritySource>> = {
  own: planOwn,
  provided: planProvided,
  shared: planShared,
};

/** Plans the certificate authority by the source in the config. */
export const planAuthority: AuthoritySource = (context) =>
  SOURCES[context.config.certificateAuthority.source](context);

/** Moves this stack's roots to the phase that the config asks for, where that is safe for peers and workloads. */
function planOwn({
  config,
  snapshot: { cluster, now },
  lastRun: { rotation: recorded, pinned },
  peers,
  findings,
}: PlanContext): AuthorityPlan | undefined {
  const {
    rotation: wanted = FIRST_ROOT,
    workloadCertificateHours,
    settlingMinutes,
  } = config.certificateAuthority;
  const time = utc(now);
  const isStep = recorded?.root !== wanted.root || recorded.phase !== wanted.phase;
  if (recorded !== undefined && !isStep && wanted.phase === "drop") {
    return ownPlan({ wanted, last: recorded, now: time });
  }
  const known = recorded === undefined ? undefined : required(cluster.istiod, findings);
  if (recorded !== undefined && known === undefined && !("unreachable" in cluster.istiod)) return undefined;
  const istiod = known ?? UNKNOWN;
  const context = {
    peers: peerTrustStates(peers, config, pinned),
    istiod,
    workloadCertificateHours,
    settlingMinutes,
    now,
  };
  const last = recorded && withEvidence(recorded, istiod, time);
  const faults = validateStep(last, wanted, context);
  findings.fault(...faults);
  if (faults.length > 0) return undefined;
  if (last !== undefined) {
    const note = isStep
      ? `Root ${wanted.root} changes to phase '${wanted.phase}' (the last update: root ${last.root}, phase '${last.phase}')`
      : describeRotation(last, context);
    if (note !== undefined) findings.note(note);
  }
  return ownPlan({ wanted, last, now: time });
}

/** State of a cluster that is unreachable, or has no istiod. */
const UNKNOWN: IstiodTrust = { isInstalled: false, roots: undefined, signer: undefined, signedUntil: {} };

function planProvided({
  config: { cluster, istio },
  snapshot: { provided, now },
  findings,
}: PlanContext): AuthorityPlan | undefined {
  const pems = provided && required(provided, findings);
  if (pems === undefined) return undefined;
  const names = { trustDomain: cluster.trustDomain, hosts: istiodNames(revisionsOf(istio)) };
  const validated = validateProvided(pems, names, now);
  if ("faults" in validated) {
    findings.fault(...validated.faults);
    return undefined;
  }
  findings.note(...validated.notes);
  return providedPlan(validated.authority);
}

/**
 * Plans the authority of an existing mesh.
 * @param roots of the mesh.
 */
export function planExisting(
  {
    config: { cluster, certificateAuthority },
    snapshot: { provided, now },
    findings,
  }: Pick<PlanContext, "config" | "snapshot" | "findings">,
  roots: readonly string[],
): ExistingPlan | undefined {
  if (certificateAuthority.source !== "provided") return existingPlan(roots, undefined);
  const pems = provided && required(provided, findings);
  if (pems === undefined) return undefined;
  const validated = validateMeshRoot(pems, roots, cluster.trustDomain, now);
  if ("faults" in validated) {
    findings.fault(...validated.faults);
    return undefined;
  }
  return existingPlan(roots, validated.issuer);
}

function planShared({
  config,
  snapshot: { sharedRoot, cluster, now },
  lastRun,
  findings,
}: PlanContext): AuthorityPlan | AwaitedCertificate | undefined {
  const reading = sharedRoot && required(sharedRoot, findings);
  if (reading === undefined) return undefined;
  const decided = findings.attempt(() => decideShared(config, reading, lastAuthority(lastRun), now));
  if (decided === undefined) return undefined;
  const { authority, warnings, notes } = decided;
  findings.warn(...warnings);
  findings.note(...notes);
  if ("waiting" in authority) {
    // A first update that failed late leaves no outputs, and an Istio that declaring so little would remove; a lost state removes nothing.
    const secret = { kind: "Secret", namespace: ISTIO_NAMESPACE, name: AUTHORITY_SECRET };
    const { existing } = cluster;
    const isKept = "value" in existing && isOutsideState(existing.value, secret);
    if (required(cluster.istiod, findings)?.isInstalled === true && !isKept) {
      findings.fault({
        path: "certificateAuthority.shared.stack",
        rule: `has no certificate for this cluster, whose Istio is installed (Secret ${ISTIO_NAMESPACE}/${AUTHORITY_SECRET}) and would be removed. ${authority.waiting}`,
        remedy: "Run `pulumi up` when that stack can be read again; to remove Istio, run `pulumi destroy`",
      });
    }
    return { source: "awaited", intermediate: authority.intermediate };
  }
  return sharedPlan(authority);
}

function lastAuthority({ certificateRequest, issued, contract, rotation }: LastRun): LastAuthority {
  return {
    request: certificateRequest,
    issued,
    isRunning: contract !== undefined,
    roots: contract?.rootCertificates ?? [],
    // A cluster with roots of its own counts intermediates by the root that signed them.
    intermediate: issued?.intermediate ?? (rotation === undefined ? 1 : rolesOf(rotation).signing),
  };
}
