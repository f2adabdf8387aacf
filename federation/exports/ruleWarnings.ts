import type { ExportRule } from "../config/exports.ts";
import { firstNames } from "../core/change.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EXPORT_LABEL, EMPTY_SELECTOR } from "../core/labels.ts";
import { compare } from "../core/order.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { FAULTY_RULE, namedServices, selectsNothing, keyOf } from "./exportRule.ts";
import type { OfferedService } from "./offer.ts";

/** What became of a Service: which rule decides on it, and whether its owner lets it be exported at all. */
export interface Verdict {
  service: KubernetesService;
  /** Place of the rule. */
  index: number;
  optedOut: boolean;
}

/**
 * A warning for each rule that exports nothing, and why; and for each Service that a rule names and that is not there, as it may come.
 * @param find all Services that a rule means.
 */
export function judgeIdleRules(
  rules: readonly ExportRule[],
  verdicts: readonly Verdict[],
  find: (rule: ExportRule) => readonly KubernetesService[],
): Fault[] {
  const busy = new Set(verdicts.filter(({ optedOut }) => !optedOut).map(({ index }) => index));
  const byKey = new Map(verdicts.map((verdict) => [keyOf(verdict.service), verdict]));
  return rules.flatMap((rule, index) => {
    if (rule === FAULTY_RULE) return [];
    const path = pathOf("exports", index);
    const missing = (namedServices(rule) ?? []).filter((name) => !byKey.has(name));
    const absent = missing.map((value): Fault => ({ path, value, ...ABSENT }));
    if (busy.has(index)) return absent;
    const meant = find(rule).flatMap((service) => byKey.get(keyOf(service)) ?? []);
    if (selectsNothing(rule)) return [{ path, ...EMPTY_SELECTOR }];
    if (meant.length === 0) return missing.length > 0 ? absent : [{ path, ...NOTHING }];
    return [...absent, { path, ...explain(meant, index) }];
  });
}

const ABSENT = {
  rule: "is no Service of this cluster yet",
  remedy: "Create it and update this stack again, or correct its namespace and name",
};

const NOTHING = {
  rule: "means no Service of this cluster",
  remedy: "Create or label one and update this stack again, or correct the rule",
};

function explain(meant: readonly Verdict[], own: number): Pick<Fault, "rule" | "remedy"> {
  const earlier = meant.filter(({ index }) => index < own);
  const optedOut = meant.filter(({ index }) => index === own);
  const reasons = [
    optedOut.length > 0 && `the label ${EXPORT_LABEL} keeps ${namesOf(optedOut)} back`,
    earlier.length > 0 && `rules before it (${placesOf(earlier)}) decide on ${namesOf(earlier)}`,
  ].filter((reason) => reason !== false);
  return {
    rule: `exports nothing: ${reasons.join(", and ")}`,
    remedy: earlier.length > 0 ? "Put it further up, or take it out" : "Ask their owners, or take it out",
  };
}

function namesOf(verdicts: readonly Verdict[]): string {
  return firstNames(verdicts.map(({ service }) => keyOf(service)).sort(compare));
}

function placesOf(verdicts: readonly Verdict[]): string {
  const places = new Set(verdicts.map(({ index }) => index));
  return firstNames([...places].sort((one, other) => one - other).map((place) => pathOf("exports", place)));
}
/** Ports that rules ask for and Services do not have: one warning for all Services of a rule. */
export function judgeMissingPorts(offered: readonly OfferedService[]): Fault[] {
  const byRule = Map.groupBy(offered, ({ exported }) => exported.ruleIndex);
  return [...byRule]
    .sort(([one], [other]) => one - other)
    .flatMap(([index, services]) =>
      grouped(services, ({ missingPorts }) => missingPorts).map(([port, names]) => ({
        path: pathOf("exports", index, "ports"),
        value: port,
        rule: `is no port of ${names}`,
        remedy: "Correct it, or make a rule of its own for those that have it",
      })),
    );
}

/** Services that take plain text too: one warning for each PeerAuthentication that lets them. */
export function judgePlainText(offered: readonly OfferedService[]): Fault[] {
  return grouped(offered, ({ permissive }) => permissive).map(([policy, names]) => ({
    path: `PeerAuthentication ${policy}`,
    value: "PERMISSIVE",
    rule: `lets workloads of this cluster call ${names} without mutual TLS, and so without an identity that a policy could go by`,
    remedy:
      "Make it STRICT once all local callers have sidecars; peers' callers have an identity in any case",
  }));
}

/** The names of the first few Services that have something in common, by what that is, in order. */
function grouped(
  offered: readonly OfferedService[],
  of: (service: OfferedService) => readonly string[],
): [string, string][] {
  const pairs = offered.flatMap((service) => [...new Set(of(service))].map((what) => ({ what, service })));
  return [...Map.groupBy(pairs, ({ what }) => what)]
    .sort(([one], [other]) => compare(one, other))
    .map(([what, all]) => [what, firstNames(all.map(({ service }) => keyOf(service.exported)))]);
}
