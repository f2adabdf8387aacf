import type { ServicePort } from "../contract/service.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { DNS_LABEL } from "../core/names.ts";
import { compare, ownValue } from "../core/order.ts";
import { protocolOf } from "../core/port.ts";
import type { Workload } from "./clusterServices.ts";

/** What is needed of a port of a Kubernetes Service. */
export interface KubernetesPort {
  name?: string | undefined;
  port: number;
  /** `TCP` when left out. */
  protocol?: string | undefined;
  appProtocol?: string | undefined;
  /** Of the workloads, by number or name; the same number when left out. */
  targetPort?: number | string | undefined;
}

/** The ports of a Service that peers can call. */
export interface ExportedPorts {
  /** By number. */
  ports: ServicePort[];
  /** What each of them is in the cluster. */
  sources: KubernetesPort[];
  warnings: Fault[];
}

/**
 * The ports of a Service that peers can call, by number.
 *
 * - UDP, SCTP and what Istio reads as UDP: left out with a warning, since the gateway carries TCP only.
 * - Unnamed: named `<protocol>-<number>`, e.g. `http-8080`, which is the same at each run.
 * - The same number or the same name twice: the first is exported, by number, then name, then protocol; the others are left out with
 *   a warning. (Kubernetes itself refuses both. A TCP and a UDP port of one number do not clash: the latter is left out anyway.)
 *
 * @param wanted which of them are to be exported; of the others nothing is told.
 */
export function exportedPorts(
  ports: readonly KubernetesPort[],
  wanted: (port: KubernetesPort) => boolean = () => true,
): ExportedPorts {
  const exported: [ServicePort, KubernetesPort][] = [];
  const left: [Fault, KubernetesPort][] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const fault = { path: pathOf("ports", port.name || String(port.port)), value: port.port };
    const candidate = servicePort(port);
    const clash = exported.find(
      ([{ number, name }]) => number === candidate?.number || name === candidate?.name,
    )?.[0];
    if (candidate === undefined) {
      const rule = `is ${port.protocol === undefined || port.protocol === "TCP" ? "UDP by its name" : port.protocol}, so it is left out: the gateway carries TCP only`;
      left.push([{ ...fault, rule, remedy: "Nothing to do, unless peers need it" }, port]);
    } else if (clash !== undefined) {
      const rule = `is left out: port ${clash.number} '${clash.name}' has its number or name already`;
      left.push([{ ...fault, rule, remedy: "Give each port a number and a name of its own" }, port]);
    } else {
      exported.push([candidate, port]);
    }
  }
  // Only now: what is not wanted has its number and its name all the same, so that asking for less never exports another port.
  const kept = exported.filter(([, source]) => wanted(source));
  return {
    ports: kept.map(([port]) => port),
    sources: kept.map(([, source]) => source),
    warnings: left.filter(([, source]) => wanted(source)).map(([fault]) => fault),
  };
}

/** Whether somebody who writes a name or a number means this port: a name that it has here or for peers. */
export function meansPort(written: string, port: KubernetesPort): boolean {
  return written === String(port.port) || written === port.name || written === servicePort(port)?.name;
}

function servicePort(port: KubernetesPort): ServicePort | undefined {
  const protocol = protocolOf(port);
  if (protocol === undefined) return undefined;
  const named = port.name !== undefined && DNS_LABEL.test(port.name);
  const name = named ? (port.name ?? "") : `${protocol.toLowerCase()}-${port.port}`;
  return { number: port.port, name, protocol };
}

function comparePorts(one: KubernetesPort, other: KubernetesPort): number {
  return (
    one.port - other.port ||
    compare(one.name ?? "", other.name ?? "") ||
    compare(one.appProtocol ?? "", other.appProtocol ?? "") ||
    compare(one.protocol ?? "TCP", other.protocol ?? "TCP") ||
    compare(String(one.targetPort ?? one.port), String(other.targetPort ?? other.port))
  );
}
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
