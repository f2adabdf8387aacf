import { type GuardedService, isHttp } from "./callerPolicy.ts";
import { isLimited } from "./callers.ts";
import { someOf } from "./change.ts";
import { type Fault, within } from "./fault.ts";
import { sortedUnique } from "./order.ts";
import { mayShare } from "./sharedWorkloads.ts";
import { ISTIO_NAMESPACE } from "./wellKnown.ts";

/**
 * Why a Service whose callers are restricted must not be offered, as nothing could hold them; undefined when a policy can.
 * Its path is from the Service on, as are those of {@link warnOfCallers}.
 */
export function unguardable(service: GuardedService): Fault | undefined {
  if (Object.keys(service.selector).length === 0) {
    return {
      path: "selector",
      rule: "is not there, and who may call is held at the workloads that it selects, so the Service is held back",
      remedy: "Give it a selector, or offer it to all callers of all peers",
    };
  }
  if (service.namespace === ISTIO_NAMESPACE) {
    return {
      path: "namespace",
      value: service.namespace,
      rule: "is Istio's root namespace, where a policy holds for workloads of every namespace, so the Service is held back",
      remedy: "Move it to another namespace, or offer it to all callers of all peers",
    };
  }
  if (limits(service) && !service.ports.some(isHttp)) {
    return {
      path: "ports",
      value: service.ports.map(({ name, protocol }) => `${name}: ${protocol}`),
      rule: "has none that is HTTP, where alone methods and paths are told apart, so the Service is held back",
      remedy: "Name the protocol (appProtocol: http), or allow its callers without 'methods' and 'paths'",
    };
  }
  return undefined;
}

/** What is stricter than its rule says, of a Service whose callers are restricted. */
export function warnOfCallers(service: GuardedService): Fault[] {
  const unknown = service.ports.filter(({ targetPort }) => targetPort === undefined);
  const others = service.ports.filter((port) => !isHttp(port));
  const warnings: Fault[] = [];
  if (unknown.length > 0) {
    const open =
      service.rule.localCallers === undefined ? "" : ", and callers of this cluster are not refused there";
    warnings.push({
      path: "ports",
      value: unknown.map(({ name }) => name),
      rule: `lead(s) to no one port number that its workloads agree on, so no peer can call there${open}`,
      remedy: "Update this stack again when its workloads run, or write the number as targetPort",
    });
  }
  if (limits(service) && others.length > 0) {
    warnings.push({
      path: "ports",
      value: others.map(({ name }) => name),
      rule: "is/are not HTTP, so callers that may use some methods or paths only cannot call there",
      remedy: "Offer the HTTP ports only, or allow those callers without 'methods' and 'paths'",
    });
  }
  if (service.rule.localCallers !== undefined && service.permissive === true) {
    warnings.push({
      path: "workloads",
      rule: "take plaintext too, in which callers show no identity: 'localCallers' refuses those",
      remedy: "Make mutual TLS STRICT for them, so that it is plain who can call",
    });
  }
  return warnings;
}

function limits({ rule: { callers = [], localCallers = [] } }: GuardedService): boolean {
  return [...callers, ...localCallers].some(isLimited);
}

/**
 * Services that have a port of some workload in common and do not let the same callers in.
 * @param neighbours the exported Services of one namespace.
 */
export function warnOfSharing(neighbours: readonly GuardedService[]): Fault[] {
  return neighbours.flatMap((service, index) => {
    const targets = new Set(service.ports.map(({ targetPort }) => targetPort));
    const differing = neighbours.slice(0, index).filter((other) => {
      const isCommon = other.ports.some(
        ({ targetPort }) => targetPort !== undefined && targets.has(targetPort),
      );
      return isCommon && mayShare(service, other) && whoMayCall(service) !== whoMayCall(other);
    });
    if (differing.length === 0) return [];
    const warning = {
      path: "ports",
      rule: `are, of the same workloads, those of ${someOf(differing.map(({ name }) => name))} too, for other callers: only whom both admit gets through`,
      remedy: "Export them by one rule, or give the workloads a port for each",
    };
    return [within(`Service ${service.namespace}/${service.name}`, warning)];
  });
}

function whoMayCall({ peers, rule: { callers, localCallers } }: GuardedService): string {
  return JSON.stringify([sortedUnique(peers), callers ?? "all", localCallers ?? "all"]);
}
