import type { CallerRules } from "../../../federation/config/callers.ts";
import { type PolicyDecision, callerPolicies } from "../../../federation/access/callerPolicies.ts";
import type { AuthorizationPolicy } from "../../../federation/access/authorizationPolicy.ts";
import type { PolicyContext } from "../../../federation/access/callers.ts";
import { OWN_GATEWAY } from "../../../federation/core/gatewayPlace.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { type Call, allowsCall } from "./policyEvaluator.ts";

export const mesh: PolicyContext = {
  trustDomain: "b.local",
  gateway: { ...OWN_GATEWAY, serviceAccount: "eastwestgateway" },
  rootNamespace: "istio-system",
  foreignAllows: {},
  peers: { "cluster-a": "a.local", "cluster-c": "c.local" },
};

export const http = {
  number: 80,
  name: "http",
  protocol: "HTTP" as const,
  targetPort: 8080,
  targetPorts: [8080],
};
export const tcp = {
  number: 5432,
  name: "tcp",
  protocol: "TCP" as const,
  targetPort: 5432,
  targetPorts: [5432],
};

/** Target ports that no workload has. */
export const unknown = { targetPort: undefined, targetPorts: [] };

/** Service `bar` of namespace `shop`, exported to both peers. */
export function barOffer(rule: CallerRules, changes: Partial<Offer> = {}): Offer {
  const name = changes.name ?? "bar";
  return {
    namespace: "shop",
    name,
    host: `${name}.shop.svc.b.local`,
    isAliased: false,
    via: "passthrough",
    selector: { app: "bar" },
    ports: [http],
    isWhole: true,
    identities: [`spiffe://b.local/ns/shop/sa/${name}`],
    audience: ["cluster-a", "cluster-c"],
    importers: undefined,
    labels: {},
    permissiveBy: [],
    rule,
    ruleIndex: 0,
    ...changes,
  };
}

/** Policies of these exports. */
export function decidePolicies(
  offers: readonly Offer[],
  context: PolicyContext = mesh,
  last: readonly AuthorizationPolicy[] = [],
): PolicyDecision {
  return callerPolicies(offers, context, last);
}

/** Policies of one Service. */
export function policiesFor(
  rule: CallerRules,
  changes: Partial<Offer> = {},
  among: Partial<PolicyContext> = {},
  last: readonly AuthorizationPolicy[] = [],
): PolicyDecision {
  return decidePolicies([barOffer(rule, changes)], { ...mesh, ...among }, last);
}

/** Returns the allowed calls of a list, each written `principal [METHOD /path] [:port]`. */
export function allowedCalls(policies: readonly AuthorizationPolicy[], calls: readonly string[]): string[] {
  return calls.filter((call) =>
    allowsCall(
      policies.map(({ spec }) => spec),
      parseCall(call),
      mesh.trustDomain,
    ),
  );
}

function parseCall(text: string): Call {
  const parts = text.split(" ");
  const who = parts.find((part) => part.includes(".local/")) ?? "";
  const [trustDomain, namespace, account] = who.split("/");
  const port = Number(parts.find((part) => part.startsWith(":"))?.slice(1) ?? 8080);
  const method = parts.find((part) => /^[A-Z]+$/.test(part)) ?? "GET";
  const path = parts.find((part) => part.startsWith("/")) ?? "/";
  return {
    ...(who === "" ? {} : { principal: `${trustDomain}/ns/${namespace}/sa/${account}` }),
    port,
    ...(port === 5432 ? {} : { request: { method, path } }),
  };
}
