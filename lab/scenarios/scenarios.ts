import type { LabCluster } from "../clusters.ts";
import { LabError } from "../labError.ts";
import { EQUAL_DOMAINS, EQUAL_DOMAINS_OF_THREE } from "./equalDomains.ts";
import { FEDERATION, FEDERATION_OF_THREE } from "./federation.ts";
import { REPLICATED } from "./replicated.ts";
import type { Scenario } from "./scenario.ts";
import { SINGLE_MESH } from "./singleMesh.ts";

/** What a lab can show; of a topology the first one unless another is asked for. */
export const SCENARIOS: readonly Scenario[] = [
  FEDERATION,
  FEDERATION_OF_THREE,
  EQUAL_DOMAINS,
  EQUAL_DOMAINS_OF_THREE,
  REPLICATED,
  SINGLE_MESH,
];

/** How many clusters a lab can have. */
export const CLUSTER_COUNTS = [...new Set(SCENARIOS.map(({ clusters }) => clusters.length))];

/**
 * @param name of a scenario: then nothing else tells which.
 * @param topology by default a federation.
 * @param count of clusters; by default as few as the topology takes.
 * @throws LabError when there is no such lab.
 */
export function chooseScenario({
  name,
  topology = FEDERATION.topology,
  count,
}: {
  name?: string | undefined;
  topology?: string | undefined;
  count?: number | undefined;
}): Scenario {
  const fitting = SCENARIOS.find((scenario) =>
    name === undefined
      ? scenario.topology === topology && (count === undefined || scenario.clusters.length === count)
      : scenario.name === name,
  );
  if (fitting === undefined)
    throw new LabError(`there is no lab of ${count} clusters for topology ${topology}`);
  return fitting;
}

/** What a lab shows that has these clusters. @throws LabError when it was made for something else. */
export function scenarioOf({ clusters }: { readonly clusters: readonly LabCluster[] }): Scenario {
  const scenario = SCENARIOS.find((candidate) => namesOf(candidate.clusters) === namesOf(clusters));
  if (scenario === undefined) throw new LabError(`a lab of ${namesOf(clusters)} shows nothing`);
  return scenario;
}

function namesOf(clusters: readonly LabCluster[]): string {
  return clusters.map(({ name }) => name).join(", ");
}
