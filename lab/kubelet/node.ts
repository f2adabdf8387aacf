import { availableParallelism, totalmem } from "node:os";
import { isConflict, type Cluster } from "./cluster.ts";
import type { Allocatable } from "./fields.ts";

/** The one node of each of the lab's clusters. */
export const NODE_NAME = "lab";

/** Fields that the API wants of every node and that nothing in the lab asks for. */
const UNKNOWN_SYSTEM = {
  architecture: "",
  bootID: "",
  containerRuntimeVersion: "",
  kernelVersion: "",
  kubeProxyVersion: "",
  machineID: "",
  osImage: "",
  systemUUID: "",
};

/** What a container without limits may take. */
export const ALLOCATABLE: Allocatable = { cpu: availableParallelism(), memory: totalmem() };

/**
 * Makes the Node object: Istio's injector asks for its version, and NodePort services are found by its address. It has
 * no lease, since the lab runs no controller that looks for one.
 *
 * @param address the node's (hostIP of its Pods).
 * @param locality `region/zone`, as a cloud would tell by the node's labels; istiod takes it for that of the node's Pods. Default: none.
 */
export async function registerNode(
  { core, version }: Cluster,
  address: string,
  locality?: string,
): Promise<void> {
  const { cpu, memory } = ALLOCATABLE;
  const capacity = { cpu: String(cpu), memory: String(memory), pods: "250" };
  const metadata = {
    name: NODE_NAME,
    labels: {
      "kubernetes.io/hostname": NODE_NAME,
      "kubernetes.io/os": "linux",
      ...topologyLabels(locality),
    },
  };
  await core.createNode({ body: { metadata } }).catch(ignoreConflict);
  const now = new Date();
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const { gitVersion } = await version.getCode();
  const node = await core.readNode({ name: NODE_NAME });
  node.status = {
    addresses: [{ type: "InternalIP", address }],
    capacity,
    allocatable: capacity,
    conditions: [ready],
    // Istio's injector asks for the kubelet's version: it decides whether the proxy is a native sidecar.
    nodeInfo: { ...UNKNOWN_SYSTEM, kubeletVersion: gitVersion, operatingSystem: "linux" },
  };
  await core.replaceNodeStatus({ name: NODE_NAME, body: node });
}

function topologyLabels(locality: string | undefined): Record<string, string> {
  if (locality === undefined) return {};
  const [region = "", zone = ""] = locality.split("/");
  return { "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone };
}

function ignoreConflict(error: unknown): void {
  if (!isConflict(error)) throw error;
}
