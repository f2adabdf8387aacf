import type { FoundDestinationRule } from "../../../federation/exports/destinationRules.ts";
import type { ClientTls, DestinationRuleSpec } from "../../../federation/traffic/specs.ts";

/** Parts of a DestinationRule that tests set. */
export interface RuleParts extends Partial<Omit<FoundDestinationRule, "spec">> {
  host: string;
  exportTo?: string[];
  workloadSelector?: { matchLabels: Record<string, string> };
  trafficPolicy?: DestinationRuleSpec["trafficPolicy"] | undefined;
}

/** A DestinationRule `xyz/bar` with some of its parts replaced. */
export function foundRule({
  host,
  exportTo,
  workloadSelector,
  trafficPolicy,
  ...changes
}: RuleParts): FoundDestinationRule {
  const selector = workloadSelector === undefined ? {} : { workloadSelector };
  const policy = trafficPolicy === undefined ? {} : { trafficPolicy };
  const visible = exportTo === undefined ? {} : { exportTo };
  return {
    ...{ namespace: "xyz", name: "bar", created: "2026-11-21T10:00:00Z", labels: {} },
    ...changes,
    spec: { host, ...visible, ...selector, ...policy },
  };
}

type Mode = NonNullable<ClientTls["mode"]>;

/** A traffic policy with these TLS modes, for all ports and for some. */
export function tlsPolicy(
  mode: Mode | undefined,
  ports: Readonly<Record<number, Mode>> = {},
): NonNullable<DestinationRuleSpec["trafficPolicy"]> {
  const portLevelSettings = Object.entries(ports).map(([number, each]) => ({
    port: { number: Number(number) },
    tls: { mode: each },
  }));
  return { ...(mode === undefined ? {} : { tls: { mode } }), portLevelSettings };
}
