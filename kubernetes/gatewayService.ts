import { type GatewayAddress, canonicalAddress, formatGateway } from "../federation/core/address.ts";
import { compare } from "../federation/core/order.ts";
import type { ClusterClient } from "./client.ts";
import { type KubernetesObject, NODE, SERVICE } from "./kinds.ts";

/** Which Service, and which of its ports peers call. */
export interface GatewayService {
  namespace: string;
  service: string;
  port: number;
}

/** What is needed of a Service. */
export type ServiceObject = KubernetesObject & {
  spec?: { type?: string; ports?: { port: number; nodePort?: number }[] };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
};

/** What is needed of a Node. */
export type NodeObject = KubernetesObject & {
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
  };
};

/** Where a gateway is reached, or why nowhere yet. */
export type Sighting = { addresses: GatewayAddress[] } | { missing: string };

/**
 * Looks once where a Service is reached from outside: by its load balancer, else, with type NodePort, on the nodes.
 * @throws ClusterError when the cluster cannot be asked.
 */
export async function sightGateway(client: ClusterClient, gateway: GatewayService): Promise<Sighting> {
  const { namespace, service, port } = gateway;
  const name = `Service ${namespace}/${service}`;
  const found = await client.get<ServiceObject>(SERVICE, namespace, service);
  if (found === undefined) return { missing: `${name} does not exist` };
  const declared = found.spec?.ports?.find((candidate) => candidate.port === port);
  if (declared === undefined) return { missing: `${name} has no port ${port}` };
  switch (found.spec?.type) {
    case "LoadBalancer":
      return sighting(loadBalancerHosts(found), port, `${name} has no load balancer address`);
    case "NodePort":
      if (declared.nodePort === undefined) return { missing: `port ${port} of ${name} has no node port` };
      return sighting(nodeHosts(await client.list(NODE)), declared.nodePort, `no node is ready for ${name}`);
    default:
      return {
        missing: `${name} has type ${found.spec?.type ?? "ClusterIP"}, which nobody reaches from outside`,
      };
  }
}

/** All IP addresses and host names of the load balancer; of an entry that has both, the IP address. */
function loadBalancerHosts({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
}

/** External addresses of the ready nodes; where no node has one, their internal addresses. */
export function nodeHosts(nodes: readonly NodeObject[]): string[] {
  const addresses = nodes
    .filter(({ status }) => isReady(status?.conditions ?? []))
    .flatMap(({ status }) => status?.addresses ?? []);
  const ofType = (wanted: string) =>
    addresses.flatMap(({ type, address }) => (type === wanted ? [address] : []));
  const external = ofType("ExternalIP");
  return external.length > 0 ? external : ofType("InternalIP");
}

function isReady(conditions: readonly { type: string; status: string }[]): boolean {
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function sighting(hosts: string[], port: number, missing: string): Sighting {
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
