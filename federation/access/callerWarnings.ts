import { isLimited } from "./callers.ts";
import type { GuardedService, CallingMesh } from "./policyTarget.ts";
import { count, firstNames } from "../core/change.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { compare } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { unknownPorts } from "../exports/lastExports.ts";

/**
 * Why a Service whose callers are restricted must not be offered, as nothing could hold them; undefined when a policy can.
 * Its path is from the Service on, as are those of {@link warnOfCallers}.
 */
export function unguardable(service: GuardedService): Fault | undefined {
  const { callers = [], localCallers } = service.rule;
  if (service.terminated === true) {
    const limited = callers.findIndex(isLimited);
    if (limited >= 0) return unseen(pathOf("exports", service.ruleIndex ?? 0, "callers", limited));
    // The gateway holds peers' callers.
    if (localCallers === undefined) return undefined;
  }
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
  if (limits(service) && !service.ports.some(({ protocol }) => isHttp(protocol))) {
    return {
      path: "ports",
      value: service.ports.map(({ name, protocol }) => `${name}: ${protocol}`),
      rule: "has none that is HTTP, where alone methods and paths are told apart, so the Service is held back",
      remedy: "Name the protocol (appProtocol: http), or allow its callers without 'methods' and 'paths'",
    };
  }
  return undefined;
}

function unseen(place: string): Fault {
  return {
    path: "callers",
    rule: `are held at the gateway, which sees connections and no requests, and ${place} allows some methods or paths only, so the Service is held back`,
    remedy: "Leave out 'methods' and 'paths' there, or write gateway: passthrough",
  };
}

/**
 * What is stricter than its rule says, of a Service whose callers are restricted.
 * @param found the same Service before the last update's ports stood in for those that no workload tells.
 */
export function warnOfCallers(service: GuardedService, found = service): Fault[] {
  const unknown = unknownPorts(service);
  const kept = unknownPorts(found).filter(({ number }) => !unknown.some((port) => port.number === number));
  const others = service.ports.filter(({ protocol }) => !isHttp(protocol));
  const warnings: Fault[] = [];
  // Peers' callers are held at the gateway, which has the Service's own ports.
  const isHeld = service.terminated !== true;
  if (unknown.length > 0 && (isHeld || service.rule.localCallers !== undefined)) {
    const effects = [
      ...(isHeld ? ["no peer can call there"] : []),
      ...(service.rule.localCallers === undefined ? [] : ["callers of this cluster are not refused there"]),
    ];
    warnings.push({
      path: "ports",
      value: unknown.map(({ name }) => name),
      rule: `lead(s) to no port number that any of its workloads tells, so ${effects.join(", and ")}`,
      remedy: "Update this stack again when its workloads run, or write the number as targetPort",
    });
  }
  if (kept.length > 0) {
    warnings.push({
      path: "ports",
      value: kept.map(({ name }) => name),
      rule: "lead(s) to no port number that any of its workloads tells now: policies go on with those of the last update",
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
 * Peers that no policy tells apart, from us or from each other, as they have one trust domain, where the exports do.
 * @returns one warning for each such peer, in order.
 */
export function warnOfCommonDomains(services: readonly GuardedService[], mesh: CallingMesh): Fault[] {
  const peers = Object.entries(mesh.peers)
    .flatMap(([name, trustDomain]) => (trustDomain === undefined ? [] : [{ name, trustDomain }]))
    .sort((one, other) => compare(one.name, other.name));
  return peers.flatMap(({ name, trustDomain }, index) => {
    if (trustDomain === mesh.trustDomain) {
      const meant = services.filter(
        ({ peers: offered, rule }) => !offered.includes(name) || rule.callers !== undefined,
      );
      const remedy = "Restrict them by 'localCallers', or give the cluster a trust domain of its own";
      return warning(name, meant, "has our trust domain: its callers are local ones to every policy", remedy);
    }
    const twin = peers.slice(0, index).find((earlier) => earlier.trustDomain === trustDomain);
    if (twin === undefined) return [];
    const meant = services.filter((service) => tellsApart(service, name, twin.name));
    const remedy = "Offer both the same, or give each a trust domain of its own";
    return warning(
      name,
      meant,
      `has the trust domain of peer ${twin.name}: who may call of one may call of both`,
      remedy,
    );
  });
}

function tellsApart({ peers, rule: { callers = [] } }: GuardedService, one: string, other: string): boolean {
  if (peers.includes(one) !== peers.includes(other)) return true;
  return callers.some(({ peer }) => peer === one || peer === other);
}

function warning(peer: string, services: readonly GuardedService[], rule: string, remedy: string): Fault[] {
  if (services.length === 0) return [];
  const where = `at ${count(services.length)} service(s) that say otherwise (${firstNames(services.map(({ host }) => host))})`;
  return [{ path: pathOf("peers", peer), rule: `${rule}, ${where}`, remedy }];
}
