import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import { selects } from "./discoverySelectors.ts";
import { type ControlPlane, EXISTING_NAME, isTrue } from "./installedIstio.ts";
import type { MeshSettings } from "./meshSettings.ts";
import { meshConfigField, setEnvironment, setMeshConfig, updateIstio } from "./owner.ts";

/** Minor versions of Istio 1 that the program joins; newer ones with a warning. */
export const SUPPORTED = { oldest: 26, newest: 31 } as const;

/** Returns the place of a control plane in messages. */
export function controlPlanePlace({ namespace, name, revision }: ControlPlane): string {
  return `Deployment ${namespace}/${name} (revision ${revision})`;
}

/** Finds what keeps a control plane from taking the trust anchors of peers. */
export function trustFaults(controlPlane: ControlPlane, settings: MeshSettings): Fault[] {
  const path = controlPlanePlace(controlPlane);
  const { environment } = controlPlane;
  const missing: Record<string, string> = {};
  if (!isTrue(environment["ISTIO_MULTIROOT_MESH"])) missing["ISTIO_MULTIROOT_MESH"] = "true";
  if ((environment["SHARED_MESH_CONFIG"] ?? "") === "") missing["SHARED_MESH_CONFIG"] = EXISTING_NAME;
  const faults: Fault[] = [];
  if (Object.keys(missing).length > 0)
    faults.push({
      path,
      rule: `has no ${Object.keys(missing).join(" and no ")}, so it takes no trust anchors of peers`,
      remedy: setEnvironment(controlPlane, missing),
    });
  if (settings.caCertificates.length > 0)
    faults.push({
      path,
      rule: `has caCertificates in its own mesh config (${settings.caCertificates.length}), which replace the trust anchors of this program`,
      remedy: `${setMeshConfig(controlPlane, "meshConfig.caCertificates: []")}, and make whom they trust peers of this stack`,
    });
  return faults;
}

/** Finds settings of a mesh by which calls between clusters would fail. */
export function settingFaults(
  controlPlane: ControlPlane,
  settings: MeshSettings,
  { peers }: Pick<StackConfig, "peers">,
): Fault[] {
  const path = controlPlanePlace(controlPlane);
  const { environment } = controlPlane;
  const faults: Fault[] = [];
  const { enableAutoMtls, defaultConfig } = settings;
  if (!enableAutoMtls)
    faults.push({
      path,
      rule: "has enableAutoMtls: false, so proxies would call imported services in plaintext",
      remedy: setMeshConfig(controlPlane, "meshConfig.enableAutoMtls: true"),
    });
  const allocates = environment["PILOT_ENABLE_IP_AUTOALLOCATE"] ?? "true";
  const isAllocated = isTrue(defaultConfig.proxyMetadata["ISTIO_META_DNS_AUTO_ALLOCATE"]);
  if (Object.keys(peers).length > 0 && !isTrue(allocates) && !isAllocated)
    faults.push({
      path,
      value: allocates,
      rule: "is its PILOT_ENABLE_IP_AUTOALLOCATE, so the host names of imported services resolve to no address",
      remedy: setEnvironment(controlPlane, { PILOT_ENABLE_IP_AUTOALLOCATE: "true" }),
    });
  return faults;
}

