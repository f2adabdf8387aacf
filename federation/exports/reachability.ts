import type { ServicePort } from "../contract/service.ts";
import { count, firstNames } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { TLS_MODE_LABEL } from "../core/labels.ts";
import { ownValue, sortedUnique } from "../core/order.ts";
import type { Workload } from "./clusterServices.ts";
import { injectionRemedy, isAmbient, whyNotInjected } from "./injection.ts";
import { type ClusterTls, type GatewayTlsMode, ISTIO_MUTUAL, speaksMutualTls } from "./mutualTls.ts";
import type { Offer, OfferPort } from "./offer.ts";
import {
  type ExportedPorts,
  type KubernetesPort,
  commonTargetPort,
  targetPortOf,
  targetPorts,
} from "./ports.ts";
import { type ReachedService, checkSidecarBypass } from "./sidecarBypass.ts";

/** Ports of a Service that peers can reach through the gateway. */
export interface Reach {
  /** By number; without any, the warnings state why. */
  ports: OfferPort[];
  warnings: Fault[];
  /** PeerAuthentications by which workloads accept plaintext too, as `namespace/name`. */
  permissiveBy: string[];
}

/**
 * Checks that the gateway reaches a Service's workloads by mutual TLS, and that their sidecars see the calls; calls to others would vanish, or
 * escape the policies. A port that cannot be reached because of somebody's configuration is not exported. One that only some workloads
 * answer, or none now, is exported with a warning: workloads older than Istio get a sidecar when they are restarted, without another update.
 * @param carried the ports to export, with the Service's ports behind them.
 * @param workloads those that the Service selects, or the Pods behind its handmade endpoints; without any, its ports count as reachable.
 */
export function checkReach(
  service: ReachedService,
  carried: Pick<ExportedPorts, "ports" | "sources">,
  workloads: readonly Workload[],
  tls: ClusterTls,
): Reach {
  const speaking = workloads.filter(speaksMutualTls);
  const fault =
    service.via === "passthrough"
      ? unmeshedFault(service, carried, workloads, tls)
      : ambientFault(service, workloads);
  if (fault !== undefined) return { ports: [], permissiveBy: [], warnings: [fault] };
  const { ports, sources, warnings } = checkSidecarBypass(service, carried, workloads, tls);
  if (ports.length === 0 && warnings.length > 0) return { ports: [], permissiveBy: [], warnings };
  // Sidecars also enforce policies: target ports are those of the same workloads.
  const asked = speaking.length > 0 ? speaking : workloads;
  const checked = ports.map((port, index): Reach => {
    const found = tls.gatewayTls(service, port.number);
    if (found !== undefined && found.mode !== ISTIO_MUTUAL)
      return { ports: [], permissiveBy: [], warnings: [otherTlsFault(port.name, found, service.via)] };
    return checkPort(port, sources[index] ?? { port: port.number }, asked, tls, service);
  });
  const reached = checked.flatMap((port) => port.ports);
  return {
    ports: reached,
    warnings: [
      ...warnings,
      ...checked.flatMap((port) => port.warnings),
      ...(reached.length === 0 ? [NO_PORT] : workloadWarnings(service, sources, workloads, speaking)),
    ],
    permissiveBy: checked.flatMap((port) => port.permissiveBy),
  };
}

function checkPort(
  port: ServicePort,
  source: KubernetesPort,
  workloads: readonly Workload[],
  { modeOf }: ClusterTls,
  service: ReachedService,
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
    warnings: [
      ...refusing.slice(0, 1).map(({ by = "" }) => disabledFault(port.name, by, isUnreachable, service.via)),
      ...(isUnreachable ? [] : portNameWarnings(port.name, source, workloads, service)),
    ],
    permissiveBy: modes.flatMap(({ mode, by }) => (mode === "PERMISSIVE" && by !== undefined ? [by] : [])),
  };
}

