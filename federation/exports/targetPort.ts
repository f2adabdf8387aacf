import type { Workload } from "./clusterServices.ts";
import type { KubernetesPort } from "./exportedPorts.ts";
import { ownValue } from "../order.ts";

/**
 * The port at which a workload takes what comes to a Service's port.
 * @returns undefined for a name that the workload does not have.
 */
export function targetPortOf(
  workload: Workload,
  { name, port, targetPort = port }: KubernetesPort,
): number | undefined {
  const { kind, ports } = workload;
  // A WorkloadEntry goes by the names of the Service's ports, and takes the same number where it says nothing.
  if (kind === "WorkloadEntry") {
    const own = name === undefined ? undefined : ownValue(ports, name);
    return own ?? (typeof targetPort === "number" ? targetPort : (ownValue(ports, targetPort) ?? port));
  }
  return typeof targetPort === "number" ? targetPort : ownValue(ports, targetPort);
}

/** All ports at which some workload takes what comes to a Service's port, sorted; empty where none tells, or there are none to ask. */
export function targetPorts(workloads: readonly Workload[], port: KubernetesPort): number[] {
  const { targetPort = port.port } = port;
  if (workloads.length === 0) return typeof targetPort === "number" ? [targetPort] : [];
  const found = new Set(workloads.flatMap((workload) => targetPortOf(workload, port) ?? []));
  return [...found].sort((one, other) => one - other);
}

/** The one of all workloads behind a Service; undefined where they do not agree, or one does not know, or there are none to ask. */
export function commonTargetPort(workloads: readonly Workload[], port: KubernetesPort): number | undefined {
  const { targetPort = port.port } = port;
  if (workloads.length === 0) return typeof targetPort === "number" ? targetPort : undefined;
  const [first, ...others] = new Set(workloads.map((workload) => targetPortOf(workload, port)));
  return others.length === 0 ? first : undefined;
}
