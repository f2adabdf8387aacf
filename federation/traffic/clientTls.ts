import type { ClientTls, DestinationRuleSpec } from "./specs.ts";

/** Lists the client TLS settings of a DestinationRule with their paths: of all calls, of subsets and of ports. */
export function clientTlsSettings({
  trafficPolicy,
  subsets = [],
}: DestinationRuleSpec): { path: string; tls: ClientTls }[] {
  const policies = [
    { path: "spec.trafficPolicy", policy: trafficPolicy },
    ...subsets.map((subset, index) => ({
      path: `spec.subsets[${index}].trafficPolicy`,
      policy: subset.trafficPolicy,
    })),
  ];
  return policies.flatMap(({ path, policy }) => [
    ...(policy?.tls === undefined ? [] : [{ path: `${path}.tls`, tls: policy.tls }]),
    ...(policy?.portLevelSettings ?? []).flatMap(({ tls }, index) =>
      tls === undefined ? [] : [{ path: `${path}.portLevelSettings[${index}].tls`, tls }],
    ),
  ]);
}
