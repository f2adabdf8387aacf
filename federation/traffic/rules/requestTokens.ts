import { matches } from "../../core/labels.ts";
import type { AuthorizationPolicySpec, SelectorSpec } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { type TrafficContext, type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Tokens that are validated and not required: a RequestAuthentication lets requests without a token pass (its reference says so). */
export const requiredTokens: TrafficRule = {
  code: "token-not-required",
  checks: "requests without a token are refused",
  needs: ["foreign"],
  find: (context) => {
    const policies = ofKind([...context.objects, ...context.foreign], "AuthorizationPolicy");
    return ofKind(context.objects, "RequestAuthentication").flatMap(({ object, spec }): TrafficFinding[] =>
      policies.some((policy) => usesTokens(policy.spec) && mayShare(policy, { object, spec }, context))
        ? []
        : [
            {
              ...{ level: "warning", object, path: "" },
              rule: "refuses invalid tokens alone: requests without one pass, as no AuthorizationPolicy for these workloads asks for one",
              remedy:
                "Add an AuthorizationPolicy with requestPrincipals: ['*'] in an ALLOW rule, or notRequestPrincipals: ['*'] in a DENY rule",
            },
          ],
    );
  },
};

/** Policies on tokens that nothing validates: no request has a request principal then. */
export const validatedTokens: TrafficRule = {
  code: "token-not-validated",
  checks: "tokens that policies ask for are validated",
  needs: ["foreign"],
  find: (context) => {
    const validations = ofKind([...context.objects, ...context.foreign], "RequestAuthentication");
    return ofKind(context.objects, "AuthorizationPolicy").flatMap(({ object, spec }): TrafficFinding[] =>
      !usesTokens(spec) || validations.some((validation) => mayShare(validation, { object, spec }, context))
        ? []
        : [
            {
              ...{ level: "warning", object, path: "spec.rules" },
              rule: "asks for tokens, and no RequestAuthentication for these workloads validates any: no request has one",
              remedy: "Add a RequestAuthentication with the issuer's keys",
            },
          ],
    );
  },
};

function usesTokens({ rules = [] }: AuthorizationPolicySpec): boolean {
  return rules.some(
    ({ from = [], when = [] }) =>
      from.some(({ source = {} }) => "requestPrincipals" in source || "notRequestPrincipals" in source) ||
      when.some(({ key = "" }) => key.startsWith("request.auth.")),
  );
}

interface Selecting {
  object: TrafficObject;
  spec: SelectorSpec;
}

/** Whether some workload may have both of two policies. */
function mayShare(one: Selecting, other: Selecting, { mesh, workloads }: TrafficContext): boolean {
  const isForAll = [one, other].some(({ object }) => object.namespace === mesh.rootNamespace);
  if (!isForAll && one.object.namespace !== other.object.namespace) return false;
  const [own, theirs] = [one, other].map(({ spec }) => spec.selector?.matchLabels ?? {});
  const isAll = (labels: Record<string, string> = {}): boolean => Object.keys(labels).length === 0;
  if (isAll(own) || isAll(theirs)) return true;
  const isSame =
    JSON.stringify(Object.entries(own ?? {}).sort()) === JSON.stringify(Object.entries(theirs ?? {}).sort());
  return (
    isSame || workloads.some(({ labels }) => matches(own ?? {}, labels) && matches(theirs ?? {}, labels))
  );
}
