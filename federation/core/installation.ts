import type { Fault } from "./fault.ts";
import { ownerOf } from "./hostConflict.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "./labels.ts";
import { count, firstNames } from "./text.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, IMPORT_NAMESPACE, ISTIO_NAMESPACE } from "./wellKnown.ts";

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
  { kind: "PeerAuthentication", namespace: ISTIO_NAMESPACE, name: "default" },
  { kind: "Gateway", namespace: GATEWAY_NAMESPACE, name: GATEWAY_NAME },
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

/**
 * Finds the objects that the API server would refuse to create: those of an installation of this program whose state was lost, and those of
 * others.
 * @param context of the kubeconfig, as the config names it.
 */
export function existingObjectFindings(
  { found, inState, takesOver }: ExistingObjects,
  context: string,
): { faults: Fault[]; warnings: string[] } {
  if (inState === undefined) return { faults: [], warnings: [] };
  const known = new Set(inState.map(formatPlace));
  const unknown = found.filter((object) => !known.has(formatPlace(object)));
  const [ours, others] = [true, false].map((wanted) => unknown.filter((object) => isOurs(object) === wanted));
  const faults = (others ?? []).map(foreignObject);
  const names = (ours ?? []).map(formatPlace);
  if (names.length === 0) return { faults, warnings: [] };
  const objects = `${count(names.length)} object(s) of an installation of this program that the stack's state does not have (${firstNames(names)})`;
  if (takesOver)
    return {
      faults,
      warnings: [
        `This update takes over ${objects}: run \`pulumi up\` once more without ${TAKE_OVER_VARIABLE}`,
      ],
    };
  const rule = `names a cluster with ${objects}, so the API server would refuse to create them: the state was lost, or an update was killed`;
  const remedy =
    `Restore the state by \`pulumi stack import --file <an export of it>\`, or take the objects over by \`${TAKE_OVER_VARIABLE}=true pulumi up\` ` +
    '(docs/runbooks.md, "The state is lost")';
  return { faults: [...faults, { path: "kubeconfig.context", value: context, rule, remedy }], warnings: [] };
}

/** Returns the fault of an object of somebody else with the name of one of ours; its labels may be unknown. */
export function foreignObject(object: ObjectPlace & Partial<FoundObject>): Fault {
  const { labels } = object;
  const owner = labels === undefined ? "and is somebody else's" : ownerOf({ labels });
  const rule = `is there already, ${owner}, so the API server would refuse to create ours of that name`;
  const kind = object.kind.toLowerCase();
  const place = object.namespace === undefined ? object.name : `${object.name} -n ${object.namespace}`;
  const remedy =
    `Have its owner remove it, or use a cluster without it; if it may become this program's: ` +
    `\`kubectl label ${kind} ${place} ${MANAGED_BY_LABEL}=${MANAGED_BY} --overwrite\`, and ${TAKE_OVER_VARIABLE}=true for one update`;
  return { path: "", value: formatPlace(object), rule, remedy };
}

function isOurs({ labels }: FoundObject): boolean {
  return labels[MANAGED_BY_LABEL] === MANAGED_BY;
}

function formatPlace({ kind, namespace, name }: ObjectPlace): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
