import { CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import type { RunningLab } from "../../lab/lab.ts";

const RESOURCE = { group: "networking.istio.io", version: "v1", plural: "destinationrules" };

/**
 * Has the sidecars of a namespace open a connection for each request to a host, so that each request is a handshake: one that is kept
 * would hide that no further one succeeds.
 *
 * @param policy what else it is to say of the host, as it stands in for any other DestinationRule. Default: nothing.
 * @returns how to end that.
 */
export async function freshConnections(
  { kubeconfig }: RunningLab,
  cluster: string,
  namespace: string,
  host: string,
  policy: object = {},
): Promise<() => Promise<void>> {
  const objects = loadContext(kubeconfig, cluster).makeApiClient(CustomObjectsApi);
  const body = {
    apiVersion: `${RESOURCE.group}/${RESOURCE.version}`,
    kind: "DestinationRule",
    metadata: { name: host, namespace },
    spec: { host, trafficPolicy: { ...policy, connectionPool: { http: { maxRequestsPerConnection: 1 } } } },
  };
  await objects.createNamespacedCustomObject({ ...RESOURCE, namespace, body });
  return async () => {
    await objects.deleteNamespacedCustomObject({ ...RESOURCE, namespace, name: host });
  };
}
