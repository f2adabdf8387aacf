import { type Fault } from "../core/fault.ts";
import { sortedUnique } from "../core/order.ts";
import { count, firstNames } from "../core/text.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import { type InboundCapture, bypassAt, isSidecarPort } from "./inboundCapture.ts";
import { type ClusterTls, ISTIO_MUTUAL, type PortMode, speaksMutualTls } from "./mutualTls.ts";
import type { Offer } from "./offer.ts";
import { type ExportedPorts, type KubernetesPort, exportedPorts, targetPortOf } from "./ports.ts";

/** A Service whose workloads' sidecars are checked, with the way by which peers reach it. */
export interface ReachedService extends KubernetesService, Pick<Offer, "host" | "via" | "isAliased"> {
  /** Labels of its namespace. */
  namespaceLabels: Readonly<Record<string, string>>;
}

/** Ports of a Service without those that reach workloads past their sidecars. */
export interface CapturedPorts extends Pick<ExportedPorts, "ports" | "sources"> {
  warnings: Fault[];
}

/**
 * Removes ports at which calls reach a workload past its sidecar: neither mutual TLS nor policies hold there. One workload is enough, as
 * Istio does not know and sends calls to it too. A passthrough gateway passes calls to every port of the Service through, which only policies at
 * the workload restrict: with one such port, exported or not, none is exported. An alias has its exported ports only.
 */
export function checkSidecarBypass(
  service: ReachedService,
  { ports, sources }: Pick<ExportedPorts, "ports" | "sources">,
  workloads: readonly Workload[],
  tls: ClusterTls,
): CapturedPorts {
  const isOpen = service.via === "passthrough" && !service.isAliased;
  const candidates = isOpen ? exportedPorts(service.ports).sources : sources;
  const found = candidates
    .map((port) => ({ port, bypassing: bypassingWorkloads(service, port, workloads, tls) }))
    .filter(({ bypassing }) => bypassing.length > 0);
  const removed = new Set(found.map(({ port }) => port.port));
  const own = new Set(sources.filter((port) => isOwnPort(service, port, workloads)).map(({ port }) => port));
  const isNone = isOpen && removed.size > 0;
  const kept = ports.map(({ number }) => !isNone && !removed.has(number) && !own.has(number));
  const left = ports.filter((_, index) => kept[index]);
  const warnings: Fault[] = [];
  if (found.length > 0) {
    const everywhere = removed.size === candidates.length;
    warnings.push(bypassFault(found, workloads.length, left.length === 0, isOpen && !everywhere));
  }
  if (own.size > 0 && !isNone) {
    const consequence =
      left.length === 0 ? "so the Service is not exported" : "so peers' calls cannot reach them";
    warnings.push({
      path: "ports",
      value: namesOf(sources.filter(({ port }) => own.has(port))),
      rule: `lead(s) to ports of the sidecar itself, where no policy holds, ${consequence}`,
      remedy: "Remove it from the exports",
    });
  }
  return { ports: left, sources: sources.filter((_, index) => kept[index]), warnings };
}

/** A workload that takes calls past its sidecar, and the setting by which it does. */
interface BypassingWorkload {
  workload: Workload;
  by: string;
}

function bypassingWorkloads(
  service: ReachedService,
  port: KubernetesPort,
  workloads: readonly Workload[],
  { modeOf, gatewayTls }: ClusterTls,
): BypassingWorkload[] {
  // The mode of a DestinationRule overrides what Istio knows of the workload (`checkMtlsEnabled`).
  const found = gatewayTls(service, port.port);
  const forcedBy =
    found?.mode === ISTIO_MUTUAL ? `${ISTIO_MUTUAL} by DestinationRule ${found.by}` : undefined;
  return workloads.flatMap((workload) => {
    const isSpeaking = speaksMutualTls(workload);
    const own = isSpeaking ? bypassOf(service, port, workload) : undefined;
    const plain = isSpeaking ? plaintextBy(modeOf(workload, targetPortOf(workload, port))) : "no sidecar";
    const isForced = forcedBy !== undefined && plain !== undefined && workload.kind === "Pod";
    const by = own ?? (isForced ? `${plain}, and ${forcedBy}` : undefined);
    return by === undefined ? [] : [{ workload, by }];
  });
}

/** The PeerAuthentication by which a sidecar ends no TLS, so that a peer's reaches the container; undefined without one. */
function plaintextBy({ mode, by = "" }: PortMode): string | undefined {
  return mode === "DISABLE" ? `mode DISABLE by PeerAuthentication ${by}` : undefined;
}

function bypassOf(service: ReachedService, port: KubernetesPort, workload: Workload): string | undefined {
  // Handmade EndpointSlices have port numbers of their own.
  if (Object.keys(service.selector).length === 0) return anyBypass(workload.capture);
  const target = targetPortOf(workload, port);
  return target === undefined || isSidecarPort(target) ? undefined : bypassAt(workload.capture, target);
}

function anyBypass({ bypass, included, excluded }: InboundCapture): string | undefined {
  return bypass ?? included?.by ?? excluded?.by;
}

/** Whether a port resolves to one of the sidecar's own, which serve no application. */
function isOwnPort(service: ReachedService, port: KubernetesPort, workloads: readonly Workload[]): boolean {
  if (Object.keys(service.selector).length === 0) return false;
  return workloads.filter(speaksMutualTls).some((workload) => {
    const target = targetPortOf(workload, port);
    return workload.kind === "Pod" && target !== undefined && isSidecarPort(target);
  });
}

/** One warning for all workloads and ports of a Service. */
function bypassFault(
  found: readonly { port: KubernetesPort; bypassing: readonly BypassingWorkload[] }[],
  total: number,
  isNone: boolean,
  isByOtherPort: boolean,
): Fault {
  const all = found.flatMap(({ bypassing }) => bypassing);
  const workloads = new Set(all.map(({ workload }) => workload)).size;
  const settings = firstNames(sortedUnique(all.map(({ by }) => by)));
  const reason = isByOtherPort ? ", and the gateway passes calls to every port of the Service through" : "";
  const split = "move the port(s) to a Service of their own, or export the Service by 'as'";
  return {
    path: "ports",
    value: namesOf(found.map(({ port }) => port)),
    rule: `reach(es) ${count(workloads)} of ${count(total)} workload(s) past the sidecar (${settings}), where neither mutual TLS nor policies hold${reason}, so the ${isNone ? "Service is" : "port(s) are"} not exported`,
    remedy: `Remove the setting and restart the workloads, ${isByOtherPort ? split : "or remove the port(s) from the exports"}`,
  };
}

function namesOf(ports: readonly KubernetesPort[]): string[] {
  return ports.map(({ name = "", port }) => (name === "" ? String(port) : name));
}
