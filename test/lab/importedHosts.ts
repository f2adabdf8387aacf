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

/** Leads calls of an imported host elsewhere than to its peer's gateways, until the program writes the entry again. */
export async function leadTo(
  lab: Pick<RunningLab, "kubeconfig">,
  host: string,
  { address, port }: { address: string; port: number },
): Promise<void> {
  const objects = objectsOf(lab, "cluster-a");
  const entry = (await objects.getNamespacedCustomObject({ ...IMPORTS, name: host })) as {
    spec: { ports: { name: string }[]; endpoints: object[] };
  };
  const ports = Object.fromEntries(entry.spec.ports.map(({ name }) => [name, port]));
  const endpoint = { address, ports, labels: { "security.istio.io/tlsMode": "istio" } };
  const body = { ...entry, spec: { ...entry.spec, endpoints: [endpoint] } };
  await objects.replaceNamespacedCustomObject({ ...IMPORTS, name: host, body });
}
