import { type DecidedExports, withhold } from "./decidedExports.ts";
import { findConflicts } from "./hostConflicts.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import { describeFaults } from "../federation/core/fault.ts";
import { GATEWAY_NAMESPACE } from "../federation/core/wellKnown.ts";
import { type WantedHost, judgeTakenAliases } from "../federation/imports/hostConflicts.ts";

/**
 * Holds back what is offered under a name that a ServiceEntry of somebody else has too, as far as the gateway sees that. Only names other than
 * Services' own are looked for: nothing else lies below `svc.<cluster domain>`. Where there is no cluster to ask, all stays.
 * @throws FaultsError when the cluster refuses; that the user may not look (403) is a warning.
 */
export async function withholdTaken(
  cluster: SurveyedCluster,
  offered: DecidedExports,
): Promise<DecidedExports> {
  const wanted = new Map(
    offered.aliases.flatMap(({ namespace, service, spec: { hosts, exportTo } }) =>
      hosts.map((host): [string, WantedHost] => [host, { peer: `${namespace}/${service}`, exportTo }]),
    ),
  );
  if (wanted.size === 0) return offered;
  const found = await findConflicts(
    cluster,
    wanted,
    GATEWAY_NAMESPACE,
    "names under which Services are offered",
  );
  if ("unreachable" in found) return offered;
  const { hosts, warnings } = judgeTakenAliases(found.found);
  const left = hosts.length === 0 ? offered : withhold(offered, hosts);
  const told = describeFaults(
    [...found.refused, ...warnings],
    "names of Services that others' entries have too",
  );
  return { ...left, warnings: [...left.warnings, ...told] };
}
