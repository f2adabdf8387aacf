import { count, firstNames } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { compare } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import type { Offer } from "../exports/offer.ts";
import { type PolicyContext, limitsRequests } from "./callers.ts";
import { unknownPorts } from "./workloadPorts.ts";

/**
 * Finds why no policy could enforce the rule of a Service, which then must not be exported; undefined when a policy can.
 * Paths of the fault and of {@link callerWarnings} start at the Service.
 */
export function whyUnenforceable(
  offer: Offer,
  { rootNamespace }: Pick<PolicyContext, "rootNamespace">,
): Fault | undefined {
  const { callers = [], localCallers } = offer.rule;
  if (offer.via === "terminated") {
    const limited = callers.findIndex(limitsRequests);
    if (limited >= 0) return requestLimitFault(pathOf("exports", offer.ruleIndex, "callers", limited));
    // The gateway restricts peers' callers.
    if (localCallers === undefined) return undefined;
  }
  if (Object.keys(offer.selector).length === 0) {
    const rule = `is missing, and callers are restricted at the workloads that it selects, ${NOT_EXPORTED}`;
    return { path: "selector", rule, remedy: "Give it a selector, or export it to all callers of all peers" };
  }
  if (offer.namespace === rootNamespace) {
    const rule = `is Istio's root namespace, where a policy applies to workloads of every namespace, ${NOT_EXPORTED}`;
    const remedy = "Move it to another namespace, or export it to all callers of all peers";
    return { path: "namespace", value: offer.namespace, rule, remedy };
  }
  if (!limitsSome(offer) || offer.ports.some(({ protocol }) => isHttp(protocol))) return undefined;
  const value = offer.ports.map(({ name, protocol }) => `${name}: ${protocol}`);
  const rule = `has none that is HTTP, which 'methods' and 'paths' need, ${NOT_EXPORTED}`;
  const remedy = "Name the protocol (appProtocol: http), or allow its callers without 'methods' and 'paths'";
  return { path: "ports", value, rule, remedy };
}

const NOT_EXPORTED = "so the Service is not exported";

function requestLimitFault(place: string): Fault {
  const rule = `are restricted at the TLS-terminating gateway, which sees connections and no requests, and ${place} allows some methods or paths only, ${NOT_EXPORTED}`;
  const remedy = "Remove 'methods' and 'paths' there, or write gateway: passthrough";
  return { path: "callers", rule, remedy };
}

/**
 * Warns where policies are stricter than the rule of a Service.
 * @param found the offer before the last update's ports replaced unknown ones.
 */
export function callerWarnings(offer: Offer, found: Offer): Fault[] {
  const unknown = unknownPorts(offer);
  const kept = unknownPorts(found).filter(({ number }) => !unknown.some((port) => port.number === number));
  const others = offer.ports.filter(({ protocol }) => !isHttp(protocol));
  const warnings: Fault[] = [];
  const warn = (ports: Offer["ports"], rule: string, remedy: string): void =>
    void warnings.push({ path: "ports", value: ports.map(({ name }) => name), rule, remedy });
  // A TLS-terminating gateway restricts peers' callers by the Service's own ports.
  const isPassthrough = offer.via === "passthrough";
  const again = "Update this stack again when its workloads run, or write the number as targetPort";
  const unresolved = "resolve(s) to no port number at any of its workloads";
  const effects = [
    isPassthrough && "no peer can call there",
    offer.rule.localCallers !== undefined && "callers of this cluster are not denied there",
  ].filter((effect) => effect !== false);
  if (unknown.length > 0 && effects.length > 0)
    warn(unknown, `${unresolved}, so ${effects.join(", and ")}`, again);
  if (kept.length > 0) warn(kept, `${unresolved} now: policies keep the numbers of the last update`, again);
  if (limitsSome(offer) && others.length > 0) {
    const rule = "is/are not HTTP, so callers that may use some methods or paths only cannot call there";
    warn(others, rule, "Export the HTTP ports only, or allow those callers without 'methods' and 'paths'");
  }
  if (offer.rule.localCallers !== undefined && offer.permissiveBy.length > 0) {
    warnings.push({
      path: "workloads",
      rule: "accept plaintext too, in which callers have no identity: 'localCallers' denies those",
      remedy: "Make mutual TLS STRICT for them, so that every caller has an identity",
    });
  }
  return warnings;
}

function limitsSome({ rule: { callers = [], localCallers = [] } }: Offer): boolean {
  return [...callers, ...localCallers].some(limitsRequests);
}

/**
 * Warns of peers that share a trust domain with this cluster or another peer, where rules distinguish them and policies cannot.
 * @returns a warning for each such peer; sorted.
 */
export function sharedDomainWarnings(offers: readonly Offer[], context: PolicyContext): Fault[] {
  const peers = Object.entries(context.peers)
    .flatMap(([name, trustDomain]) => (trustDomain === undefined ? [] : [{ name, trustDomain }]))
    .sort((one, other) => compare(one.name, other.name));
  return peers.flatMap(({ name, trustDomain }, index) => {
    if (trustDomain === context.trustDomain) {
      const affected = offers.filter(
        ({ audience, rule }) => !audience.includes(name) || rule.callers !== undefined,
      );
      const reason = "has this cluster's trust domain: to policies its callers are local ones";
      const remedy = "Restrict them by 'localCallers', or give the cluster a trust domain of its own";
      return sharedDomainWarning(name, affected, reason, remedy);
    }
    const twin = peers.slice(0, index).find((earlier) => earlier.trustDomain === trustDomain);
    if (twin === undefined) return [];
    const affected = offers.filter((offer) => distinguishes(offer, name, twin.name));
    const reason = `has the trust domain of peer ${twin.name}: policies that allow callers of one peer allow callers of both`;
    const remedy = "Export the same to both, or give each a trust domain of its own";
    return sharedDomainWarning(name, affected, reason, remedy);
  });
}

function distinguishes({ audience, rule: { callers = [] } }: Offer, one: string, other: string): boolean {
  if (audience.includes(one) !== audience.includes(other)) return true;
  return callers.some(({ peer }) => peer === one || peer === other);
}

function sharedDomainWarning(peer: string, offers: readonly Offer[], rule: string, remedy: string): Fault[] {
  if (offers.length === 0) return [];
  const where = `at ${count(offers.length)} service(s) whose rules distinguish them (${firstNames(offers.map(({ host }) => host))})`;
  return [{ path: pathOf("peers", peer), rule: `${rule}, ${where}`, remedy }];
}