/** Warns of workloads without a container port of the name; an alias needs one number at all of them, and states that itself. */
function portNameWarnings(
  name: string,
  source: KubernetesPort,
  workloads: readonly Workload[],
  { isAliased, selector }: ReachedService,
): Fault[] {
  if (isAliased || Object.keys(selector).length === 0) return [];
  const lacking = workloads.filter((workload) => targetPortOf(workload, source) === undefined).length;
  if (lacking === 0) return [];
  const calls = lacking === workloads.length ? "fail until one has it" : "reach the others only";
  return [
    {
      path: pathOf("ports", name),
      value: source.targetPort,
      rule: `names a container port that ${count(lacking)} of ${count(workloads.length)} workload(s) lack: peers' calls ${calls}`,
      remedy: "Give the containers a TCP port of that name, or write its number as targetPort",
    },
  ];
}

/** Finds why the gateway reaches no workload of a Service, and will not; undefined where it may. */
function unmeshedFault(
  service: ReachedService,
  { ports }: Pick<ExportedPorts, "ports">,
  workloads: readonly Workload[],
  { gatewayTls }: ClusterTls,
): Fault | undefined {
  const { selector, endpoints = [], namespaceLabels } = service;
  // A DestinationRule makes the gateway speak mutual TLS to any endpoint.
  const isForced = ports.every(({ number }) => gatewayTls(service, number)?.mode === ISTIO_MUTUAL);
  if (isForced || workloads.some(speaksMutualTls)) return undefined;
  if (Object.keys(selector).length === 0) {
    if (endpoints.length === 0) return undefined;
    return {
      path: "selector",
      rule: `is missing, and none of its ${count(endpoints.length)} endpoint(s) is a Pod with a sidecar ${SIDECAR}, so the Service is not exported`,
      remedy: `Give it a selector, or a DestinationRule with mode ${ISTIO_MUTUAL} where the endpoints speak Istio's mutual TLS`,
    };
  }
  const reasons = workloads.map((workload) => whyNotInjected(workload, namespaceLabels));
  if (reasons.length === 0 || reasons.includes(undefined)) return undefined;
  return {
    path: "selector",
    rule: `selects ${count(workloads.length)} workload(s), none with a sidecar ${SIDECAR}, nor with one after a restart (${formatReasons(reasons)}), so the Service is not exported`,
    remedy: "Let its workloads have sidecars, or remove the Service from the exports",
  };
}

/** Finds workloads that a TLS-terminating gateway would call by HBONE, which nothing here checks; one is enough. */
function ambientFault(
  { namespaceLabels }: ReachedService,
  workloads: readonly Workload[],
): Fault | undefined {
  const unmeshed = workloads.filter((workload) => !speaksMutualTls(workload));
  const ambient = unmeshed.filter((workload) => isAmbient(workload, namespaceLabels));
  if (ambient.length === 0) return undefined;
  return {
    path: "selector",
    rule: `selects ${count(workloads.length)} workload(s), ${count(ambient.length)} of them in ambient mode, which a TLS-terminating gateway calls by HBONE, so the Service is not exported`,
    remedy: "Let its workloads have sidecars, or remove the Service from the exports",
  };
}

function formatReasons(reasons: readonly (string | undefined)[]): string {
  return firstNames(sortedUnique(reasons.flatMap((reason) => reason ?? [])));
}

const SIDECAR = `(label ${TLS_MODE_LABEL}: istio)`;

/** Label of a Pod that Istio takes for draining, and calls no more (`PILOT_DRAINING_LABEL`). */
const DRAINING_LABEL = "istio.io/draining";

function isCalled({ ready, labels }: Workload): boolean {
  return ready && (ownValue(labels, DRAINING_LABEL) ?? "") === "";
}

