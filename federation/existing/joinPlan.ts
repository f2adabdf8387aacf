import type { ExistingPlan } from "../authority/authority.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import { count, firstNames } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { LocalMesh } from "../exports/localMesh.ts";
import { istioDefault } from "../exports/mutualTls.ts";
import type { PlanContext } from "../plan.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { aliasFaults, controlPlanePlace } from "./controlPlaneFaults.ts";
import { isDiscovered } from "./discoverySelectors.ts";
import type { ExistingMesh } from "./existingMesh.ts";
import { PROXY_VARIABLES } from "./installedIstio.ts";
import { meshConfigFields } from "./owner.ts";
import { planProxies } from "./proxies.ts";
import { checkSidecarScopes } from "./sidecarScopes.ts";

/** Objects that the program declares in an existing mesh, beside the objects of exports and imports. */
export interface JoinPlan
  extends
    ExistingPlan,
    Pick<ExistingMesh, "sharedMeshConfigs" | "gatewayRevision" | "namespaceLabels" | "rootNamespace"> {
  /** Namespace of istiod. */
  istioNamespace: string;
  /** Namespaces that get a ProxyConfig, sorted. */
  proxyConfigs: readonly string[];
  /** Pods that take part after a restart, as `namespace/name`, sorted. */
  restarts: readonly string[];
}

/** Returns the mesh as exports see it; of several control planes, the strictest defaults. */
export function joinedMesh({ controlPlanes, gateway, rootNamespace }: ExistingMesh): LocalMesh {
  const all = controlPlanes.map(({ settings }) => settings.defaultServiceExportTo);
  const isPrivate = controlPlanes.every(({ settings }) =>
    settings.defaultDestinationRuleExportTo.includes("."),
  );
  return {
    gateway,
    rootNamespace,
    mutualTls: istioDefault(rootNamespace),
    // One that shows rules to all is enough for them to apply to some workloads.
    destinationRuleExportTo: isPrivate ? ["."] : ["*"],
    serviceExportTo: all.find((exportTo) => exportTo.length > 0 && !exportTo.includes("*")) ?? ["*"],
  };
}

/** Parts of the mesh that take part in the federation. */
export interface MeshUse {
  /** Namespaces of exported Services. */
  exporting: readonly string[];
  /** Namespaces that see imported services; `*` for all. */
  importing: readonly string[];
  /** Whether an EnvoyFilter for all proxies pins a peer's trust domain. */
  isFiltered: boolean;
}

/**
 * Plans what the program declares beside exports and imports.
 * @param authority the mesh's roots.
 * @param pinned trusted peers, by their names.
 */
export function planJoin(
  authority: ExistingPlan,
  mesh: ExistingMesh,
  { exporting, importing, isFiltered }: MeshUse,
  pinned: Readonly<Record<string, PinnedPeer>>,
  { findings }: Pick<PlanContext, "findings">,
): JoinPlan {
  const trustDomains = mapRecord(pinned, ({ trustDomain }) => trustDomain);
  for (const { controlPlane, settings } of mesh.controlPlanes) {
    const unseen = exporting.filter(
      (name) => !isDiscovered(settings.discoverySelectors, labelsOf(mesh, name)),
    );
    if (unseen.length > 0)
      findings.fault({
        path: controlPlanePlace(controlPlane),
        rule: `has discoverySelectors that do not match namespaces of exported Services (${firstNames(unseen)}), which istiod does not see`,
        remedy: "Give the namespaces labels that match, or remove their Services from the exports",
      });
    if (isFiltered && !isDiscovered(settings.discoverySelectors, labelsOf(mesh, mesh.rootNamespace)))
      findings.fault({
        path: controlPlanePlace(controlPlane),
        rule: `has discoverySelectors that do not match namespace ${mesh.rootNamespace}, so it does not see the EnvoyFilter there by which Deckhouse clusters without deckhouse.identities are verified: calls to them fail`,
        remedy: `Give the namespace a label that matches, or write peers.<name>.deckhouse.identities for all of their services`,
      });
    findings.fault(...aliasFaults(controlPlane, settings, trustDomains));
  }
  const named = importing.filter((name) => name !== "*" && name !== IMPORT_NAMESPACE);
  const proxies = planProxies(mesh, [...exporting, ...named]);
  findings.fault(...proxies.faults);
  if (importing.includes("*")) findings.warn(...unnamedCallers(mesh));
  const { sidecars } = mesh.installed;
  const scopes = checkSidecarScopes(sidecars ?? [], importing, mesh.rootNamespace);
  findings.fault(...scopes.faults);
  findings.warnOf(scopes.warnings, "Sidecars that hide imported services");
  if (sidecars === undefined && importing.length > 0)
    findings.warn(
      "The user may not list sidecars, so it is not checked whether they hide imported services.",
    );
  const { restarts } = proxies;
  if (restarts.length > 0)
    findings.warn(
      `${count(restarts.length)} Pod(s) have no trust anchors of peers or do not resolve their names until they are restarted: ${firstNames(restarts)}. ` +
        "Restart their workloads after this update; all are in the output `restarts`.",
    );
  const { sharedMeshConfigs, gatewayRevision: revision, namespaceLabels, rootNamespace } = mesh;
  return {
    ...authority,
    ...{ sharedMeshConfigs, gatewayRevision: revision, namespaceLabels, rootNamespace },
    istioNamespace: mesh.installed.namespace,
    proxyConfigs: proxies.namespaces,
    restarts,
  };
}

function labelsOf({ installed }: ExistingMesh, namespace: string): Readonly<Record<string, string>> {
  return ownValue(installed.namespaces, namespace) ?? {};
}

/** Warns of imports that all namespaces see, where the mesh has no defaults for all proxies. */
function unnamedCallers(mesh: ExistingMesh): string[] {
  const { namespaces } = planProxies(mesh, [ANY_NAMESPACE]);
  if (namespaces.length === 0) return [];
  const variables = PROXY_VARIABLES.map((name) => `${name}: "true"`).join(", ");
  const change = `meshConfig.defaultConfig.proxyMetadata: {${variables}}`;
  const all = mesh.controlPlanes.map(({ controlPlane }) => controlPlane);
  return [
    "Imported services are visible in all namespaces, and only those that `exportTo` names or that export get a ProxyConfig: workloads of others " +
      `cannot call them. Name the namespaces that call in peers.<name>.exportTo, or have the mesh's owner set ${meshConfigFields(all, change)}.`,
  ];
}

/** Stands for a namespace without a ProxyConfig: no namespace has such a name. */
const ANY_NAMESPACE = "*";
