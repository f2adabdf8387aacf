import type { LocalCaller } from "../config/callers.ts";
import { count } from "../core/text.ts";
import { type Fault, within } from "../core/fault.ts";
import { compareKeys, sortedUnique } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import { GATEWAY_PORT } from "../core/wellKnown.ts";
import type { GatewayWorkload } from "../core/gatewayPlace.ts";
import { terminatedSni } from "../exports/gatewayListeners.ts";
import type { Offer } from "../exports/offer.ts";
import type { AuthorizationPolicy, PolicyRule } from "./authorizationPolicy.ts";
import { type PolicyContext, peerCallers, peerDomains } from "./callers.ts";
import { deniesSome, otherDomainsRule, unmatchedCallersRules } from "./policyRules.ts";

/** Name of the gateway's policy, and prefix of further ones; no Service's policy begins with it. A component appends a version. */
const GATEWAY_POLICY = "istio-federation-gateway";

/** Rules that Istio accepts in one policy. */
const RULES_LIMIT = 512;

/** Whether a policy of this program is the gateway's, not a Service's. */
export function isGatewayPolicy({ name }: Pick<AuthorizationPolicy, "name">): boolean {
  return name.startsWith(GATEWAY_POLICY);
}

/** The gateway as a caller of workloads. */
export function gatewayCaller({ namespace, serviceAccount }: GatewayWorkload): LocalCaller {
  return { serviceAccounts: [`${namespace}/${serviceAccount}`] };
}

/**
 * Renders the policy of the TLS-terminating gateway. It denies everybody but callers of peers, as workloads would see them as the gateway, and
 * for each Service callers of peers that its rule does not admit. It names restricted Services only, and each rule once: Istio copies all
 * policies of a gateway into every filter chain.
 *
 * The object in the cluster is replaced, never changed: the next one is added before the gateway gets new listeners, and the old one is
 * removed after the gateway has lost those that it restricts. In between both deny.
 * @param offers exports of all Services.
 * @returns one policy, or several where one cannot have all rules; none where the gateway terminates no TLS.
 */
export function gatewayPolicies(offers: readonly Offer[], context: PolicyContext): AuthorizationPolicy[] {
  const terminated = offers.filter(({ via }) => via === "terminated");
  if (terminated.length === 0) return [];
  const to = [{ operation: { ports: [String(GATEWAY_PORT)] } }];
  const groups = Map.groupBy(terminated, (offer) =>
    JSON.stringify(unmatchedCallersRules(peerCallers(offer, context))),
  );
  const unmatched = [...groups].sort(compareKeys).flatMap(([rules, members]) =>
    (JSON.parse(rules) as PolicyRule[]).map((rule): PolicyRule => {
      if (members.length === terminated.length) return { ...rule, to };
      const names = members.flatMap(({ host, ports }) =>
        ports.map(({ number }) => terminatedSni(host, number)),
      );
      return {
        ...rule,
        when: [...(rule.when ?? []), { key: "connection.sni", values: sortedUnique(names) }],
      };
    }),
  );
  const rules = [{ ...otherDomainsRule(peerDomains(context)), to }, ...unmatched];
  const selector = { matchLabels: { ...context.gateway.selector } };
  return Array.from({ length: Math.ceil(rules.length / RULES_LIMIT) }, (_, index) => ({
    namespace: context.gateway.namespace,
    name: index === 0 ? GATEWAY_POLICY : `${GATEWAY_POLICY}-${index + 1}`,
    spec: {
      selector,
      action: "DENY" as const,
      rules: rules.slice(index * RULES_LIMIT, (index + 1) * RULES_LIMIT),
    },
  }));
}

/** Limit of filter chains times the SNI values in each, of some 100 bytes: 200 ports that are all restricted, or 4 MB. */
const NAMES_LIMIT = 200 * 200;

/**
 * Warns of limits of a TLS-terminating gateway that restricts callers.
 * @param policies those of the gateway.
 */
export function gatewayPolicyWarnings(
  offers: readonly Offer[],
  policies: readonly AuthorizationPolicy[],
  context: PolicyContext,
): Fault[] {
  const terminated = offers.filter(({ via }) => via === "terminated");
  return [
    ...terminated.flatMap((offer) => serverFirstWarnings(offer, context)),
    ...policySizeWarnings(terminated, policies),
  ];
}

/** Warns of protocols in which the server sends first: the gateway connects to the workload at once, and decides on the client's first byte. */
function serverFirstWarnings(offer: Offer, context: PolicyContext): Fault[] {
  const { namespace, name, ports, rule } = offer;
  const others = ports.filter(({ protocol }) => !isHttp(protocol));
  const isRestricted = rule.localCallers !== undefined || deniesSome(peerCallers(offer, context));
  if (others.length === 0 || !isRestricted) return [];
  const reason =
    "is/are not HTTP, and the gateway denies a caller only when it sends: one that has a certificate of this cluster or a peer, and sends nothing, receives what the server sends first";
  const remedy =
    "Make sure that its clients send first, or that the server's first bytes are no secret; a workload's own sidecar has the same limit";
  const value = others.map((port) => port.name);
  return [within(`Service ${namespace}/${name}`, { path: "ports", value, rule: reason, remedy })];
}

/** Warns of a configuration that grows with filter chains times SNI values. */
function policySizeWarnings(terminated: readonly Offer[], policies: readonly AuthorizationPolicy[]): Fault[] {
  const chains = terminated.reduce((sum, { ports }) => sum + ports.length, 0);
  const conditions = policies.flatMap(({ spec }) => spec.rules).flatMap(({ when = [] }) => when);
  const named = new Set(
    conditions.filter(({ key }) => key === "connection.sni").flatMap(({ values }) => values),
  ).size;
  if (chains * named <= NAMES_LIMIT) return [];
  const rule = `makes the gateway, which terminates TLS at ${count(chains)} port(s) and restricts callers by SNI at ${count(named)} of them, load a configuration of some ${count(Math.round((chains * named) / 10_000))} MB after each change`;
  const remedy = "Export fewer Services with gateway: terminating, or all of them to the same callers";
  return [{ path: "exports", rule, remedy }];
}
