import type { LocalCaller } from "../config/callers.ts";
import { compare, sortedNumbers, sortedUnique, withoutUndefined } from "../core/order.ts";
import type { Operation, PolicyRule, Source } from "./authorizationPolicy.ts";
import {
  type CallerGroup,
  type DomainCallers,
  EVERYBODY,
  type PolicyDomain,
  containsGroup,
  groupsOf,
  limitsRequests,
  needsDomain,
  toPrincipal,
} from "./callers.ts";

/** Exported ports of workloads: HTTP ones, where policies see methods and paths, and others. */
export interface ProtocolPorts {
  http: readonly number[];
  other: readonly number[];
}

/** Workloads of one domain, with exceptions. */
interface Part {
  domain: PolicyDomain;
  groups: CallerGroup[];
  except: CallerGroup[];
}

/**
 * Renders rules that deny everything but what the entries of these domains allow. They match no callers of other domains, and no other
 * ports.
 */
export function denyRules(ports: ProtocolPorts, callers: readonly DomainCallers[]): PolicyRule[] {
  const { steps, rest } = stepsOf(callers);
  const limits = steps.flatMap(({ entry, parts }) => {
    if (!limitsRequests(entry)) return [];
    const { methods, paths } = entry;
    return [
      ...(methods === undefined ? [] : rulesAt(ports.http, parts, { notMethods: methods })),
      ...(paths === undefined ? [] : rulesAt(ports.http, parts, { notPaths: paths })),
      // Istio would read a rule with methods as one for everything where there is no HTTP.
      ...rulesAt(ports.other, parts, {}),
    ];
  });
  return [...limits, ...rulesAt([...ports.http, ...ports.other], rest, {})];
}

/** Whether some caller of these domains is denied something. */
export function deniesSome(callers: readonly DomainCallers[]): boolean {
  const { steps, rest } = stepsOf(callers);
  return rest.length > 0 || steps.some(({ entry, parts }) => parts.length > 0 && limitsRequests(entry));
}

/** Renders rules that match what the entries allow. */
export function allowRules(ports: ProtocolPorts, callers: readonly DomainCallers[]): PolicyRule[] {
  return stepsOf(callers).steps.flatMap(({ entry, parts }) => {
    const { methods, paths } = entry;
    const open = limitsRequests(entry) ? ports.http : [...ports.http, ...ports.other];
    return rulesAt(open, parts, withoutUndefined({ methods, paths }));
  });
}

/** Renders rules that match every caller of these domains on every other port. */
export function otherPortsRules(exported: Iterable<number>, domains: readonly PolicyDomain[]): PolicyRule[] {
  const parts = domains.map((domain): Part => ({ domain, groups: [EVERYBODY], except: [] }));
  const notPorts = portTexts(exported);
  return rulesOf(parts, notPorts.length === 0 ? undefined : { notPorts });
}

/** Renders a rule that matches everybody but callers of these domains, also certificates without a name. */
export function otherDomainsRule(domains: readonly PolicyDomain[]): PolicyRule {
  const notPrincipals = sortedUnique(domains.map((domain) => toPrincipal(EVERYBODY, domain)));
  return notPrincipals.length === 0 ? {} : { from: [{ source: { notPrincipals } }] };
}

/** Renders rules that match callers of these domains whom no entry matches. */
export function unmatchedCallersRules(callers: readonly DomainCallers[]): PolicyRule[] {
  return rulesOf(stepsOf(callers).rest, undefined);
}

/** Renders rules that match callers without an identity, which workloads that accept plaintext have. */
export function anonymousRules({ http, other }: ProtocolPorts): PolicyRule[] {
  const ports = portTexts([...http, ...other]);
  if (ports.length === 0) return [];
  return [{ from: [{ source: { notPrincipals: ["*"] } }], to: [{ operation: { ports } }] }];
}

/** Lists for each entry the callers that it is the first to match, and the callers that no entry matches. */
function stepsOf(callers: readonly DomainCallers[]): {
  steps: { entry: LocalCaller; parts: Part[] }[];
  rest: Part[];
} {
  const steps = new Map<number, { entry: LocalCaller; parts: Part[] }>();
  const rest: Part[] = [];
  for (const { domain, entries } of callers) {
    const decided: CallerGroup[] = [];
    const decideFor = (groups: readonly CallerGroup[]): Part[] => {
      const left = groups.filter((group) => !decided.some((earlier) => containsGroup(earlier, group)));
      if (left.length === 0) return [];
      const within = decided.filter((earlier) => left.some((group) => containsGroup(group, earlier)));
      const except = within.filter(
        (one) => !within.some((other) => other !== one && containsGroup(other, one)),
      );
      decided.push(...left);
      return [{ domain, groups: left, except }];
    };
    for (const [index, entry] of entries.entries()) {
      if (entry === undefined) continue;
      const step = steps.get(index) ?? { entry, parts: [] };
      step.parts.push(...decideFor(groupsOf(entry)));
      steps.set(index, step);
    }
    rest.push(...decideFor([EVERYBODY]));
  }
  return {
    steps: [...steps].sort(([one], [other]) => one - other).map(([, step]) => step),
    rest,
  };
}

function rulesAt(ports: readonly number[], parts: readonly Part[], limit: Operation): PolicyRule[] {
  return ports.length === 0 ? [] : rulesOf(parts, { ports: portTexts(ports), ...limit });
}

/** Joins the parts in one rule, except those that need a condition for their domain. */
function rulesOf(parts: readonly Part[], operation: Operation | undefined): PolicyRule[] {
  const to = operation === undefined ? {} : { to: [{ operation }] };
  const [plain, conditional] = [false, true].map((isConditional) =>
    parts.filter(
      ({ domain, groups }) => groups.some((group) => needsDomain(group, domain)) === isConditional,
    ),
  );
  const sources = sourcesOf(plain ?? []);
  return [
    ...(sources.length === 0 ? [] : [{ from: sources, ...to }]),
    ...(conditional ?? []).map((part): PolicyRule => {
      const values = [toPrincipal(EVERYBODY, part.domain)];
      return { from: sourcesOf([part]), ...to, when: [{ key: "source.principal", values }] };
    }),
  ];
}

/** Joins the parts without exceptions in one source. */
function sourcesOf(parts: readonly Part[]): { source: Source }[] {
  const whole = parts.filter(({ except }) => except.length === 0);
  const joined = whole.flatMap(({ domain, groups }) => groups.map((group) => toPrincipal(group, domain)));
  return [
    ...(joined.length === 0 ? [] : [{ source: { principals: sortedUnique(joined) } }]),
    ...parts
      .filter(({ except }) => except.length > 0)
      .sort((one, other) => compare(one.domain.trustDomain, other.domain.trustDomain))
      .map(({ domain, groups, except }) => {
        const [principals, notPrincipals] = [groups, except].map((all) =>
          sortedUnique(all.map((group) => toPrincipal(group, domain))),
        );
        return { source: { principals: principals ?? [], notPrincipals: notPrincipals ?? [] } };
      }),
  ];
}

function portTexts(ports: Iterable<number>): string[] {
  return sortedNumbers(ports).map(String);
}
