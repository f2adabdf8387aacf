import { availableParallelism, totalmem } from "node:os";
import {
  ApiException,
  CoreV1Api,
  makeInformer,
  VersionApi,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { Allocatable } from "./environment.ts";

/** Wait before a broken watch starts again. */
const WATCH_RETRY_MILLISECONDS = 1000;

/** Clients of a cluster's API for the kubelet. */
export interface Cluster {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly version: VersionApi;
}

/**
 * Opens a cluster by a kubeconfig file and one of its contexts.
 *
 * @throws Error when the file or the context does not exist.
 */
export function openCluster(kubeconfig: string, context: string): Cluster {
  const config = loadContext(kubeconfig, context);
  return {
    config,
    core: config.makeApiClient(CoreV1Api),
    version: config.makeApiClient(VersionApi),
  };
}

/** Objects of one kind, kept up to date. */
export interface Watched<T> {
  get(name: string, namespace: string): T | undefined;
  stop(): Promise<void>;
}

/**
 * Lists a kind of object and keeps watching; a watch that breaks starts again.
 *
 * @param path of the list in the API, e.g. `/api/v1/pods`.
 * @param handle gets each object on every change, and whether it is gone.
 */
export async function watchKind<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  handle: (object: T, gone: boolean) => void,
): Promise<Watched<T>> {
  const informer = makeInformer(config, path, list);
  let stopped = false;
  informer.on("change", (object) => {
    handle(object, false);
  });
  informer.on("delete", (object) => {
    handle(object, true);
  });
  informer.on("error", () => {
    setTimeout(() => {
      if (!stopped) void informer.start();
    }, WATCH_RETRY_MILLISECONDS).unref();
  });
  await informer.start();
  return {
    get: (name, namespace) => informer.get(name, namespace),
    stop: () => {
      stopped = true;
      return informer.stop();
    },
  };
}

/** Whether the API server has no such object. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** Whether the API server has such an object already, or another one of that name. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409;
}

/** The one node of each of the lab's clusters. */
export const NODE_NAME = "lab";

/** Fields that the API requires of every node and that nothing in the lab reads. */
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

/** Resources of this machine. */
export const ALLOCATABLE: Allocatable = { cpu: availableParallelism(), memory: totalmem() };

/**
 * Creates the Node object: Istio's injector reads its version, and NodePort services need its address. It has no lease, since no
 * controller of the lab reads one.
 *
 * @param address the node's (hostIP of its Pods).
 * @param locality `region/zone` for the node's labels, from which istiod takes it for the node's Pods. Default: none.
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
    // Istio's injector decides by the kubelet's version whether the proxy is a native sidecar.
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
