import type { ExportRule } from "../config/exports.ts";
import { firstNames } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EMPTY_SELECTOR, EXPORT_LABEL, NOT_EXPORTED, isImport } from "../core/labels.ts";
import { compare, compareNames, ownValue, sortedNumbers } from "../core/order.ts";
import type { FoundServices, KubernetesService } from "./clusterServices.ts";
import {
  FAULTY_RULE,
  labelsOf,
  matchesNothing,
  namedServices,
  ruleFinder,
  serviceFinder,
  serviceKey,
} from "./exportRule.ts";

/** A Service, and the first rule that matches it. */
export interface RuleMatch {
  service: KubernetesService;
  rule: ExportRule;
  /** Place of the rule in the config's `exports`. */
  index: number;
}

/** A match, and whether the Service or its namespace is labelled as not exported. */
interface LabelledMatch extends RuleMatch {
  isOptedOut: boolean;
}

/**
 * Finds the rule that decides on each Service: the first one that matches. Services that are opted out by label, or were created by this
 * program for imports, are not among them.
 * @returns matches by namespace and name, and a warning for each rule that exports nothing or names a Service that cannot be exported.
 */
export function matchRules(
  found: FoundServices,
  rules: readonly ExportRule[],
): { matches: RuleMatch[]; warnings: Fault[] } {
  const { namespaces } = found;
  const [imported, own] = [true, false].map((wanted) =>
    found.services.filter(({ labels }) => isImport(labels) === wanted),
  ) as [KubernetesService[], KubernetesService[]];
  const importedKeys = new Set(imported.map(serviceKey));
  const labelled = matchAll(own, namespaces, rules);
  const idle = idleRuleWarnings(rules, labelled, serviceFinder(own, namespaces));
  return {
    matches: labelled.filter(({ isOptedOut }) => !isOptedOut),
    warnings: [
      ...idle.filter(({ value }) => typeof value !== "string" || !importedKeys.has(value)),
      ...rules.flatMap((rule, index) =>
        (namedServices(rule) ?? [])
          .filter((key) => importedKeys.has(key))
          .map((value): Fault => ({ path: pathOf("exports", index), value, ...IMPORTED })),
      ),
    ],
  };
}

function matchAll(
  services: readonly KubernetesService[],
  namespaces: FoundServices["namespaces"],
  rules: readonly ExportRule[],
): LabelledMatch[] {
  const find = ruleFinder(rules, namespaces);
  return services
    .flatMap((service) => {
      const index = find(service);
      const rule = index === undefined ? undefined : rules[index];
      if (index === undefined || rule === undefined) return [];
      const isOptedOut = [service.labels, labelsOf(namespaces, service)].some(
        (labels) => ownValue(labels, EXPORT_LABEL) === NOT_EXPORTED,
      );
      return [{ service, rule, index, isOptedOut }];
    })
    .sort((one, other) => compareNames(one.service, other.service));
}

/**
 * Warns of each rule that exports nothing, with the reason, and of each missing Service that a rule names.
 * @param find all Services that a rule matches, first or not.
 */
function idleRuleWarnings(
  rules: readonly ExportRule[],
  matches: readonly LabelledMatch[],
  find: (rule: ExportRule) => readonly KubernetesService[],
): Fault[] {
  const exporting = new Set(matches.filter(({ isOptedOut }) => !isOptedOut).map(({ index }) => index));
  const byKey = new Map(matches.map((match) => [serviceKey(match.service), match]));
  return rules.flatMap((rule, index) => {
    if (rule === FAULTY_RULE) return [];
    const path = pathOf("exports", index);
    const missing = (namedServices(rule) ?? [])
      .filter((name) => !byKey.has(name))
      .map((value): Fault => ({ path, value, ...MISSING }));
    if (exporting.has(index)) return missing;
    const matched = find(rule).flatMap((service) => byKey.get(serviceKey(service)) ?? []);
    if (matchesNothing(rule)) return [{ path, ...EMPTY_SELECTOR }];
    if (matched.length === 0) return missing.length > 0 ? missing : [{ path, ...NO_MATCH }];
    return [...missing, { path, ...whyIdle(matched, index) }];
  });
}

const IMPORTED = {
  rule: "was created by this program for an import, so it is not exported",
  remedy: "Take it out, and have that peer's team export the service to others itself",
};

const MISSING = {
  rule: "is no Service of this cluster yet",
  remedy: "Create it and update this stack again, or correct its namespace and name",
};

const NO_MATCH = {
  rule: "matches no Service of this cluster",
  remedy: "Create or label one and update this stack again, or correct the rule",
};

function whyIdle(matched: readonly LabelledMatch[], own: number): Pick<Fault, "rule" | "remedy"> {
  const earlier = matched.filter(({ index }) => index < own);
  const optedOut = matched.filter(({ index }) => index === own);
  const reasons = [
    optedOut.length > 0 && `the label ${EXPORT_LABEL} excludes ${namesOf(optedOut)}`,
    earlier.length > 0 && `earlier rules (${placesOf(earlier)}) match ${namesOf(earlier)} first`,
  ].filter((reason) => reason !== false);
  return {
    rule: `exports nothing: ${reasons.join(", and ")}`,
    remedy: earlier.length > 0 ? "Move it up, or remove it" : "Ask their owners, or remove it",
  };
}

function namesOf(matches: readonly LabelledMatch[]): string {
  return firstNames(matches.map(({ service }) => serviceKey(service)).sort(compare));
}

function placesOf(matches: readonly LabelledMatch[]): string {
  const places = sortedNumbers(matches.map(({ index }) => index));
  return firstNames(places.map((place) => pathOf("exports", place)));
}
