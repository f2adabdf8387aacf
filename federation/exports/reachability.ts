import type { ServicePort } from "../contract/service.ts";
import { count } from "../core/change.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { TLS_MODE_LABEL } from "../core/labels.ts";
import type { Workload } from "./clusterServices.ts";
import { type OtherTls, type ModeOfPort, speaksMutualTls } from "./mutualTls.ts";
import type { ExportedPort } from "./offer.ts";
import {
  type ExportedPorts,
  type KubernetesPort,
  commonTargetPort,
  targetPortOf,
  targetPorts,
} from "./ports.ts";

/** What of a Service peers can reach through the gateway, as far as its workloads tell. */
export interface Reach {
  /** By number; none when nothing of it can be reached, and the warnings say why. */
  ports: ExportedPort[];
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

/**
 * Finds what would be a black hole: the gateway passes on mutual TLS only, to workloads that Istio takes for speaking it, and drops
 * the others without a word. What it opens it calls by whatever it is told to; where that is told to be other than Istio's mutual TLS, the same
 * is held against it, as peers' calls would go on without. What somebody has so configured is not offered; what only some workloads answer, or none now, is offered with a
 * warning: workloads that were there before Istio get a sidecar when they are restarted, and need no further update then.
 * @param carried the ports to offer, and what each is in the cluster.
 * @param workloads those that the Service selects; when there are none now, nothing is held against it.
 */
export function judgeReach(
  service: { namespace: string; host: string; terminated?: boolean },
  { ports, sources }: Pick<ExportedPorts, "ports" | "sources">,
  workloads: readonly Workload[],
  tls: TlsOfCluster,
): Reach {
  const speaking = workloads.filter(speaksMutualTls);
  // Policies are held by sidecars too: where a port leads is asked of the same workloads.
  const asked = speaking.length > 0 ? speaking : workloads;
  const judged = ports.map((port, index): Reach => {
    const other = tls.otherTls(service, port.number);
    if (other !== undefined)
      return { ports: [], permissive: [], warnings: [gatewayHindered(port.name, other, service.terminated)] };
    return judgePort(port, sources[index] ?? { port: port.number }, asked, tls, service.terminated);
  });
  const reached = judged.flatMap((port) => port.ports);
  return {
    ports: reached,
    warnings: [
      ...judged.flatMap(({ warnings }) => warnings),
      // What holds all of it back is worth more than what else is amiss.
      ...(reached.length === 0 ? [NO_PORT] : judgeWorkloads(workloads, speaking, service.terminated)),
    ],
    permissive: judged.flatMap(({ permissive }) => permissive),
  };
}

function judgePort(
  port: ServicePort,
  source: KubernetesPort,
  workloads: readonly Workload[],
  { modeOf }: TlsOfCluster,
  terminated = false,
): Reach {
  const modes = workloads.map((workload) => modeOf(workload, targetPortOf(workload, source)));
  const refusing = modes.filter(({ mode }) => mode === "DISABLE");
  const isHeld = refusing.length > 0 && refusing.length === modes.length;
  const targetPort = commonTargetPort(workloads, source);
  const all = targetPorts(workloads, source);
  return {
    ports: isHeld
      ? []
      : [
          {
            ...port,
            ...(targetPort === undefined ? {} : { targetPort }),
            ...(all.length === 0 ? {} : { targetPorts: all }),
          },
        ],
    warnings: refusing.slice(0, 1).map(({ by = "" }) => disabled(port.name, by, isHeld, terminated)),
    permissive: modes.flatMap(({ mode, by }) => (mode === "PERMISSIVE" && by !== undefined ? [by] : [])),
  };
}

function judgeWorkloads(
  workloads: readonly Workload[],
  speaking: readonly Workload[],
  terminated = false,
): Fault[] {
  // What a gateway has opened it passes on in whatever its callee speaks.
  if (terminated && speaking.length < workloads.length)
    return [calledInPlainText(workloads.length - speaking.length, workloads.length)];
  if (workloads.length > 0 && speaking.length === 0) return [noSidecar(workloads.length)];
  const silent = workloads.length - speaking.length;
  const isReady = speaking.length === 0 || speaking.some(({ ready }) => ready);
  return [
    ...(silent === 0 ? [] : [someWithoutSidecar(silent, workloads.length)]),
    ...(isReady ? [] : [noneReady(speaking.length)]),
  ];
}

const NO_PORT: Fault = {
  path: "ports",
  rule: "has none that can be exported, so the Service is held back",
  remedy: "Give it a TCP port, or take it out of the exports",
};

const INJECT =
  "Let Istio inject its sidecar (label istio-injection: enabled on the namespace) and restart the workloads";

function noSidecar(all: number): Fault {
  return {
    path: "selector",
    rule: `leads to ${count(all)} workload(s), none with a sidecar (label ${TLS_MODE_LABEL}: istio), to which the gateway passes nothing on: it stays offered, and peers' calls fail until one has`,
    remedy: `${INJECT}, or take the Service out of the exports`,
  };
}

function calledInPlainText(silent: number, all: number): Fault {
  return {
    path: "selector",
    rule: `leads to ${count(silent)} of ${count(all)} workloads without a sidecar (label ${TLS_MODE_LABEL}: istio), which the gateway calls in plain text`,
    remedy: INJECT,
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

function gatewayHindered(port: string, { mode, by }: OtherTls, terminated = false): Fault {
  const rule = terminated
    ? `is the TLS mode by which DestinationRule ${by} has the gateway call it, and not by Istio's mutual TLS`
    : `is the TLS mode that DestinationRule ${by} asks of the gateway, which then passes nothing on`;
  return {
    path: pathOf("ports", port),
    value: mode,
    rule: `${rule}, so the port is held back`,
    remedy: "Make it ISTIO_MUTUAL, leave it out, or hide that rule from the gateway by its exportTo",
  };
}

function disabled(port: string, by: string, isHeld: boolean, terminated: boolean): Fault {
  const [all, some] = terminated
    ? [
        ": the gateway would call it in plain text, so it is held back",
        ", which the gateway calls in plain text",
      ]
    : [", so it is held back", ": peers' calls go to the others only"];
  return {
    path: pathOf("ports", port),
    rule: `takes no mutual TLS by PeerAuthentication ${by} (mode DISABLE)${isHeld ? all : `, at some workloads${some}`}`,
    remedy: "Have it take mutual TLS (PERMISSIVE or STRICT), or take it out of the exports",
  };
}
