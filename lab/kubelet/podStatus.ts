import type {
  V1Container,
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from "@kubernetes/client-node";

/** What the kubelet knows of one container. */
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
