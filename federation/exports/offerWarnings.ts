import { someOf } from "../change.ts";
import { type Fault, pathOf } from "../fault.ts";
import { compare } from "../order.ts";
import { keyOf } from "./ruleFinder.ts";
import type { OfferedService } from "./serviceOffer.ts";

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
    .map(([what, all]) => [what, someOf(all.map(({ service }) => keyOf(service.exported)))]);
}
