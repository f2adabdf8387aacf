import type { AuthorizationPolicy, PolicyRule } from "./authorizationPolicy.ts";
import type { CallingMesh, GuardedService } from "./guardedService.ts";
import type { LocalCaller } from "./callers.ts";
import { compare, sortedUnique } from "../order.ts";
import { knownDomains, peerCallers } from "./peerCallers.ts";
import { strangerRule, uninvitedRules } from "./policyRules.ts";
import { openedName } from "../exports/terminatedExport.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT } from "../wellKnown.ts";

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
