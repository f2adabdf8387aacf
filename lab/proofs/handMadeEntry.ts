import { CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { Lab } from "../lab.ts";
import { portsOf, protocolOfPort } from "../workloads/workload.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { hostOf, identityOf, type Party } from "./proof.ts";

const RESOURCE = { group: "networking.istio.io", version: "v1", plural: "serviceentries" };

/**
 * Does some work while a cluster has the entry that the program would have made, had the peer exported the service.
 * @param from in whose cluster and namespace.
 * @param gateway address of the peer's gateway, or of what is to be taken for it.
 */
export async function withHandMadeEntry<T>(
  lab: Pick<Lab, "kubeconfig">,
  from: Party,
  to: Party,
  gateway: string,
  work: () => Promise<T>,
): Promise<T> {
  const objects = loadContext(lab.kubeconfig, from.cluster).makeApiClient(CustomObjectsApi);
  const place = { ...RESOURCE, namespace: from.namespace };
  await objects.createNamespacedCustomObject({ ...place, body: handMadeEntry(from, to, gateway) });
  try {
    return await work();
  } finally {
    await objects.deleteNamespacedCustomObject({ ...place, name: hostOf(to) });
  }
}

function handMadeEntry(from: Party, to: Party, gateway: string): object {
  const name = hostOf(to);
  const ports = portsOf(to);
  const endpoint = { address: gateway, labels: { "security.istio.io/tlsMode": "istio" } };
  return {
    apiVersion: `${RESOURCE.group}/${RESOURCE.version}`,
    kind: "ServiceEntry",
    metadata: { name, namespace: from.namespace },
    spec: {
      hosts: [name],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: ports.map((port) => ({ number: port.number, name: port.name, protocol: protocolOfPort(port) })),
      subjectAltNames: [identityOf(to)],
      endpoints: [{ ...endpoint, ports: Object.fromEntries(ports.map((port) => [port.name, GATEWAY_PORT])) }],
    },
  };
}
