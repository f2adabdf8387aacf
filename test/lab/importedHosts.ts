import { CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import type { RunningLab } from "../../lab/lab.ts";

/** The API of ServiceEntries in the namespace of the imports. */
export const IMPORTS = {
  group: "networking.istio.io",
  version: "v1",
  plural: "serviceentries",
  namespace: "istio-federation",
};

/** A client for objects of a cluster of the lab. */
export function objectsOf(lab: Pick<RunningLab, "kubeconfig">, context: string): CustomObjectsApi {
  return loadContext(lab.kubeconfig, context).makeApiClient(CustomObjectsApi);
}

/** Names of the ServiceEntries that the program keeps in a cluster, sorted. */
export async function importedHosts(lab: Pick<RunningLab, "kubeconfig">, context: string): Promise<string[]> {
  const list = (await objectsOf(lab, context).listNamespacedCustomObject(IMPORTS)) as {
    items: { metadata: { name: string } }[];
  };
  return list.items.map(({ metadata }) => metadata.name).sort();
}
