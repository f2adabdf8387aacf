import type { CallerRules } from "../../../federation/config/callers.ts";
import { type CallerPolicies, callerPolicies } from "../../../federation/access/policies.ts";
import type { AuthorizationPolicy } from "../../../federation/access/policy.ts";
import type { CallingMesh, GuardedService } from "../../../federation/access/policyTarget.ts";
import { type Call, letsIn } from "./policyEvaluator.ts";

export const mesh: CallingMesh = {
  trustDomain: "b.local",
  peers: { "cluster-a": "a.local", "cluster-c": "c.local" },
};

export const http = { number: 80, name: "http", protocol: "HTTP" as const, targetPorts: [8080] };
export const tcp = { number: 5432, name: "tcp", protocol: "TCP" as const, targetPorts: [5432] };

/** Service `bar` of namespace `shop`, offered to both peers. */
export function guarded(rule: CallerRules, changes: Partial<GuardedService> = {}): GuardedService {
  const name = changes.name ?? "bar";
  return {
    namespace: "shop",
    name,
    host: `${name}.shop.svc.b.local`,
    selector: { app: "bar" },
    ports: [http],
    isWhole: true,
    peers: ["cluster-a", "cluster-c"],
    rule,
    ...changes,
  };
}

/** What becomes of one Service. */
export function policiesFor(
  rule: CallerRules,
  changes: Partial<GuardedService> = {},
  among: Partial<CallingMesh> = {},
  last: readonly AuthorizationPolicy[] = [],
): CallerPolicies {
  return callerPolicies([guarded(rule, changes)], { ...mesh, ...among }, last);
}

/** What of a list of calls gets through, each written `principal [METHOD /path] [:port]`. */
export function getThrough(policies: readonly AuthorizationPolicy[], calls: readonly string[]): string[] {
  return calls.filter((call) =>
    letsIn(
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
