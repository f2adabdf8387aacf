import type { Fault } from "../core/fault.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../core/labels.ts";
import { controlPlanePlace } from "./controlPlaneFaults.ts";
import { isDiscovered } from "./discoverySelectors.ts";
import type { InstalledIstio } from "./installedIstio.ts";
import { meshConfigFields, setMeshConfig } from "./owner.ts";
import type { ExistingMesh } from "./existingMesh.ts";

/** Section of the config that joins an Istio that is there. */
export const EXISTING_PATH = "istio.existing";

/** Control planes that a cloud runs, by their revisions, and why none of them can be joined. */
const MANAGED = [
  {
    // Cloud Service Mesh.
    revision: /^asm-managed/,
    rule: "Google's managed control plane, which takes no trust anchors of others",
  },
  {
    // The Istio add-on; Google's revisions in a cluster are asm-1234-5.
    revision: /^asm-1-\d+$/,
    rule: "the Istio add-on of AKS, which supports no other clusters: AKS resets istiod's environment (ISTIO_MULTIROOT_MESH) and denies ProxyConfigs",
  },
] as const;

/** Finds a control plane that a cloud runs: among the found ones, or by its webhook where there is no other. */
export function managedFaults({ controlPlanes, injectors }: InstalledIstio): Fault[] {
  const revisions = (controlPlanes.length > 0 ? controlPlanes : injectors).map(({ revision }) => revision);
  return MANAGED.flatMap(({ revision, rule }): Fault[] => {
    const found = revisions.find((name) => revision.test(name));
    const remedy = "Use a cluster with an istiod of its own";
    return found === undefined ? [] : [{ path: EXISTING_PATH, value: found, rule: `is ${rule}`, remedy }];
  });
}

/** Finds that no istiod is there. */
export function absenceFaults({ namespace, controlPlanes }: InstalledIstio): Fault[] {
  if (controlPlanes.length > 0) return [];
  const rule = `finds no istiod: no Deployment with label app: istiod and replicas in namespace ${namespace}`;
  const remedy = `Write ${EXISTING_PATH}.namespace, the namespace of istiod; or remove ${EXISTING_PATH}, so that this program installs Istio`;
  return [{ path: EXISTING_PATH, rule, remedy }];
}

/** Finds control planes with another root namespace than the first: each would ignore objects in that of the others. */
export function rootNamespaceFaults(controlPlanes: ExistingMesh["controlPlanes"]): Fault[] {
  const [first, ...others] = controlPlanes;
  return others.flatMap(({ controlPlane, settings: { rootNamespace: value } }): Fault[] => {
    const expected = first?.settings.rootNamespace;
    if (first === undefined || value === expected) return [];
    const rule = `is its root namespace, and '${expected}' that of ${controlPlanePlace(first.controlPlane)}`;
    const remedy = setMeshConfig(controlPlane, `meshConfig.rootNamespace: ${expected}`);
    return [{ path: controlPlanePlace(controlPlane), value, rule, remedy }];
  });
}

/** Finds ConfigMaps of others that are to get the trust anchors. */
export function sharedFaults({ namespace, controlPlanes, sharedMeshConfigs }: InstalledIstio): Fault[] {
  return Object.entries(sharedMeshConfigs).flatMap(([name, found]): Fault[] => {
    if (found === undefined || found.labels[MANAGED_BY_LABEL] === MANAGED_BY) return [];
    const readers = controlPlanes.filter(({ environment }) => environment["SHARED_MESH_CONFIG"] === name);
    const place = meshConfigFields(readers, "meshConfig");
    return [
      {
        path: `ConfigMap ${namespace}/${name}`,
        rule: "is what SHARED_MESH_CONFIG names and is somebody else's, so the program cannot put its trust anchors there",
        remedy: `Move its settings to ${place} and delete it, or have SHARED_MESH_CONFIG name another one`,
      },
    ];
  });
}

/** Returns the fault of a namespace that some istiod does not see, whatever its labels. */
export function unseenNamespace(name: string, controlPlanes: ExistingMesh["controlPlanes"]): Fault {
  const selecting = controlPlanes
    .filter(({ settings }) => !isDiscovered(settings.discoverySelectors, {}))
    .map(({ controlPlane }) => controlPlane);
  const places = selecting.map(controlPlanePlace);
  const place = meshConfigFields(selecting, "meshConfig.discoverySelectors");
  return {
    path: places.join(", "),
    rule: `has/have discoverySelectors that no labels of namespace ${name} match together`,
    remedy: `Add a selector for that namespace, {matchLabels: {kubernetes.io/metadata.name: ${name}}}, to ${place}`,
  };
}
