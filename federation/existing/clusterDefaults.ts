import type { InstallationReading } from "./installedIstio.ts";
import { meshSettings } from "./meshSettings.ts";

/** Fields of the config's section `cluster` that an installed Istio decides. */
export interface ClusterDefaults {
  domain?: string;
  trustDomain?: string;
  network?: string;
}

/** Returns the cluster's domains and network as the first control plane has them; empty where it could not be read. */
export function clusterDefaults(reading: InstallationReading): ClusterDefaults {
  const [first] = ("value" in reading ? reading.value : undefined)?.controlPlanes ?? [];
  const settings = first && meshSettings(first);
  if (settings === undefined) return {};
  const { clusterDomain: domain, trustDomain, network } = settings;
  return network === "" ? { domain, trustDomain } : { domain, trustDomain, network };
}
