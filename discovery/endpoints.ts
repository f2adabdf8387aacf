import type { KubernetesService, ServiceEndpoint } from "../federation/exports/clusterServices.ts";
import { serviceKey } from "../federation/exports/exportRule.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { ENDPOINT_SLICE, type KubernetesObject } from "../kubernetes/kinds.ts";

/** Services that one label selector names; a namespace with more of them is read whole. */
const NAMED_SERVICES = 50;

/** Label of an EndpointSlice: its Service. */
const SLICE_SERVICE_LABEL = "kubernetes.io/service-name";

/** Fields read of an EndpointSlice. */
type EndpointSliceObject = KubernetesObject & {
  endpoints?:
    | {
        addresses: string[];
        targetRef?: { kind?: string; name?: string; namespace?: string };
        conditions?: { ready?: boolean | null };
      }[]
    | null;
  ports?: { name?: string | null }[] | null;
};

/** Reads the endpoints of Services of one namespace, by `namespace/name`; empty for a Service without any. */
export async function readEndpoints(
  client: ClusterClient,
  namespace: string,
  services: readonly KubernetesService[],
): Promise<[string, ServiceEndpoint[]][]> {
  const names = services.map(({ name }) => name).sort();
  const named =
    names.length > NAMED_SERVICES ? SLICE_SERVICE_LABEL : `${SLICE_SERVICE_LABEL} in (${names.join(",")})`;
  // Istio ignores the slices of the Multi-Cluster Services API.
  const options = { namespace, labelSelector: `${named},!multicluster.kubernetes.io/service-name` };
  const slices = await client.list<EndpointSliceObject>(ENDPOINT_SLICE, options);
  const byService = Map.groupBy(slices, ({ metadata: { labels = {} } }) => labels[SLICE_SERVICE_LABEL]);
  return services.map((service) => [
    serviceKey(service),
    (byService.get(service.name) ?? []).flatMap((slice) => viewEndpoints(slice)),
  ]);
}

function viewEndpoints({
  metadata: { namespace },
  endpoints,
  ports,
}: EndpointSliceObject): ServiceEndpoint[] {
  const names = (ports ?? []).map(({ name }) => name ?? "");
  return (endpoints ?? []).flatMap(({ addresses, targetRef, conditions }) => {
    // Pods of namespaces without exports are not read, and count as none.
    const pod =
      targetRef?.kind === "Pod" ? `${targetRef.namespace ?? namespace}/${targetRef.name}` : undefined;
    const ready = conditions?.ready !== false;
    return addresses.map((address) => ({ address, pod, ready, ports: names }));
  });
}
