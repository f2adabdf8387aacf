import { type GatewayAddress, canonicalAddress, formatGateway } from "../federation/core/address.ts";
import { type ServicePorts, portTo } from "../federation/core/gatewayPlace.ts";
import { compare } from "../federation/core/order.ts";
import type { ClusterClient } from "./client.ts";
import { type GatewayPod, type IpFamily, type NodeObject, nodeAddresses } from "./gatewayNodes.ts";
import { type KubernetesObject, NODE, POD, SERVICE } from "./kinds.ts";

/** Service of a gateway. */
export interface GatewayService {
  namespace: string;
  service: string;
  /** Port of the Pods that peers call through the Service. */
  port: number;
}

/** Fields of a Service that are read here. */
type ServiceObject = KubernetesObject & {
  spec?: {
    type?: string;
    ports?: (ServicePorts[number] & { nodePort?: number })[];
    externalIPs?: string[];
    selector?: Record<string, string>;
    ipFamilies?: IpFamily[];
    externalTrafficPolicy?: string;
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
};

/** Addresses of a gateway, or what is missing until it has one. */
export type GatewayStatus = { addresses: GatewayAddress[] } | { missing: string };

/**
 * Reads the addresses at which a Service is reached from outside: its load balancer's, the nodes' with type NodePort, else its external IPs.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function readGatewayStatus(
  client: ClusterClient,
  gateway: GatewayService,
): Promise<GatewayStatus> {
  const { namespace, service, port } = gateway;
  const name = `Service ${namespace}/${service}`;
  const found = await client.get<ServiceObject>(SERVICE, namespace, service);
  if (found === undefined) return { missing: `${name} does not exist` };
  const declared = portTo(found.spec?.ports ?? [], port);
  if (declared === undefined) return { missing: `${name} has no port to ${port}` };
  switch (found.spec?.type) {
    case "LoadBalancer":
      return toStatus(loadBalancerHosts(found), declared.port, `${name} has no load balancer address`);
    case "NodePort":
      if (declared.nodePort === undefined)
        return { missing: `port ${declared.port} of ${name} has no node port` };
      return toStatus(
        await nodeHosts(client, namespace, found),
        declared.nodePort,
        `no node ${NODE_RULE} for ${name}`,
      );
    default:
      return toStatus(
        found.spec?.externalIPs ?? [],
        declared.port,
        `${name} has type ${found.spec?.type ?? "ClusterIP"} and no externalIPs, and is not reachable from outside`,
      );
  }
}

/** Lists the IP addresses and host names of the load balancer; the IP address of an entry with both. */
function loadBalancerHosts({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

/** Rule for nodes, for the message where none complies. */
const NODE_RULE =
  "is ready, not excluded from load balancers by its label (and has a gateway Pod, with externalTrafficPolicy Local)";

/** Lists addresses of the nodes that carry calls to the Service: see {@link nodeAddresses}. */
async function nodeHosts(
  client: ClusterClient,
  namespace: string,
  { spec }: ServiceObject,
): Promise<string[]> {
  const labelSelector = Object.entries(spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const isLocal = spec?.externalTrafficPolicy === "Local";
  const [nodes, pods] = await Promise.all([
    client.list<NodeObject>(NODE),
    isLocal ? client.list<GatewayPod>(POD, { namespace, labelSelector }) : undefined,
  ]);
  return nodeAddresses({ nodes, families: spec?.ipFamilies ?? [], pods });
}

function toStatus(hosts: string[], port: number, missing: string): GatewayStatus {
  if (hosts.length === 0) return { missing };
  const byText = new Map(
    hosts.map((host) => {
      const address = { address: canonicalAddress(host), port };
      return [formatGateway(address), address];
    }),
  );
  return {
    addresses: [...byText].sort(([one], [other]) => compare(one, other)).map(([, address]) => address),
  };
}
