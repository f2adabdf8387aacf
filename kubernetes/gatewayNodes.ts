import { isIP } from "node:net";
import { compare } from "../federation/core/order.ts";
import type { KubernetesObject } from "./kinds.ts";

/** Fields of a Node that are read here. */
export type NodeObject = KubernetesObject & {
  spec?: { taints?: { key: string }[] };
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
  };
};

/** Fields of a gateway's Pod that are read here. */
export type GatewayPod = KubernetesObject & {
  spec?: { nodeName?: string };
  status?: { conditions?: { type: string; status: string }[] };
};

/** Label of nodes that no load balancer uses, with any value; kubeadm gives it to control planes. */
const EXCLUDED_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Taints of nodes that an autoscaler is about to delete. */
const DELETION_TAINTS: readonly string[] = ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"];

const ZONE_LABEL = "topology.kubernetes.io/zone";

/** Most nodes whose addresses are published: each is an endpoint of every service at every peer. */
export const NODES_LIMIT = 16;

/** IP families of a Service, as Kubernetes names them. */
export type IpFamily = "IPv4" | "IPv6";

/** Nodes, families and Pods, by which the nodes that carry calls to a gateway's node port are chosen. */
export interface NodeChoice {
  nodes: readonly NodeObject[];
  /** Families in which kube-proxy opens the node port; empty for all. */
  families: readonly IpFamily[];
  /** Pods of the gateway where `externalTrafficPolicy: Local` drops calls on all other nodes; undefined with `Cluster`. */
  pods: readonly GatewayPod[] | undefined;
}

/**
 * Lists addresses of the nodes that a cloud's load balancer would send calls to, by the rules of Kubernetes' service controller
 * (`nodeIncludedPredicate` and its neighbours): ready, not excluded by label, not about to be deleted. A cordoned node still carries calls.
 *
 * External addresses where any node has one, internal ones otherwise. Of more than {@link NODES_LIMIT} nodes the oldest of each zone, so that
 * a node that is added moves no other.
 */
export function nodeAddresses({ nodes, families, pods }: NodeChoice): string[] {
  const local = pods && new Set(pods.filter(isServing).map(({ spec }) => spec?.nodeName));
  const usable = nodes.filter((node) => isUsable(node) && local?.has(node.metadata.name) !== false);
  const ofType = (wanted: string) =>
    usable
      .map((node) => ({
        node,
        addresses: (node.status?.addresses ?? [])
          .filter(({ type, address }) => type === wanted && isOfFamily(address, families))
          .map(({ address }) => address),
      }))
      .filter(({ addresses }) => addresses.length > 0);
  const external = ofType("ExternalIP");
  const addressed = external.length > 0 ? external : ofType("InternalIP");
  const byNode = new Map(addressed.map(({ node, addresses }) => [node, addresses]));
  return acrossZones([...byNode.keys()])
    .slice(0, NODES_LIMIT)
    .flatMap((node) => byNode.get(node) ?? []);
}

function isUsable({ metadata: { labels = {}, deletionTimestamp }, spec, status }: NodeObject): boolean {
  return (
    deletionTimestamp === undefined &&
    !Object.hasOwn(labels, EXCLUDED_LABEL) &&
    !(spec?.taints ?? []).some(({ key }) => DELETION_TAINTS.includes(key)) &&
    isReady(status?.conditions)
  );
}

function isServing({ metadata: { deletionTimestamp }, status }: GatewayPod): boolean {
  return deletionTimestamp === undefined && isReady(status?.conditions);
}

function isReady(conditions: readonly { type: string; status: string }[] = []): boolean {
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function isOfFamily(address: string, families: readonly IpFamily[]): boolean {
  const kind = isIP(address);
  if (kind === 0) return false;
  return families.length === 0 || families.includes(kind === 4 ? "IPv4" : "IPv6");
}

/** Orders nodes by age and name, taking one of each zone in turn. */
function acrossZones(nodes: readonly NodeObject[]): NodeObject[] {
  const age = ({ metadata: { creationTimestamp = "", name } }: NodeObject): string =>
    `${creationTimestamp} ${name}`;
  const sorted = [...nodes].sort((one, other) => compare(age(one), age(other)));
  const zones = Map.groupBy(sorted, ({ metadata: { labels = {} } }) => labels[ZONE_LABEL] ?? "");
  const turns = [...zones].flatMap(([zone, members]) => members.map((node, turn) => ({ node, turn, zone })));
  return turns
    .sort((one, other) => one.turn - other.turn || compare(one.zone, other.zone))
    .map(({ node }) => node);
}