function workloadWarnings(
  service: ReachedService,
  sources: readonly KubernetesPort[],
  workloads: readonly Workload[],
  speaking: readonly Workload[],
): Fault[] {
  const { via, namespaceLabels, isAliased, publishNotReadyAddresses = false } = service;
  if (Object.keys(service.selector).length === 0) return endpointWarnings(service, sources, speaking.length);
  const unmeshed = workloads.filter((workload) => !speaksMutualTls(workload));
  const warning = (which: string, remedy: string, all = workloads.length): Fault => ({
    path: "selector",
    rule: `selects ${count(all)} workload(s), ${which}`,
    remedy,
  });
  const reasons = formatReasons(unmeshed.map((workload) => whyNotInjected(workload, namespaceLabels)));
  const some = `${count(unmeshed.length)} of them without a sidecar ${SIDECAR}${reasons === "" ? "" : ` by ${reasons}`}`;
  const inject = injectionRemedy(service.namespace, namespaceLabels);
  if (via === "terminated" && unmeshed.length > 0)
    return [warning(`${some}, which the gateway calls in plaintext`, inject)];
  if (workloads.length > 0 && speaking.length === 0) {
    const none = `none with a sidecar ${SIDECAR}, so the gateway reaches none: the Service stays exported, and peers' calls fail until one has a sidecar`;
    return [warning(none, `${inject}, or remove the Service from the exports`)];
  }
  const warnings =
    unmeshed.length === 0 ? [] : [warning(`${some}: peers' calls reach the others only`, inject)];
  // Only the Service's own endpoints have the field; an alias selects the Pods itself.
  const needsReady = isAliased || !publishNotReadyAddresses;
  if (needsReady && speaking.length > 0 && !speaking.some(isCalled)) {
    const unready = "none of them ready: the Service stays exported, and peers' calls fail until one is";
    warnings.push(warning(unready, "Find out why they are not ready", speaking.length));
  }
  return warnings;
}

/** Warnings of a Service without a selector whose EndpointSlices were read. */
function endpointWarnings(
  { via, endpoints }: ReachedService,
  sources: readonly KubernetesPort[],
  speaking: number,
): Fault[] {
  if (endpoints === undefined) return [];
  if (endpoints.length === 0) {
    const rule =
      "is missing, and no EndpointSlice has an endpoint: the Service stays exported, and peers' calls fail until one has";
    return [{ path: "selector", rule, remedy: "Make its EndpointSlice, or give it a selector" }];
  }
  const warnings: Fault[] = [];
  // A TLS-terminating gateway calls endpoints in plaintext, which is another warning.
  if (speaking < endpoints.length && via === "passthrough") {
    const rule = `is missing, and ${count(endpoints.length - speaking)} of its ${count(endpoints.length)} endpoint(s) are no Pods with a sidecar ${SIDECAR}: peers' calls reach the others only`;
    warnings.push({ path: "selector", rule, remedy: "Give it a selector, or remove those endpoints" });
  }
  if (!endpoints.some(({ ready }) => ready)) {
    const rule = `is missing, and none of its ${count(endpoints.length)} endpoint(s) is ready by its EndpointSlice: the Service stays exported, and peers' calls fail until one is`;
    warnings.push({ path: "selector", rule, remedy: "Set conditions.ready: true in the EndpointSlice" });
  }
  const named = new Set(endpoints.flatMap(({ ports }) => ports));
  const lacking = sources.filter(({ name = "" }) => !named.has(name));
  if (lacking.length > 0) {
    warnings.push({
      path: "ports",
      value: lacking.map(({ name = "", port }) => (name === "" ? String(port) : name)),
      rule: "has a name that no port of its EndpointSlices has, by which Istio finds them: peers' calls fail until one has",
      remedy: "Name the EndpointSlice's ports like those of the Service",
    });
  }
  return warnings;
}

const NO_PORT: Fault = {
  path: "ports",
  rule: "has none that can be exported, so the Service is not exported",
  remedy: "Give it a TCP port, or remove it from the exports",
};

function otherTlsFault(port: string, { mode, by }: GatewayTlsMode, via: Offer["via"]): Fault {
  const consequence =
    via === "terminated"
      ? "which must call workloads by Istio's mutual TLS"
      : "which then passes nothing through";
  const rule = `is the TLS mode that DestinationRule ${by} sets for the gateway, ${consequence}, so the port is not exported`;
  const remedy = `Make it ${ISTIO_MUTUAL}, remove it, or hide that rule from the gateway by its exportTo`;
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
