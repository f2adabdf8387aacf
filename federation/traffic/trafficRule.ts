import type { KubernetesService, Workload } from "../exports/clusterServices.ts";
import type { ServerSecret } from "../publish/serverCertificate.ts";
import type { Hosts } from "./hosts.ts";
import type { Specs } from "./specs.ts";
import { TRAFFIC_KINDS, type TrafficObject, isIstio, objectKey } from "./trafficObject.ts";

/** A part of the cluster that a rule looks at, and that may be unreadable. */
export type Need = "services" | "secrets" | "foreign";

/** Everything that rules look at: the cluster as it will be after this update. */
export interface TrafficContext {
  /** Valid objects of the stack, sorted. Objects with a fault in their schema are left out: more faults would follow from it. */
  objects: readonly TrafficObject[];
  /** Valid objects as their files have them: {@link objects} have ignored fields as they are in the cluster. */
  written: readonly TrafficObject[];
  /** Identities of all objects of the stack, faulty ones too, as {@link objectKey} formats them: see {@link hasFaulty}. */
  declared: ReadonlySet<string>;
  /** Traffic objects of others; empty where they cannot be read. */
  foreign: readonly TrafficObject[];
  hosts: Hosts;
  /** Services, with those that this update installs; empty where they cannot be read. */
  services: readonly KubernetesService[];
  /** Pods and WorkloadEntries, with those of gateways that this update installs; empty where they cannot be read. */
  workloads: readonly Workload[];
  /** Labels of the namespaces, by name. */
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** TLS Secrets by `namespace/name`; undefined for one that is not there. */
  secrets: Readonly<Record<string, ServerSecret | undefined>>;
  mesh: {
    clusterDomain: string;
    trustDomain: string;
    /** Those of peers that are trusted, sorted. */
    peerTrustDomains: readonly string[];
    rootNamespace: string;
    /** Namespaces that this update makes, beside those with fixed names. */
    ownNamespaces: readonly string[];
  };
  /** Labels of the east-west gateway's Pods. */
  eastWestSelector: Readonly<Record<string, string>>;
  /** Days before the end of a certificate from which on there is a warning. */
  expiryWarningDays: number;
  now: Date;
}

/** Something wrong with an object. */
export interface TrafficFinding {
  level: "fault" | "warning";
  object: TrafficObject;
  /** Path within the object: `spec.http[0].route[1].weight`; "" for all of it. */
  path: string;
  value?: unknown;
  /** Completes "<value> ...". */
  rule: string;
  /** In the imperative, without a full stop. */
  remedy: string;
}

/** One thing that is validated about traffic objects. */
export interface TrafficRule {
  /** Istio's code (`IST0101`) where its analyzer has the same check, else a name; owners suppress findings by it. */
  readonly code: string;
  /** Completes "so it is not checked whether ...", where a need cannot be read. */
  readonly checks: string;
  readonly needs: readonly Need[];
  readonly find: (context: TrafficContext) => TrafficFinding[];
}

/** Whether some object of one of Istio's kinds was left out for its faults: what refers to it is no mistake of its own. */
export function hasFaulty(
  { declared, objects }: Pick<TrafficContext, "declared" | "objects">,
  kind: keyof Specs,
): boolean {
  const valid = new Set(objects.map(objectKey));
  return TRAFFIC_KINDS.filter((each) => each.kind === kind && isIstio(each)).some(({ group }) =>
    [...declared].some((key) => key.startsWith(`${group}/${kind}/`) && !valid.has(key)),
  );
}

/** Returns the objects of one of Istio's kinds with their specs. */
export function ofKind<K extends keyof Specs>(
  objects: readonly TrafficObject[],
  kind: K,
): { object: TrafficObject; spec: Specs[K] }[] {
  return objects
    .filter((object) => object.kind === kind && isIstio(object))
    .map((object) => ({ object, spec: object.spec }));
}
