import type { Fault } from "./fault.ts";
import { ownerOf } from "./hostConflict.ts";
import { CLUSTER_LABEL, MANAGED_BY, MANAGED_BY_LABEL, NETWORK_LABEL } from "./labels.ts";
import { count, firstNames } from "./text.ts";
import {
  AUTHORITY_SECRET,
  GATEWAY_NAME,
  GATEWAY_NAMESPACE,
  IMPORT_NAMESPACE,
  ISTIO_NAMESPACE,
  PUBLISH_GATEWAY,
  PUBLISH_NAMESPACE,
} from "./wellKnown.ts";

/** Place of a Kubernetes object. */
export interface ObjectPlace {
  kind: string;
  /** Undefined for a kind without namespaces. */
  namespace: string | undefined;
  name: string;
}

/** An object in the cluster. */
export interface FoundObject extends ObjectPlace {
  labels: Record<string, string>;
}

/** Objects with fixed names that the first update creates: the namespaces, and what others may put into these. */
export const FIRST_OBJECTS = [
  { kind: "Namespace", namespace: undefined, name: ISTIO_NAMESPACE },
  { kind: "Namespace", namespace: undefined, name: GATEWAY_NAMESPACE },
  { kind: "Namespace", namespace: undefined, name: IMPORT_NAMESPACE },
  { kind: "Secret", namespace: ISTIO_NAMESPACE, name: AUTHORITY_SECRET },
  { kind: "PeerAuthentication", namespace: ISTIO_NAMESPACE, name: "default" },
  { kind: "Service", namespace: GATEWAY_NAMESPACE, name: GATEWAY_NAME },
  { kind: "Gateway", namespace: GATEWAY_NAMESPACE, name: GATEWAY_NAME },
] as const satisfies readonly ObjectPlace[];

/** Objects with fixed names that an update creates which serves the contract for the first time. */
export const PUBLISH_OBJECTS = [
  { kind: "Namespace", namespace: undefined, name: PUBLISH_NAMESPACE },
  { kind: "Service", namespace: PUBLISH_NAMESPACE, name: PUBLISH_GATEWAY },
  { kind: "Gateway", namespace: PUBLISH_NAMESPACE, name: PUBLISH_GATEWAY },
  { kind: "VirtualService", namespace: PUBLISH_NAMESPACE, name: "contract" },
] as const satisfies readonly ObjectPlace[];

/** Objects that an update would create and that are there already. */
export interface ExistingObjects {
  found: readonly FoundObject[];
  /** Objects in the stack's state; undefined when the state cannot be read. */
  inState: readonly ObjectPlace[] | undefined;
  /** Whether the Kubernetes provider takes over objects that exist (`PULUMI_K8S_UPSERT_EXISTING_OBJECTS`). */
  takesOver: boolean;
}

/** Variable by which Pulumi's Kubernetes provider takes over objects instead of refusing to create them. */
export const TAKE_OVER_VARIABLE = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS";

/** Stack whose cluster is compared with the objects. */
export interface StackIdentity {
  cluster: { name: string; network: string };
  kubeconfig: { context: string };
}

/**
 * Finds the objects that the API server would refuse to create: those of an installation of this program, whose state was lost or which is
 * another stack's, and those of others.
 */
export function existingObjectFindings(
  { found, inState, takesOver }: ExistingObjects,
  { cluster, kubeconfig: { context } }: StackIdentity,
): { faults: Fault[]; warnings: string[] } {
  if (inState === undefined) return { faults: [], warnings: [] };
  const known = new Set(inState.map(formatPlace));
  const unknown = found.filter((object) => !known.has(formatPlace(object)));
  const faults = unknown.filter((object) => !isOurs(object)).map(foreignObject);
  const ours = unknown.filter(isOurs);
  if (ours.length === 0) return { faults, warnings: [] };
  const objects = `${count(ours.length)} object(s) of an installation of this program that the stack's state does not have (${firstNames(ours.map(formatPlace))})`;
  const wrongContext = (rule: string, remedy: string): Fault => ({
    path: "kubeconfig.context",
    value: context,
    rule: `names a cluster with ${objects}${rule}`,
    remedy,
  });
  const difference = ours.map((object) => differenceTo(object, cluster)).find((each) => each !== undefined);
  if (difference !== undefined) {
    const rule = `. It seems to be another stack's cluster: ${difference}`;
    return { faults: [...faults, wrongContext(rule, "Name this stack's context")], warnings: [] };
  }
  if (takesOver) {
    const warning = `This update takes over ${objects}: run \`pulumi up\` once more without ${TAKE_OVER_VARIABLE}`;
    return { faults, warnings: [warning] };
  }
  const rule =
    ", so the API server would refuse to create them: the context is another stack's, the state was lost, or an update was killed";
  const remedy =
    `Name this stack's context if '${context}' is another cluster. If it is this stack's, restore the state by ` +
    `\`pulumi stack import --file <an export of it>\`, or take the objects over by \`${TAKE_OVER_VARIABLE}=true pulumi up\` ` +
    '(docs/runbooks.md, "The state is lost")';
  return { faults: [...faults, wrongContext(rule, remedy)], warnings: [] };
}

/** Whether an object is in the cluster, and the stack's state is known not to have it: no update can remove it. */
export function isOutsideState({ found, inState }: ExistingObjects, place: ObjectPlace): boolean {
  const isPlace = (other: ObjectPlace): boolean => formatPlace(other) === formatPlace(place);
  return inState !== undefined && found.some(isPlace) && !inState.some(isPlace);
}

/** Returns the label by which an object is another cluster's; undefined without a difference. */
function differenceTo(object: FoundObject, { name, network }: StackIdentity["cluster"]): string | undefined {
  const { labels } = object;
  const expected: Record<string, string> = { [CLUSTER_LABEL]: name, [NETWORK_LABEL]: network };
  const key = Object.keys(expected).find(
    (each) => labels[each] !== undefined && labels[each] !== expected[each],
  );
  if (key === undefined) return undefined;
  return `${formatPlace(object)} is labelled ${key}=${labels[key]}, and this stack's is ${expected[key]}`;
}

/** Returns the fault of an object of somebody else with the name of one of ours; its labels may be unknown. */
export function foreignObject(object: ObjectPlace & Partial<FoundObject>): Fault {
  const { labels } = object;
  const owner = labels === undefined ? "and is somebody else's" : ownerOf({ labels });
  const rule = `is there already, ${owner}, so the API server would refuse to create ours of that name`;
  const remedy = `${removal(object)}; ${TAKE_OVER_VARIABLE} would overwrite it`;
  return { path: "", value: formatPlace(object), rule, remedy };
}

/** Formats how an object of somebody else is removed. */
function removal({ kind, namespace, name }: ObjectPlace): string {
  // Deletes what others have in it too.
  if (kind === "Namespace") return "Have its owner remove it, or use a cluster without it";
  const command = `\`kubectl delete ${kind.toLowerCase()} ${name}${namespace === undefined ? "" : ` -n ${namespace}`}\``;
  if (kind !== "Secret") return `Have its owner remove it (${command})`;
  return `Have its owner save it, as its key is lost otherwise, and remove it (${command}); to keep that authority, give it as certificateAuthority.provided`;
}

function isOurs({ labels }: FoundObject): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGED_BY;
}

/** Formats the place of an object: `Service istio-system/istiod`. */
export function formatPlace({ kind, namespace, name }: ObjectPlace): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
