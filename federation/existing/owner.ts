import { sortedUnique } from "../core/order.ts";

/** Tool that installed an istiod, and the name under which its owner finds the settings. */
export type Owner =
  | { tool: "helm"; source: string }
  | { tool: "sail"; revision: string }
  | { tool: "istioctl" }
  | { tool: "unknown" };

/** Metadata of a Deployment by which its owner is known. */
export interface OwnedMetadata {
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  ownerReferences?: readonly { kind?: string; name?: string }[];
}

/**
 * Returns the tool that installed an istiod. The label `app.kubernetes.io/managed-by: Helm` comes last: the Sail operator and istioctl render
 * Istio's charts, so their Deployments have it too.
 */
export function parseOwner({ labels = {}, annotations = {}, ownerReferences = [] }: OwnedMetadata): Owner {
  const revision = ownerReferences.find(({ kind }) => kind === "IstioRevision")?.name;
  if (revision !== undefined || labels["managed-by"] === "sail-operator")
    return { tool: "sail", revision: revision ?? labels["istio.io/rev"] ?? "default" };
  if (labels["operator.istio.io/managed"] !== undefined) return { tool: "istioctl" };
  const [application] = (annotations["argocd.argoproj.io/tracking-id"] ?? "").split(":");
  if (application) return { tool: "helm", source: `Argo CD Application ${application}` };
  const flux = labels["helm.toolkit.fluxcd.io/name"];
  if (flux !== undefined)
    return {
      tool: "helm",
      source: `Flux HelmRelease ${labels["helm.toolkit.fluxcd.io/namespace"] ?? ""}/${flux}`,
    };
  const release = annotations["meta.helm.sh/release-name"];
  if (release !== undefined) return { tool: "helm", source: `release ${release}` };
  return labels["app.kubernetes.io/managed-by"] === "Helm"
    ? { tool: "helm", source: "" }
    : { tool: "unknown" };
}

/** An istiod whose settings are to change. */
interface Owned {
  owner: Owner;
}

/** Formats the change of istiod's environment for the tool that its owner has. */
export function setEnvironment({ owner }: Owned, variables: Readonly<Record<string, string>>): string {
  const fields = Object.entries(variables).map(([name, value]) => `env.${name}: "${value}"`);
  return `Set ${inValues(owner, fields, "spec.values.pilot.")}`;
}

/** Formats a change of the mesh config for the tool that its owner has. @param change e.g. `meshConfig.enableAutoMtls: true`. */
export function setMeshConfig(owned: Owned, change: string): string {
  return `Set ${meshConfigField(owned, change)}`;
}

/** Formats the place of a field of the mesh config for the tool that its owner has. @param field e.g. `meshConfig.trustDomainAliases`. */
export function meshConfigField({ owner }: Owned, field: string): string {
  return inValues(owner, [field], owner.tool === "istioctl" ? "spec." : "spec.values.");
}

/** Returns {@link meshConfigField} of several control planes, each place once. */
export function meshConfigFields(all: readonly Owned[], field: string): string {
  return sortedUnique(all.map((owned) => meshConfigField(owned, field))).join(" and ");
}

/** Formats the update of istiod for the tool that its owner has. */
export function updateIstio({ owner }: Owned): string {
  return owner.tool === "sail" ? `Update Istio: spec.version in ${sailResource(owner)}` : "Update Istio";
}

/** @param prefix of a chart's value in the resource of an operator. */
function inValues(owner: Owner, fields: readonly string[], prefix: string): string {
  const listed = (before: string): string => fields.map((field) => before + field).join(" and ");
  const inHelm = `${listed("")} in the Helm values of chart istiod`;
  switch (owner.tool) {
    case "helm":
      return owner.source === "" ? inHelm : `${inHelm} (${owner.source})`;
    case "sail":
      return `${listed(prefix)} in ${sailResource(owner)}`;
    case "istioctl":
      return `${listed(prefix)} in the IstioOperator file of istioctl install`;
    case "unknown":
      return `${inHelm} (the Sail operator: ${listed(prefix)} in its Istio resource)`;
  }
}

/** Formats the resource that has the values of an IstioRevision: its Istio writes the active revision alone. */
function sailResource({ revision }: { revision: string }): string {
  const [, istio] = /^(.+)-v\d+-\d+-\d+/.exec(revision) ?? [];
  return istio === undefined
    ? `the Sail operator's Istio ${revision}`
    : `the Sail operator's Istio ${istio} (in IstioRevision ${revision}, where that is not the active one)`;
}
