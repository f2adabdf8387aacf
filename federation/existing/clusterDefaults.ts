import type { InstallationReading, InstalledIstio } from "./installedIstio.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { type MeshSettings, meshSettings } from "./meshSettings.ts";

/** Fields of the config's section `cluster` that an installed Istio decides. */
export interface ClusterDefaults {
  domain?: string;
  trustDomain?: string;
  network?: string;
}

/** Returns the cluster's domains and network as the first control plane has them; empty where it could not be read. */
export function clusterDefaults(reading: InstallationReading): ClusterDefaults {
  const installed = "value" in reading ? reading.value : undefined;
  const [first] = installed?.controlPlanes ?? [];
  const settings = first && meshSettings(first);
  if (installed === undefined || settings === undefined) return {};
  const { clusterDomain: domain, trustDomain } = settings;
  const network = networkOf(installed, settings);
  return network === undefined ? { domain, trustDomain } : { domain, trustDomain, network };
}

/** Returns the network of a cluster's Pods: istiod's, else that of its namespace's label; undefined where Istio has none. */
export function networkOf(
  { network: label }: Pick<InstalledIstio, "network">,
  { network }: Pick<MeshSettings, "network">,
): string | undefined {
  return network === "" ? label : network;
}

/** Returns Istio's root namespace as the first control plane has it; this program's where it could not be read. */
export function rootNamespaceOf(reading: InstallationReading): string {
  const [first] = ("value" in reading ? reading.value?.controlPlanes : undefined) ?? [];
  return (first && meshSettings(first))?.rootNamespace ?? ISTIO_NAMESPACE;
}
