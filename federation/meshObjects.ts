import type { ForeignPolicy } from "./access/foreignPolicies.ts";
import { mapRecord, withoutUndefined } from "./core/order.ts";
import type { Created, MutualTlsMode, PeerAuthentication } from "./exports/clusterServices.ts";
import type { FoundDestinationRule } from "./exports/destinationRules.ts";
import type { Reading, Snapshot } from "./snapshot.ts";
import type { DestinationRuleSpec } from "./traffic/specs.ts";
import type { TrafficObject } from "./traffic/trafficObject.ts";

/** An object as the API server has it. */
interface NamedObject {
  metadata: {
    namespace?: string;
    name: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/**
 * Adds the stack's own policies, PeerAuthentications and DestinationRules to those that were read: calls of peers are subject to them as to
 * those of others.
 */
export function withTrafficObjects(snapshot: Snapshot): Snapshot {
  const { cluster, traffic } = snapshot;
  const objects = traffic !== undefined && "value" in traffic.declared ? traffic.declared.value.objects : [];
  if (objects.length === 0) return snapshot;
  const ofKind = <T extends NamedObject>(kind: string): T[] =>
    objects.filter((object) => object.kind === kind).map((object) => asDeclared(object) as unknown as T);
  return {
    ...snapshot,
    cluster: {
      ...cluster,
      authorizationPolicies: extended(
        cluster.authorizationPolicies,
        ofKind<PolicyObject>("AuthorizationPolicy").flatMap(viewForeignPolicy),
      ),
      peerAuthentications: extended(
        cluster.peerAuthentications,
        ofKind<PeerAuthenticationObject>("PeerAuthentication").map(viewPeerAuthentication),
      ),
      destinationRules: extended(
        cluster.destinationRules,
        ofKind<DestinationRuleObject>("DestinationRule").map(viewDestinationRule),
      ),
    },
  };
}

/** Whatever was created later: Istio takes the oldest of several. */
const LATEST = "9999";

function asDeclared({ namespace, name, labels, annotations, spec }: TrafficObject) {
  return { metadata: { namespace, name, labels, annotations, creationTimestamp: LATEST }, spec };
}

/** A reading with the stack's objects, which take the places of those of the same names. */
function extended<T extends { namespace: string; name: string }>(
  reading: Reading<readonly T[]>,
  declared: readonly T[],
): Reading<T[]> {
  if (!("value" in reading)) return reading;
  const isDeclared = (one: T): boolean =>
    declared.some(({ namespace, name }) => namespace === one.namespace && name === one.name);
  return { value: [...reading.value.filter((each) => !isDeclared(each)), ...declared] };
}

interface ModeObject {
  mode?: MutualTlsMode | "UNSET";
}

/** Fields read of Istio's PeerAuthentication. */
export interface PeerAuthenticationObject extends NamedObject {
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    mtls?: ModeObject;
    portLevelMtls?: Record<string, ModeObject>;
  };
}

/** Fields read of Istio's DestinationRule. */
export interface DestinationRuleObject extends NamedObject {
  spec?: DestinationRuleSpec;
}

/** Returns what exports and imports depend on of an object of the cluster. */
export function viewPeerAuthentication({ metadata, spec }: PeerAuthenticationObject): PeerAuthentication {
  return {
    ...created(metadata),
    selector: spec?.selector?.matchLabels ?? {},
    mode: modeIn(spec?.mtls),
    ports: mapRecord(spec?.portLevelMtls ?? {}, (mtls) => ({ mode: modeIn(mtls) })),
  };
}

function modeIn({ mode = "UNSET" }: ModeObject = {}): MutualTlsMode | undefined {
  return mode === "UNSET" ? undefined : mode;
}

/** Returns what exports and imports depend on of an object of the cluster. */
export function viewDestinationRule({ metadata, spec = {} }: DestinationRuleObject): FoundDestinationRule {
  const { host, exportTo, workloadSelector, trafficPolicy } = spec;
  return {
    ...created(metadata),
    labels: metadata.labels ?? {},
    spec: withoutUndefined({ host, exportTo, workloadSelector, trafficPolicy }),
  };
}

function created({ namespace = "", name, creationTimestamp = "" }: NamedObject["metadata"]): Created {
  return { namespace, name, created: creationTimestamp };
}

/** Annotation of a policy that no workload enforces. */
const DRY_RUN_ANNOTATION = "istio.io/dry-run";

/** Texts that Go parses as true (`strconv.ParseBool`). */
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];

/** Fields read of Istio's AuthorizationPolicy. */
export interface PolicyObject extends NamedObject {
  spec?: {
    action?: string;
    selector?: { matchLabels?: Record<string, string> };
    targetRef?: unknown;
    targetRefs?: unknown[];
  };
}

/** Returns what exports depend on of a policy; empty for one of gateways and waypoints (`targetRefs`), a dry run or an audit. */
export function viewForeignPolicy({ metadata, spec = {} }: PolicyObject): ForeignPolicy[] {
  const { action = "ALLOW", selector, targetRef, targetRefs = [] } = spec;
  const isOfGateways = targetRef !== undefined || targetRefs.length > 0;
  const isDryRun = TRUE.includes(metadata.annotations?.[DRY_RUN_ANNOTATION] ?? "");
  if (isOfGateways || isDryRun || !isEnforced(action)) return [];
  const { namespace = "", name } = metadata;
  return [{ namespace, name, action, selector: selector?.matchLabels ?? {} }];
}

function isEnforced(action: string): action is ForeignPolicy["action"] {
  return action === "ALLOW" || action === "CUSTOM" || action === "DENY";
}
