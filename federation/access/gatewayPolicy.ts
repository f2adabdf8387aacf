import type { LocalCaller } from "../config/callers.ts";
import { knownDomains, peerCallers } from "./callers.ts";
import type { AuthorizationPolicy, PolicyRule } from "./policy.ts";
import type { CallingMesh, GuardedService } from "./policyTarget.ts";
import { strangerRule, uninvitedRules, refusesSome } from "./rules.ts";
import { count } from "../core/change.ts";
import { type Fault, within } from "../core/fault.ts";
import { compare, sortedUnique } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT } from "../core/wellKnown.ts";
import { openedName } from "../exports/gatewayListeners.ts";

/** Its policy; no Service's own has such a name, and none that begins with it. A component adds what tells one from the next. */
const GATEWAY_POLICY = "istio-federation-gateway";

/** As many as Istio takes in one policy. */
const RULES_LIMIT = 512;

/** Whether a policy is the gateway's, and no Service's own. */
export function isGatewayPolicy({
  namespace,
  name,
}: Pick<AuthorizationPolicy, "name" | "namespace">): boolean {
  return namespace === GATEWAY_NAMESPACE && name.startsWith(GATEWAY_POLICY);
}

/** The gateway as a caller of workloads. */
export function gatewayCaller({ gatewayAccount = GATEWAY_NAME }: CallingMesh): LocalCaller {
  return { serviceAccounts: [`${GATEWAY_NAMESPACE}/${gatewayAccount}`] };
}

/**
 * What the gateway refuses of the calls that it opens: everybody who is no caller of a peer (behind it they would pass for the gateway), and of
 * each Service those of peers who may not call it. It is one policy for all of them, and names only Services that refuse somebody, and rules once:
 * Istio puts all policies of a gateway into every one of its filter chains.
 *
 * In the cluster it is never changed, but replaced: the next one is there before the gateway is opened for more, and this one goes after the
 * gateway is closed for what it guards, so that between them both refuse.
 * @param services those that are offered; it selects the proxies that the Gateway object does.
 * @returns one policy, or several where one cannot hold all rules; none where the gateway opens nothing.
 */
export function gatewayPolicy(services: readonly GuardedService[], mesh: CallingMesh): AuthorizationPolicy[] {
  const opened = services.filter(({ terminated }) => terminated === true);
  if (opened.length === 0) return [];
  const to = [{ operation: { ports: [String(GATEWAY_PORT)] } }];
  const groups = Map.groupBy(opened, (service) => JSON.stringify(uninvitedRules(peerCallers(service, mesh))));
  const uninvited = [...groups]
    .sort(([one], [other]) => compare(one, other))
    .flatMap(([rules, members]) =>
      (JSON.parse(rules) as PolicyRule[]).map((rule): PolicyRule => {
        if (members.length === opened.length) return { ...rule, to };
        const names = members.flatMap(({ host, ports }) =>
          ports.map(({ number }) => openedName(host, number)),
        );
        return {
          ...rule,
          when: [...(rule.when ?? []), { key: "connection.sni", values: sortedUnique(names) }],
        };
      }),
    );
  const rules = [{ ...strangerRule(knownDomains(mesh)), to }, ...uninvited];
  const selector = { matchLabels: { istio: GATEWAY_NAME } };
  return Array.from({ length: Math.ceil(rules.length / RULES_LIMIT) }, (_, index) => ({
    namespace: GATEWAY_NAMESPACE,
    name: index === 0 ? GATEWAY_POLICY : `${GATEWAY_POLICY}-${index + 1}`,
    spec: {
      selector,
      action: "DENY" as const,
      rules: rules.slice(index * RULES_LIMIT, (index + 1) * RULES_LIMIT),
    },
  }));
}
/**
 * A gateway's filter chains times the Services' ports that its policy names in each: some 100 bytes of its configuration each. This is where 200
 * ports of 200 are named, or 4 MB.
 */
const NAMES_LIMIT = 200 * 200;

/**
 * What is to be known of a gateway that opens calls and refuses some.
 * @param services those that are offered.
 * @param policies what the gateway refuses them by.
 */
export function warnOfGateway(
  services: readonly GuardedService[],
  policies: readonly AuthorizationPolicy[],
  mesh: CallingMesh,
): Fault[] {
  const opened = services.filter(({ terminated }) => terminated === true);
  return [...opened.flatMap((service) => warnOfSilence(service, mesh)), ...warnOfNames(opened, policies)];
}

/** The gateway connects to the workload when it is connected to, and decides on the first byte that comes. */
function warnOfSilence(service: GuardedService, mesh: CallingMesh): Fault[] {
  const { namespace, name, ports, rule } = service;
  const others = ports.filter(({ protocol }) => !isHttp(protocol));
  const isRestricted = rule.localCallers !== undefined || refusesSome(peerCallers(service, mesh));
  if (others.length === 0 || !isRestricted) return [];
  const warning = {
    path: "ports",
    value: others.map((port) => port.name),
    rule: "is/are not HTTP, and the gateway refuses a caller only once it speaks: one that has a certificate of this cluster or a peer's, and stays silent, hears what such a server says first",
    remedy:
      "See that its clients speak first, or that what it says first is no secret; a workload's own sidecar holds it no better",
  };
  return [within(`Service ${namespace}/${name}`, warning)];
}

function warnOfNames(opened: readonly GuardedService[], policies: readonly AuthorizationPolicy[]): Fault[] {
  const chains = opened.reduce((sum, { ports }) => sum + ports.length, 0);
  const conditions = policies.flatMap(({ spec }) => spec.rules).flatMap(({ when = [] }) => when);
  const named = new Set(
    conditions.filter(({ key }) => key === "connection.sni").flatMap(({ values }) => values),
  ).size;
  if (chains * named <= NAMES_LIMIT) return [];
  return [
    {
      path: "exports",
      rule: `has the gateway, which opens calls of ${count(chains)} port(s), and tells callers of ${count(named)} of them apart by each one's name, take a configuration of some ${count(Math.round((chains * named) / 10_000))} MB, anew after each change`,
      remedy: "Offer fewer Services with gateway: terminating, or all those to the same callers",
    },
  ];
}
