import type { ServicePort } from "../contract/service.ts";
import { count } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { TLS_MODE_LABEL } from "../core/labels.ts";
import type { Workload } from "./clusterServices.ts";
import { type OtherTls, type PortMode, speaksMutualTls } from "./mutualTls.ts";
import type { Offer, OfferPort } from "./offer.ts";
import {
  type ExportedPorts,
  type KubernetesPort,
  commonTargetPort,
  targetPortOf,
  targetPorts,
} from "./ports.ts";

/** Ports of a Service that peers can reach through the gateway. */
export interface Reach {
  /** By number; without any, the warnings state why. */
  ports: OfferPort[];
  warnings: Fault[];
  /** PeerAuthentications by which workloads accept plaintext too, as `namespace/name`. */
  permissiveBy: string[];
}

/** Mutual TLS settings of a cluster. */
export interface ClusterTls {
  /** Mode of a workload's port; see {@link mutualTlsModes}. */
  modeOf: (workload: Workload, port: number | undefined) => PortMode;
  /** Mode of a Service's port at the gateway; see {@link destinationRuleTls}. */
  destinationRuleTls: (service: { namespace: string; host: string }, port: number) => OtherTls | undefined;
}

/**
 * Checks that the gateway reaches a Service's workloads by mutual TLS; calls to others would vanish. A port that cannot be reached because of
 * somebody's configuration is not exported. One that only some workloads answer, or none now, is exported with a warning: workloads older than
 * Istio get a sidecar when they are restarted, without another update.
 * @param carried the ports to export, with the Service's ports behind them.
 * @param workloads those that the Service selects; without any, its ports count as reachable.
 */
export function checkReach(
  service: Pick<Offer, "namespace" | "host" | "via">,
  { ports, sources }: Pick<ExportedPorts, "ports" | "sources">,
  workloads: readonly Workload[],
  tls: ClusterTls,
): Reach {
  const speaking = workloads.filter(speaksMutualTls);
  // Sidecars also enforce policies: target ports are those of the same workloads.
  const asked = speaking.length > 0 ? speaking : workloads;
  const checked = ports.map((port, index): Reach => {
    const other = tls.destinationRuleTls(service, port.number);
    if (other !== undefined)
      return { ports: [], permissiveBy: [], warnings: [otherTlsFault(port.name, other, service.via)] };
    return checkPort(port, sources[index] ?? { port: port.number }, asked, tls, service.via);
  });
  const reached = checked.flatMap((port) => port.ports);
  return {
    ports: reached,
    warnings: [
      ...checked.flatMap(({ warnings }) => warnings),
      ...(reached.length === 0 ? [NO_PORT] : workloadWarnings(workloads, speaking, service.via)),
    ],
    permissiveBy: checked.flatMap((port) => port.permissiveBy),
  };
}

function checkPort(
  port: ServicePort,
  source: KubernetesPort,
  workloads: readonly Workload[],
  { modeOf }: ClusterTls,
  via: Offer["via"],
): Reach {
  const modes = workloads.map((workload) => modeOf(workload, targetPortOf(workload, source)));
  const refusing = modes.filter(({ mode }) => mode === "DISABLE");
  const isUnreachable = refusing.length > 0 && refusing.length === modes.length;
  return {
    ports: isUnreachable
      ? []
      : [
          {
            ...port,
            targetPort: commonTargetPort(workloads, source),
            targetPorts: targetPorts(workloads, source),
          },
        ],
    warnings: refusing.slice(0, 1).map(({ by = "" }) => disabledFault(port.name, by, isUnreachable, via)),
    permissiveBy: modes.flatMap(({ mode, by }) => (mode === "PERMISSIVE" && by !== undefined ? [by] : [])),
  };
}

function workloadWarnings(
  workloads: readonly Workload[],
  speaking: readonly Workload[],
  via: Offer["via"],
): Fault[] {
  const silent = workloads.length - speaking.length;
  const warning = (which: string, remedy: string, all = workloads.length): Fault => ({
    path: "selector",
    rule: `selects ${count(all)} workload(s), ${which}`,
    remedy,
  });
  const label = `(label ${TLS_MODE_LABEL}: istio)`;
  const some = `${count(silent)} of them without a sidecar ${label}`;
  if (via === "terminated" && silent > 0)
    return [warning(`${some}, which the gateway calls in plaintext`, INJECT)];
  if (workloads.length > 0 && speaking.length === 0) {
    const none = `none with a sidecar ${label}, so the gateway reaches none: the Service stays exported, and peers' calls fail until one has a sidecar`;
    return [warning(none, `${INJECT}, or remove the Service from the exports`)];
  }
  const warnings = silent === 0 ? [] : [warning(`${some}: peers' calls reach the others only`, INJECT)];
  if (speaking.length > 0 && !speaking.some(({ ready }) => ready)) {
    const unready = "none of them ready: the Service stays exported, and peers' calls fail until one is";
    warnings.push(warning(unready, "Find out why they are not ready", speaking.length));
  }
  return warnings;
}

const NO_PORT: Fault = {
  path: "ports",
  rule: "has none that can be exported, so the Service is not exported",
  remedy: "Give it a TCP port, or remove it from the exports",
};

const INJECT =
  "Let Istio inject its sidecar (label istio-injection: enabled on the namespace) and restart the workloads";

function otherTlsFault(port: string, { mode, by }: OtherTls, via: Offer["via"]): Fault {
  const consequence =
    via === "terminated"
      ? "which must call workloads by Istio's mutual TLS"
      : "which then passes nothing through";
  const rule = `is the TLS mode that DestinationRule ${by} sets for the gateway, ${consequence}, so the port is not exported`;
  const remedy = "Make it ISTIO_MUTUAL, remove it, or hide that rule from the gateway by its exportTo";
  return { path: pathOf("ports", port), value: mode, rule, remedy };
}

function disabledFault(port: string, by: string, isUnreachable: boolean, via: Offer["via"]): Fault {
  const [all, some] =
    via === "terminated"
      ? [
          ": the gateway would call it in plaintext, so the port is not exported",
          ", which the gateway calls in plaintext",
        ]
      : [", so the port is not exported", ": peers' calls reach the others only"];
  const rule = `accepts no mutual TLS by PeerAuthentication ${by} (mode DISABLE)${isUnreachable ? all : `, at some workloads${some}`}`;
  const remedy = "Let it accept mutual TLS (PERMISSIVE or STRICT), or remove it from the exports";
  return { path: pathOf("ports", port), rule, remedy };
}
