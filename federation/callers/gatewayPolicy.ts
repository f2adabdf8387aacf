import type { AuthorizationPolicy, PolicyRule } from "./authorizationPolicy.ts";
import type { CallingMesh, GuardedService } from "./callerPolicy.ts";
import type { LocalCaller } from "./callers.ts";
import { compare, sortedUnique } from "../order.ts";
import { knownDomains, peerCallers } from "./peerCallers.ts";
import { strangerRule, uninvitedRules } from "./policyRules.ts";
import { openedName } from "../exports/terminatedExport.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT } from "../wellKnown.ts";

/** Its policy; no Service's own has such a name. A component adds to it what tells one from the next. */
export const GATEWAY_POLICY = "istio-federation-gateway";

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
 * @returns one policy; none where the gateway opens nothing.
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
  const spec = {
    selector: { matchLabels: { istio: GATEWAY_NAME } },
    action: "DENY" as const,
    rules: [{ ...strangerRule(knownDomains(mesh)), to }, ...uninvited],
  };
  return [{ namespace: GATEWAY_NAMESPACE, name: GATEWAY_POLICY, spec }];
}
