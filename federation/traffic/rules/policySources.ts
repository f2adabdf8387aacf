import { suggestion } from "../../core/schema.ts";
import { firstNames } from "../../core/text.ts";
import type { AuthorizationPolicySpec, PolicySource } from "../specs.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** The sources of a policy, with their paths. */
function sourcesOf({ rules = [] }: AuthorizationPolicySpec): { path: string; source: PolicySource }[] {
  return rules.flatMap(({ from = [] }, rule) =>
    from.map(({ source = {} }, index) => ({ path: `spec.rules[${rule}].from[${index}].source`, source })),
  );
}

/** The entries of some fields of a source, with their paths. */
function entriesOf(
  { path, source }: { path: string; source: PolicySource },
  fields: readonly (keyof PolicySource)[],
): { path: string; value: string }[] {
  return fields.flatMap((field) =>
    (source[field] ?? []).map((value, index) => ({ path: `${path}.${field}[${index}]`, value })),
  );
}

/** A namespace that is not there, in a policy (`AuthorizationPoliciesAnalyzer`): nobody matches it. */
export const policyNamespaces: TrafficRule = {
  code: "IST0101",
  checks: "namespaces of policies are there",
  needs: ["services"],
  find: ({ objects, namespaces }) =>
    ofKind(objects, "AuthorizationPolicy").flatMap(({ object, spec }) =>
      sourcesOf(spec)
        .flatMap((source) => entriesOf(source, ["namespaces", "notNamespaces"]))
        .flatMap(({ path, value }): TrafficFinding[] => {
          const names = Object.keys(namespaces);
          if (names.length === 0 || names.some((name) => matchesText(value, name))) return [];
          return [
            {
              ...{ level: "warning", object, path, value },
              rule: "is no namespace of this cluster, so no caller matches it",
              remedy: suggestion(value, names) ?? "Correct it; callers of peers are matched by principals",
            },
          ];
        }),
    ),
};

/** Principals that no certificate has: Istio compares them as text, without `spiffe://` (authorization policy reference, `principals`). */
export const principalForm: TrafficRule = {
  code: "principal",
  checks: "principals are those of trusted clusters",
  needs: [],
  find: ({ objects, mesh }) =>
    ofKind(objects, "AuthorizationPolicy").flatMap(({ object, spec }) =>
      sourcesOf(spec)
        .flatMap((source) => entriesOf(source, ["principals"]))
        .flatMap(({ path, value }): TrafficFinding[] => {
          const problem = principalProblem(value, [
            mesh.trustDomain,
            "cluster.local",
            ...mesh.peerTrustDomains,
          ]);
          return problem === undefined ? [] : [{ level: "warning", object, path, value, ...problem }];
        }),
    ),
};

function principalProblem(
  value: string,
  trustDomains: readonly string[],
): { rule: string; remedy: string } | undefined {
  if (value.startsWith("spiffe://"))
    return { rule: "begins with spiffe://, which principals do not have", remedy: `Write ${value.slice(9)}` };
  const inner = value.slice(1, -1);
  if (inner.includes("*"))
    return {
      rule: "has a * within, where it is taken as it is",
      remedy: "Write * at the start or the end alone, or several principals",
    };
  if (value.startsWith("*") || !value.includes("/")) {
    if (value.startsWith("*") || value.endsWith("*") || value === "") return undefined;
    return { rule: "is no principal", remedy: "Write <trust domain>/ns/<namespace>/sa/<service account>" };
  }
  const [trustDomain = "", ns, , sa] = value.split("/");
  const isForm =
    (ns === "ns" || ns === undefined || ns.endsWith("*")) &&
    (sa === "sa" || sa === undefined || value.endsWith("*"));
  if (!isForm)
    return { rule: "is no principal", remedy: "Write <trust domain>/ns/<namespace>/sa/<service account>" };
  if (trustDomain.endsWith("*") || trustDomains.includes(trustDomain)) return undefined;
  return {
    rule: `is of trust domain ${trustDomain}, which is neither this cluster's nor a peer's (${firstNames(trustDomains)})`,
    remedy: suggestion(trustDomain, trustDomains) ?? "Write the trust domain of this cluster or of a peer",
  };
}

/** Whether a policy's text, with `*` at one end, matches a name. */
function matchesText(text: string, name: string): boolean {
  if (text === "*") return true;
  if (text.startsWith("*")) return name.endsWith(text.slice(1));
  return text.endsWith("*") ? name.startsWith(text.slice(0, -1)) : name === text;
}
