import { setTimeout as sleep } from "node:timers/promises";
import {
  PatchStrategy,
  setHeaderOptions,
  type CoreV1Api,
  type V1Container,
  type V1ContainerState,
  type V1ContainerStatus,
  type V1ObjectMeta,
  type V1Pod,
  type V1PodCondition,
  type V1PodStatus,
} from "@kubernetes/client-node";
import { messageOf } from "../../federation/core/text.ts";
import type { ProcessTable } from "../process.ts";
import type { Log } from "../progress.ts";
import { isConflict, isNotFound } from "./cluster.ts";
import { Container } from "./container.ts";
import { stopListening } from "./drain.ts";
import { overridePod } from "./overrides.ts";
import type { PodFolder } from "./podFolder.ts";

/** Wait before a Pod that cannot start is tried again. */
const RETRY_MILLISECONDS = 500;
/** Longest wait of an ending Pod for its last writes. */
const LAST_WRITES_MILLISECONDS = 10_000;
/** Kubernetes' default of `terminationGracePeriodSeconds`. */
const DEFAULT_GRACE_SECONDS = 30;

/** Folder, processes and client of a Pod. */
export interface PodWorkerOptions {
  readonly core: CoreV1Api;
  readonly folder: PodFolder;
  readonly processes: ProcessTable;
  /** Takes what happens to the Pod; its name comes first in the line. */
  readonly log: Log;
}

