import type { ServicePort } from "../contract/service.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { DNS_LABEL } from "../core/names.ts";
import { compare, ownValue, sortedNumbers } from "../core/order.ts";
import { protocolOf } from "../core/port.ts";
import type { Workload } from "./clusterServices.ts";

/** A port of a Kubernetes Service. */
export interface KubernetesPort {
  name?: string | undefined;
  port: number;
  /** @default `TCP` */
  protocol?: string | undefined;
  appProtocol?: string | undefined;
  /** Port of the workloads, by number or name. @default `port` */
  targetPort?: number | string | undefined;
}

/** Ports of a Service that a gateway can carry. */
export interface ExportedPorts {
  /** By number. */
  ports: ServicePort[];
  /** The Service's port behind each of {@link ports}. */
  sources: KubernetesPort[];
  warnings: Fault[];
}

/**
 * Selects the ports of a Service that a gateway can carry, by number.
 *
 * - UDP, SCTP and what Istio reads as UDP: not exported, with a warning, as the gateway carries TCP only.
 * - Unnamed: named `<protocol>-<number>`, e.g. `http-8080`, which does not change between runs.
 * - The same number or the same name twice: the first is exported, by number, then name, then protocol; the others get a
 *   warning. (Kubernetes itself refuses both. A TCP and a UDP port of one number do not conflict: the latter is not exported anyway.)
 *
 * @param isWanted whether a port is to be exported; other ports get no warnings.
 */
export function exportedPorts(
  ports: readonly KubernetesPort[],
  isWanted: (port: KubernetesPort) => boolean = () => true,
): ExportedPorts {
  const exported: [ServicePort, KubernetesPort][] = [];
  const refused: [Fault, KubernetesPort][] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const fault = { path: pathOf("ports", port.name || String(port.port)), value: port.port };
    const candidate = servicePort(port);
    const conflict = exported.find(
      ([{ number, name }]) => number === candidate?.number || name === candidate?.name,
    )?.[0];
    if (candidate === undefined) {
      const rule = `is ${port.protocol === undefined || port.protocol === "TCP" ? "UDP by its name" : port.protocol}, so the port is not exported: the gateway carries TCP only`;
      refused.push([{ ...fault, rule, remedy: "Nothing to do, unless peers need it" }, port]);
    } else if (conflict !== undefined) {
      const rule = `is not exported: port ${conflict.number} '${conflict.name}' has the same number or name`;
      refused.push([{ ...fault, rule, remedy: "Give each port a number and a name of its own" }, port]);
    } else {
      exported.push([candidate, port]);
    }
  }
  // Filtered last: unwanted ports keep their numbers and names, so that a narrower rule never exports another port.
  const kept = exported.filter(([, source]) => isWanted(source));
  return {
    ports: kept.map(([port]) => port),
    sources: kept.map(([, source]) => source),
    warnings: refused.filter(([, source]) => isWanted(source)).map(([fault]) => fault),
  };
}

/** Whether a written name or number matches a port: its number, its name here, or its published name. */
export function matchesPort(written: string, port: KubernetesPort): boolean {
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
 * Resolves a Service's port to a workload's port number.
 * @returns undefined for a port name that the workload does not have.
 */
export function targetPortOf(
  workload: Workload,
  { name, port, targetPort = port }: KubernetesPort,
): number | undefined {
  const { kind, ports } = workload;
  // A WorkloadEntry has ports by the names of the Service's ports, and else the Service's numbers.
  if (kind === "WorkloadEntry") {
    const own = name === undefined ? undefined : ownValue(ports, name);
    return own ?? (typeof targetPort === "number" ? targetPort : (ownValue(ports, targetPort) ?? port));
  }
  return typeof targetPort === "number" ? targetPort : ownValue(ports, targetPort);
}

/** Resolves a Service's port to the port numbers of all its workloads, sorted; empty where none is known. */
export function targetPorts(workloads: readonly Workload[], port: KubernetesPort): number[] {
  const { targetPort = port.port } = port;
  if (workloads.length === 0) return typeof targetPort === "number" ? [targetPort] : [];
  return sortedNumbers(workloads.flatMap((workload) => targetPortOf(workload, port) ?? []));
}

/** Resolves a Service's port to one port number of all workloads; undefined where they differ, or one is not known. */
export function commonTargetPort(workloads: readonly Workload[], port: KubernetesPort): number | undefined {
  const { targetPort = port.port } = port;
  if (workloads.length === 0) return typeof targetPort === "number" ? targetPort : undefined;
  const [first, ...others] = new Set(workloads.map((workload) => targetPortOf(workload, port)));
  return others.length === 0 ? first : undefined;
}
