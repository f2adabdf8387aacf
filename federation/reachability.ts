import { count } from "./change.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import type { ServicePort } from "./contractService.ts";
import type { KubernetesPort } from "./exportedPorts.ts";
import { type Fault, pathOf } from "./fault.ts";
import type { OtherTls } from "./gatewayTls.ts";
import { TLS_MODE_LABEL } from "./labels.ts";
import { type ModeOfPort, speaksMutualTls } from "./mutualTls.ts";
import { targetPortOf } from "./targetPort.ts";

/** What of a Service peers can reach through the gateway, as far as its workloads tell. */
export interface Reach {
  /** Which of the ports, by their numbers; none when nothing of it can be reached, and the warnings say why. */
  ports: number[];
  warnings: Fault[];
  /** The PeerAuthentications by which its workloads take plain text too, as `namespace/name`. */
  permissive: string[];
}

/** What in the cluster decides about mutual TLS. */
export interface TlsOfCluster {
  /** Of a workload's port, see {@link mutualTlsModes}. */
  modeOf: (workload: Workload, port: number | undefined) => ModeOfPort;
  /** Of a Service's port at the gateway, see {@link otherTls}. */
  otherTls: (service: { namespace: string; host: string }, port: number) => OtherTls | undefined;
}

/** Says that a Service has workloads, and none to which the gateway passes anything on. */
export function judgeSidecars(workloads: readonly Workload[]): Fault[] {
  return workloads.length === 0 || workloads.some(speaksMutualTls) ? [] : [noSidecar(workloads.length)];
}

/**
 * Finds what would be a black hole: the gateway passes on mutual TLS only, to workloads that Istio takes for speaking it, and drops
 * the others without a word. What nobody can reach is not offered; what only some workloads answer, or none now, is offered with a warning.
 * @param workloads those that the Service selects, in which {@link judgeSidecars} has found no fault; when there are none now, nothing is
 *   held against it.
 */
export function judgeReach(
  service: KubernetesService & { host: string },
  ports: readonly ServicePort[],
  sources: readonly KubernetesPort[],
  workloads: readonly Workload[],
  tls: TlsOfCluster,
): Reach {
  const speaking = workloads.filter(speaksMutualTls);
  const judged = ports.map(({ number, name }, index): Reach => {
    const other = tls.otherTls(service, number);
    if (other !== undefined) return { ports: [], permissive: [], warnings: [gatewayHindered(name, other)] };
    const source = sources[index] ?? { port: number };
    const modes = speaking.map((workload) => tls.modeOf(workload, targetPortOf(workload, source)));
    return judgePort(number, name, modes);
  });
  const reached = judged.flatMap((port) => port.ports);
  return {
    ports: reached,
    warnings: [
      ...judged.flatMap(({ warnings }) => warnings),
      // What holds all of it back is worth more than what else is amiss.
      ...(reached.length === 0 ? [] : judgeWorkloads(workloads, speaking)),
    ],
    permissive: judged.flatMap(({ permissive }) => permissive),
  };
}

function judgePort(number: number, name: string, modes: readonly ModeOfPort[]): Reach {
  const refusing = modes.filter(({ mode }) => mode === "DISABLE");
  const permissive = modes.flatMap(({ mode, by }) => (mode === "PERMISSIVE" && by !== undefined ? [by] : []));
  const [first] = refusing;
  if (first === undefined) return { ports: [number], permissive, warnings: [] };
  const isHeld = refusing.length === modes.length;
  return { ports: isHeld ? [] : [number], permissive, warnings: [disabled(name, first.by ?? "", isHeld)] };
}

function judgeWorkloads(workloads: readonly Workload[], speaking: readonly Workload[]): Fault[] {
  const silent = workloads.length - speaking.length;
  const isReady = speaking.length === 0 || speaking.some(({ ready }) => ready);
  return [
    ...(silent === 0 ? [] : [someWithoutSidecar(silent, workloads.length)]),
    ...(isReady ? [] : [noneReady(speaking.length)]),
  ];
}

const INJECT =
  "Let Istio inject its sidecar (label istio-injection: enabled on the namespace) and restart the workloads";

function noSidecar(all: number): Fault {
  return {
    path: "selector",
    rule: `leads to ${count(all)} workload(s), none with a sidecar (label ${TLS_MODE_LABEL}: istio), to which the gateway passes nothing on, so the Service is held back`,
    remedy: `${INJECT}, or take the Service out of the exports`,
  };
}

function someWithoutSidecar(silent: number, all: number): Fault {
  return {
    path: "selector",
    rule: `leads to ${count(silent)} of ${count(all)} workloads without a sidecar (label ${TLS_MODE_LABEL}: istio): peers' calls go to the others only`,
    remedy: INJECT,
  };
}

function noneReady(all: number): Fault {
  return {
    path: "selector",
    rule: `leads to ${count(all)} workload(s), none of them ready: it stays offered, and peers' calls fail until one is`,
    remedy: "See why they are not ready",
  };
}

function gatewayHindered(port: string, { mode, by }: OtherTls): Fault {
  return {
    path: pathOf("ports", port),
    value: mode,
    rule: `is the TLS mode that DestinationRule ${by} asks of the gateway, which then passes nothing on, so the port is held back`,
    remedy: "Make it ISTIO_MUTUAL, leave it out, or hide that rule from the gateway by its exportTo",
  };
}

function disabled(port: string, by: string, isHeld: boolean): Fault {
  const effect = isHeld ? "so it is held back" : "at some workloads: peers' calls go to the others only";
  return {
    path: pathOf("ports", port),
    rule: `takes no mutual TLS by PeerAuthentication ${by} (mode DISABLE), ${effect}`,
    remedy: "Have it take mutual TLS (PERMISSIVE or STRICT), or take it out of the exports",
  };
}