/** Finds why the ServiceEntries in a namespace would be hidden from other namespaces. */
export function visibilityFaults(
  controlPlane: ControlPlane,
  { serviceEntryVisibility: setting }: MeshSettings,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Fault[] {
  if (setting?.applyToSidecars !== true) return [];
  const policy = setting.policies.find(({ matchingRules }) =>
    matchingRules.every(
      ({ namespaceSelector }) => namespaceSelector !== undefined && selects(namespaceSelector, labels),
    ),
  );
  const visibility = policy?.visibility ?? setting.defaultVisibility;
  if (["PUBLIC", "VISIBILITY_UNSPECIFIED"].includes(visibility)) return [];
  return [
    {
      path: controlPlanePlace(controlPlane),
      value: visibility,
      rule: `is what its serviceEntryVisibility gives ServiceEntries in namespace ${namespace}, so nobody sees imported services`,
      remedy: `Put a policy with visibility: PUBLIC for that namespace first in ${meshConfigField(controlPlane, "meshConfig.serviceEntryVisibility.policies")}`,
    },
  ];
}

/**
 * Compares what the config says of the cluster with what a control plane has.
 * @param network of the cluster's Pods; undefined where Istio has none.
 */
export function contradictions(
  controlPlane: ControlPlane,
  settings: MeshSettings,
  network: string | undefined,
  { cluster }: Pick<StackConfig, "cluster">,
): Fault[] {
  const compared = [
    ["cluster.domain", cluster.domain, settings.clusterDomain],
    ["cluster.trustDomain", cluster.trustDomain, settings.trustDomain],
    ["cluster.network", cluster.network, network ?? cluster.network],
  ] as const;
  return compared.flatMap(([path, value, found]): Fault[] => {
    if (value === found) return [];
    const rule = `is not '${found}', that of ${controlPlanePlace(controlPlane)}`;
    return [
      { path, value, rule, remedy: "Remove it, as it is read from istiod, or have the control planes agree" },
    ];
  });
}

/** Finds peers whose trust domain counts as ours by an alias: their identities would be equal to ours. */
export function aliasFaults(
  controlPlane: ControlPlane,
  { trustDomainAliases }: MeshSettings,
  trustDomains: Readonly<Record<string, string>>,
): Fault[] {
  return Object.entries(trustDomains).flatMap(([peer, trustDomain]): Fault[] =>
    trustDomainAliases.includes(trustDomain)
      ? [
          {
            path: controlPlanePlace(controlPlane),
            value: trustDomain,
            rule: `is among its trustDomainAliases and the trust domain of peer ${peer}, whose identities would count as ours`,
            remedy: `Remove it from ${meshConfigField(controlPlane, "meshConfig.trustDomainAliases")}, or the peer`,
          },
        ]
      : [],
  );
}

/** Validates a control plane's version. */
export function versionFindings(controlPlane: ControlPlane): { faults: Fault[]; warnings: string[] } {
  const path = controlPlanePlace(controlPlane);
  const { version } = controlPlane;
  const range = `1.${SUPPORTED.oldest} to 1.${SUPPORTED.newest}`;
  const [, minor] = /^v?1\.(\d+)(?:\.|-|$)/.exec(version ?? "") ?? [];
  if (minor === undefined)
    return {
      faults: [],
      warnings: [`${path}: has an image and labels without a version of Istio: supported are ${range}.`],
    };
  if (Number(minor) < SUPPORTED.oldest) {
    const rule = `is too old: supported are Istio ${range}`;
    return { faults: [{ path, value: version, rule, remedy: updateIstio(controlPlane) }], warnings: [] };
  }
  const isNewer = Number(minor) > SUPPORTED.newest;
  return {
    faults: [],
    warnings: isNewer ? [`${path}: ${version} is newer than the program was tested with: ${range}.`] : [],
  };
}

/** Whether only Gateway objects in the namespace of a Pod apply to it. */
export function scopesGateways({ environment }: ControlPlane): boolean {
  return isTrue(environment["PILOT_SCOPE_GATEWAY_TO_NAMESPACE"]);
}

/** Warns where whoever may write Gateway objects in any namespace decides what the gateways of this program serve. */
export function scopeWarnings(controlPlane: ControlPlane): string[] {
  if (scopesGateways(controlPlane)) return [];
  const remedy = setEnvironment(controlPlane, { PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "true" });
  return [
    `${controlPlanePlace(controlPlane)}: has no PILOT_SCOPE_GATEWAY_TO_NAMESPACE, so a Gateway object in any namespace can open the gateways of this program. ${remedy}, where each Gateway object is in the namespace of its Pods.`,
  ];
}