/** The life of one Pod on this machine: volumes, containers, status, end. */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #started: Promise<void>;
  #pod: V1Pod;
  #containers: Container[] = [];
  #publishing = Promise.resolve();
  #refreshing = Promise.resolve();

  /** Starts the Pod. @param pod with address, host address and node filled in. */
  constructor(pod: V1Pod, options: PodWorkerOptions) {
    this.#pod = overridePod(pod);
    this.#options = options;
    this.#publish();
    this.#started = this.#start();
  }

  get pod(): V1Pod {
    return this.#pod;
  }

  /** Takes over changed labels and annotations. */
  update(pod: V1Pod): void {
    const { podIP, hostIP } = this.#pod.status ?? {};
    this.#pod = {
      ...overridePod(pod),
      status: { ...pod.status, ...(podIP && { podIP }), ...(hostIP && { hostIP }) },
    };
  }

  /** Whether a volume of the Pod may have this ConfigMap or Secret: istiod renews ConfigMaps all the time that no Pod mounts. */
  mounts({ namespace, name = "" }: V1ObjectMeta = {}): boolean {
    const { metadata, spec } = this.#pod;
    return metadata?.namespace === namespace && JSON.stringify(spec?.volumes ?? []).includes(`"${name}"`);
  }

  /** Brings the volumes of the running Pod up to date: a ConfigMap or Secret changed, or a token is to be renewed. */
  refresh(): void {
    if (this.#containers.length === 0) return;
    this.#refreshing = this.#refreshing.then(async () => {
      if (this.#stopping.signal.aborted) return;
      try {
        const changed = await this.#options.folder.writeVolumes(this.#pod);
        if (changed.length > 0) this.#options.log(`volumes renewed: ${changed.join(", ")}`);
      } catch (error) {
        // As in a kubelet, a volume stays when its source is removed under a running Pod.
        this.#options.log(`volumes are not up to date: ${messageOf(error)}`);
      }
    });
  }

  /**
   * Ends the containers (native sidecars last) and removes the Pod from disk.
   *
   * @param graceSeconds Default: that of the deletion, else of the Pod.
   */
  async stop(graceSeconds?: number): Promise<void> {
    const { metadata, spec } = this.#pod;
    const grace =
      graceSeconds ??
      metadata?.deletionGracePeriodSeconds ??
      spec?.terminationGracePeriodSeconds ??
      DEFAULT_GRACE_SECONDS;
    this.#stopping.abort();
    await this.#started;
    await stopListening(this.#pod);
    for (const sidecars of [false, true]) {
      const ending = this.#containers.filter(({ report }) => report.init === sidecars);
      await Promise.all(ending.map((container) => container.stop(grace)));
    }
    // An API server that does not answer must not keep the lab from ending.
    const writes = Promise.all([this.#publishing, this.#refreshing]);
    await Promise.race([writes, sleep(LAST_WRITES_MILLISECONDS, undefined, { ref: false })]);
    await this.#options.folder.remove();
  }

  async #start(): Promise<void> {
    let logged = "";
    while (!this.#stopping.signal.aborted) {
      try {
        this.#containers = await this.#prepare();
        break;
      } catch (error) {
        if (messageOf(error) !== logged) this.#options.log(`cannot start yet: ${messageOf(error)}`);
        logged = messageOf(error);
        await sleep(RETRY_MILLISECONDS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
    if (!this.#stopping.signal.aborted)
      this.#containers.forEach((container) => {
        container.start();
      });
  }

  async #prepare(): Promise<Container[]> {
    const { folder, processes, log } = this.#options;
    const { initContainers = [], containers = [] } = this.#pod.spec ?? {};
    const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
    await folder.writeVolumes(this.#pod);
    const specs = [
      ...(await Promise.all(sidecars.map((container) => folder.prepare(this.#pod, container, true)))),
      ...(await Promise.all(containers.map((container) => folder.prepare(this.#pod, container, false)))),
    ];
    for (const { name } of initContainers.filter((container) => !sidecars.includes(container))) {
      log(
        `init container ${name} is skipped: it sets up a network of its own, which Pods of the lab do not have`,
      );
    }
    return specs.map(
      (spec) =>
        new Container(spec, processes, (event) => {
          log(`${spec.container.name} ${event}`);
          this.#publish();
        }),
    );
  }

  #publish(): void {
    const { core, log } = this.#options;
    this.#publishing = this.#publishing.then(async () => {
      const { name = "", namespace = "" } = this.#pod.metadata ?? {};
      const status = podStatus(
        this.#pod,
        this.#containers.map(({ report }) => report),
        new Date(),
      );
      this.#pod = { ...this.#pod, status };
      const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
      await core
        .patchNamespacedPodStatus({ name, namespace, body: { status } }, options)
        .catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) log(`status not written: ${messageOf(error)}`);
        });
    });
  }
}

/** State of one container for the Pod's status. */
export interface ContainerReport {
  readonly container: V1Container;
  readonly state: V1ContainerState;
  readonly ready: boolean;
  readonly restarts: number;
  /** Listed under `initContainerStatuses`: native sidecars and init containers. */
  readonly init: boolean;
}

/**
 * A Pod's status, as a kubelet would report it.
 *
 * @param reports one per container; empty while the Pod has not started.
 * @param now time of this report; a condition that did not change keeps its own.
 */
export function podStatus(pod: V1Pod, reports: readonly ContainerReport[], now: Date): V1PodStatus {
  const main = reports.filter(({ init }) => !init);
  const running = main.length > 0 && main.every(({ state }) => state.running ?? state.terminated);
  const ready = main.length > 0 && reports.every((report) => report.ready);
  const condition = (type: string, holds: boolean): V1PodCondition => {
    const status = holds ? "True" : "False";
    const before = pod.status?.conditions?.find((known) => known.type === type && known.status === status);
    return { type, status, lastTransitionTime: before?.lastTransitionTime ?? now };
  };
  const podIP = pod.status?.podIP;
  return {
    phase: running ? "Running" : "Pending",
    startTime: pod.status?.startTime ?? now,
    ...(pod.status?.hostIP && { hostIP: pod.status.hostIP, hostIPs: [{ ip: pod.status.hostIP }] }),
    ...(podIP && { podIP, podIPs: [{ ip: podIP }] }),
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", reports.length > 0),
      condition("ContainersReady", ready),
      condition("Ready", ready),
    ],
    initContainerStatuses: reports.filter(({ init }) => init).map(containerStatus),
    containerStatuses: main.map(containerStatus),
  };
}

function containerStatus({ container, state, ready, restarts }: ContainerReport): V1ContainerStatus {
  return {
    name: container.name,
    image: container.image ?? "",
    imageID: container.image ?? "",
    ready,
    started: state.running !== undefined,
    restartCount: restarts,
    state,
  };
}
