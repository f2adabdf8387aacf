import { someOf } from "../change.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { type ExportRule, namedServices, selectsNothing } from "./exportRule.ts";
import { type Fault, pathOf } from "../fault.ts";
import { EXPORT_LABEL } from "../labels.ts";
import { compare } from "../order.ts";
import { keyOf } from "./ruleFinder.ts";
import { EMPTY_SELECTOR } from "../selector.ts";

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
  return someOf(verdicts.map(({ service }) => keyOf(service)).sort(compare));
}

function placesOf(verdicts: readonly Verdict[]): string {
  const places = new Set(verdicts.map(({ index }) => index));
  return someOf([...places].sort((one, other) => one - other).map((place) => pathOf("exports", place)));
}
