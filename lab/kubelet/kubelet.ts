import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { messageOf } from "../../federation/core/text.ts";
import type { ProcessTable } from "../process.ts";
import type { Log } from "../progress.ts";
import { chooseAddress, LoadBalancers } from "./addresses.ts";
import {
  isConflict,
  isNotFound,
  NODE_NAME,
  openCluster,
  registerNode,
  watchKind,
  type Cluster,
  type Watched,
} from "./cluster.ts";
import type { KubeletTools } from "./overrides.ts";
import { PodFolder } from "./podFolder.ts";
import { PodWorker } from "./podWorker.ts";
import { ClusterSources } from "./sources.ts";

/** Interval of the check for tokens to be renewed. */
const RENEW_MILLISECONDS = 10_000;

/** Cluster, folders and programs of a kubelet. */
export interface KubeletOptions {
  /** The cluster's name: first part of its processes' names. */
  readonly name: string;
  /** First two octets of the cluster's loopback addresses, e.g. `127.10`. */
  readonly network: string;
  /** Locality of the node, `region/zone`. */
  readonly locality: string | undefined;
  /** Kubeconfig file with a context of the cluster's name, with all rights. */
  readonly kubeconfig: string;
  readonly tools: KubeletTools;
  readonly processes: ProcessTable;
  /** Folder for the Pods, `pods/<namespace>_<name>`; absolute. */
  readonly dir: string;
  /** Folder for the logs of containers, `<namespace>_<name>/<container>.log`; absolute. */
  readonly logs: string;
  readonly log: Log;
}

/** Runs the Pods of one cluster as processes of this machine: scheduler and kubelet in one. */
export class Kubelet {
  readonly #cluster: Cluster;
  readonly #options: KubeletOptions;
  readonly #sources: ClusterSources;
  readonly #balancers: LoadBalancers;
  /** By the Pod's uid. */
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that wait for an address of another Pod, by uid. */
  readonly #waiting = new Map<string, V1Pod>();
  readonly #ending = new Map<string, Promise<void>>();
  #pods: Watched<V1Pod> | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: KubeletOptions) {
    const { name, kubeconfig, log } = options;
    this.#options = options;
    this.#cluster = openCluster(kubeconfig, name);
    this.#sources = new ClusterSources(this.#cluster);
    const pods = () => [...this.#workers.values()].map(({ pod }) => pod);
    this.#balancers = new LoadBalancers(this.#cluster, pods, (line) => {
      log(`${name} ${line}`);
    });
  }

  /** Makes the node, and takes all Pods that no other node has. */
  async start(): Promise<void> {
    const { network, locality, dir } = this.#options;
    await mkdir(dir, { recursive: true });
    await registerNode(this.#cluster, `${network}.0.1`, locality);
    const { config, core } = this.#cluster;
    await this.#sources.start(({ metadata }) => {
      for (const worker of this.#workers.values()) if (worker.mounts(metadata)) worker.refresh();
    });
    const list = () => core.listPodForAllNamespaces();
    this.#pods = await watchKind<V1Pod>(config, "/api/v1/pods", list, (pod, gone) => {
      this.#handle(pod, gone);
      this.#balancers.update();
    });
    await this.#balancers.start();
    this.#renewal = setInterval(() => {
      for (const worker of this.#workers.values()) {
        if (this.#sources.isTokenDue(worker.pod)) worker.refresh();
      }
    }, RENEW_MILLISECONDS);
  }

  /** Ends all containers; the Pods stay in the cluster. */
  async stop(): Promise<void> {
    clearInterval(this.#renewal);
    this.#waiting.clear();
    await Promise.all([this.#pods?.stop(), this.#sources.stop(), this.#balancers.stop()]);
    await Promise.all([...this.#workers.keys()].map((uid) => this.#end(uid)));
  }

  #handle(pod: V1Pod, gone: boolean): void {
    const { uid = "", deletionTimestamp } = pod.metadata ?? {};
    const { nodeName } = pod.spec ?? {};
    const worker = this.#workers.get(uid);
    if (gone || deletionTimestamp) {
      this.#waiting.delete(uid);
      worker?.update(pod);
      this.#guard(pod, "cannot be ended", async () => {
        await this.#end(uid);
        if (!gone && nodeName === NODE_NAME) await this.#removeObject(pod);
      });
    } else if (worker) worker.update(pod);
    else if (!nodeName) this.#guard(pod, "cannot be bound to the node", () => this.#bind(pod));
    else if (nodeName === NODE_NAME) this.#start(pod);
  }

  #start(pod: V1Pod): void {
    const { uid = "", namespace = "", name = "" } = pod.metadata ?? {};
    const { network, dir, logs, tools, processes } = this.#options;
    const taken = new Set([...this.#workers.values()].map((worker) => worker.pod.status?.podIP ?? ""));
    const podIP = chooseAddress(pod, network, taken);
    if (podIP === undefined) {
      if (!this.#waiting.has(uid)) this.#log(pod, "waits for its address, which another Pod still has");
      this.#waiting.set(uid, pod);
      return;
    }
    this.#waiting.delete(uid);
    const folder = new PodFolder({
      folder: join(dir, "pods", `${namespace}_${name}`),
      logs: join(logs, `${namespace}_${name}`),
      processName: `${this.#options.name}/${namespace}/${name}`,
      tools,
      sources: this.#sources,
      config: this.#cluster.config,
    });
    const withAddress = { ...pod, status: { ...pod.status, podIP, hostIP: `${network}.0.1` } };
    const { core } = this.#cluster;
    const worker = new PodWorker(withAddress, {
      core,
      folder,
      processes,
      log: (line) => {
        this.#log(pod, line);
      },
    });
    this.#workers.set(uid, worker);
  }

  /** Ends a Pod's processes; further calls wait for the first. */
  async #end(uid: string): Promise<void> {
    const worker = this.#workers.get(uid);
    if (!worker) return;
    const ending = this.#ending.get(uid) ?? worker.stop();
    this.#ending.set(uid, ending);
    await ending;
    if (!this.#workers.delete(uid)) return;
    this.#ending.delete(uid);
    this.#sources.forget(worker.pod);
    this.#log(worker.pod, "ended");
    for (const pod of [...this.#waiting.values()]) this.#start(pod);
  }

  async #bind(pod: V1Pod): Promise<void> {
    const { namespace = "", name = "" } = pod.metadata ?? {};
    const body = { metadata: { name }, target: { apiVersion: "v1", kind: "Node", name: NODE_NAME } };
    await this.#cluster.core.createNamespacedPodBinding({ name, namespace, body }).catch((error: unknown) => {
      // Every change of an unbound Pod tries to bind it; the first one wins.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    });
  }

  async #removeObject(pod: V1Pod): Promise<void> {
    const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    const remove = async () => {
      await this.#cluster.core.deleteNamespacedPod({ name, namespace, body }).catch((error: unknown) => {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      });
    };
    await pRetry(remove, { retries: 5 });
  }

  #guard(pod: V1Pod, failure: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.#log(pod, `${failure}: ${messageOf(error)}`);
    });
  }

  #log(pod: V1Pod, line: string): void {
    this.#options.log(`${this.#options.name} ${pod.metadata?.namespace}/${pod.metadata?.name}: ${line}`);
  }
}
