import type { LocalCaller } from "../config/callers.ts";
import {
  type CallerGroup,
  EVERYBODY,
  type PolicyDomain,
  groupsOf,
  holds,
  needsDomain,
  principalOf,
  isLimited,
} from "./callers.ts";
import type { Operation, PolicyRule, Source } from "./policy.ts";
import { compare, sortedUnique } from "../core/order.ts";

/** The workloads' ports that a Service offers: those where methods and paths are told apart, and the others. */
export interface TargetPorts {
  http: readonly number[];
  other: readonly number[];
}

/** Callers of one trust domain: for each entry, in their order, whom of them it means. */
export interface DomainCallers {
  domain: PolicyDomain;
  /** Those that mean nobody of this domain are undefined. */
  entries: readonly (LocalCaller | undefined)[];
}

/** Some workloads of one domain, without some of them. */
interface Part {
  domain: PolicyDomain;
  groups: CallerGroup[];
  except: CallerGroup[];
}

/**
 * What is refused so that exactly the callers of these domains' entries get through, each for what it may do. Callers of other domains
 * are not touched, and no other ports.
 */
export function denyRules(ports: TargetPorts, callers: readonly DomainCallers[]): PolicyRule[] {
  const { steps, rest } = stepsOf(callers);
  const limits = steps.flatMap(({ entry, parts }) => {
    if (!isLimited(entry)) return [];
    const { methods, paths } = entry;
    return [
      ...(methods === undefined ? [] : rulesAt(ports.http, parts, { notMethods: methods })),
      ...(paths === undefined ? [] : rulesAt(ports.http, parts, { notPaths: paths })),
      // There is no telling a method where there is no HTTP. (Istio itself would read such a rule as one for everything.)
      ...rulesAt(ports.other, parts, {}),
    ];
  });
  return [...limits, ...rulesAt([...ports.http, ...ports.other], rest, {})];
}

/** Whether there is a caller of these domains who may not call, or not do everything. */
export function refusesSome(callers: readonly DomainCallers[]): boolean {
  const { steps, rest } = stepsOf(callers);
  return rest.length > 0 || steps.some(({ entry, parts }) => parts.length > 0 && isLimited(entry));
}

/** What these entries allow, in so many words. */
export function allowRules(ports: TargetPorts, callers: readonly DomainCallers[]): PolicyRule[] {
  return stepsOf(callers).steps.flatMap(({ entry, parts }) => {
    const { methods, paths } = entry;
    const open = isLimited(entry) ? ports.http : [...ports.http, ...ports.other];
    const limit = {
      ...(methods === undefined ? {} : { methods }),
      ...(paths === undefined ? {} : { paths }),
    };
    return rulesAt(open, parts, limit);
  });
}

/** Matches every caller of these domains on every port but these. */
export function otherPortsRules(offered: Iterable<number>, domains: readonly PolicyDomain[]): PolicyRule[] {
  const parts = domains.map((domain): Part => ({ domain, groups: [EVERYBODY], except: [] }));
  const notPorts = portTexts(offered);
  return rulesOf(parts, notPorts.length === 0 ? undefined : { notPorts });
}

/** Matches everybody but callers of these domains, also who shows a certificate without a name, which no list of names means. */
export function strangerRule(domains: readonly PolicyDomain[]): PolicyRule {
  const notPrincipals = sortedUnique(domains.map((domain) => principalOf(EVERYBODY, domain)));
  return notPrincipals.length === 0 ? {} : { from: [{ source: { notPrincipals } }] };
}

/** Matches those of these domains' callers whom no entry means. */
export function uninvitedRules(callers: readonly DomainCallers[]): PolicyRule[] {
  return rulesOf(stepsOf(callers).rest, undefined);
}

/** Matches callers that show no identity, as workloads that take plaintext have them. */
export function anonymousRules({ http, other }: TargetPorts): PolicyRule[] {
  const ports = portTexts([...http, ...other]);
  if (ports.length === 0) return [];
  return [{ from: [{ source: { notPrincipals: ["*"] } }], to: [{ operation: { ports } }] }];
}

/** The entries one after the other, each with those whom it decides for, and whom no entry means. */
function stepsOf(callers: readonly DomainCallers[]): {
  steps: { entry: LocalCaller; parts: Part[] }[];
  rest: Part[];
} {
  const steps = new Map<number, { entry: LocalCaller; parts: Part[] }>();
  const rest: Part[] = [];
  for (const { domain, entries } of callers) {
    const decided: CallerGroup[] = [];
    const decideFor = (groups: readonly CallerGroup[]): Part[] => {
      const left = groups.filter((group) => !decided.some((earlier) => holds(earlier, group)));
      if (left.length === 0) return [];
      const within = decided.filter((earlier) => left.some((group) => holds(group, earlier)));
      const except = within.filter((one) => !within.some((other) => other !== one && holds(other, one)));
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

/** One rule for all of them, but for those whose domain a rule of their own must name. */
function rulesOf(parts: readonly Part[], operation: Operation | undefined): PolicyRule[] {
  const to = operation === undefined ? {} : { to: [{ operation }] };
  const [plain, apart] = [false, true].map((isApart) =>
    parts.filter(({ domain, groups }) => groups.some((group) => needsDomain(group, domain)) === isApart),
  );
  const sources = sourcesOf(plain ?? []);
  return [
    ...(sources.length === 0 ? [] : [{ from: sources, ...to }]),
    ...(apart ?? []).map((part): PolicyRule => {
      const values = [principalOf(EVERYBODY, part.domain)];
      return { from: sourcesOf([part]), ...to, when: [{ key: "source.principal", values }] };
    }),
  ];
}

/** Those of which nobody is excepted go together. */
function sourcesOf(parts: readonly Part[]): { source: Source }[] {
  const whole = parts.filter(({ except }) => except.length === 0);
  const together = whole.flatMap(({ domain, groups }) => groups.map((group) => principalOf(group, domain)));
  return [
    ...(together.length === 0 ? [] : [{ source: { principals: sortedUnique(together) } }]),
    ...parts
      .filter(({ except }) => except.length > 0)
      .sort((one, other) => compare(one.domain.trustDomain, other.domain.trustDomain))
      .map(({ domain, groups, except }) => {
        const [principals, notPrincipals] = [groups, except].map((all) =>
          sortedUnique(all.map((group) => principalOf(group, domain))),
        );
        return { source: { principals: principals ?? [], notPrincipals: notPrincipals ?? [] } };
      }),
  ];
}

function portTexts(ports: Iterable<number>): string[] {
  return [...new Set(ports)].sort((one, other) => one - other).map(String);
}
