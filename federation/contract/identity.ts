import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import type { Contract } from "./contract.ts";

/**
 * Validates that a running cluster keeps its name, domains and topology. Its name is part of every resource's name, so another one would
 * replace them all, the root included; its workloads and its peers hold its domains; both resolve names and trust by its topology.
 * @param published the contract of the last update; undefined before the first one and once the stack is destroyed.
 */
export function identityChanges(
  published: Contract | undefined,
  { cluster, topology }: Pick<StackConfig, "cluster" | "topology">,
): Fault[] {
  if (published === undefined) return [];
  return [
    ...sameTopology(published.topology, topology),
    ...unchanged("cluster.name", published.cluster, cluster.name),
    ...unchanged("cluster.domain", published.clusterDomain, cluster.domain),
    ...unchanged("cluster.trustDomain", published.trustDomain, cluster.trustDomain),
    ...unchanged(
      "cluster.meshDomain",
      published.meshDomain,
      cluster.meshDomain,
      "the host names of its services at peers would change under running workloads, and peers would refuse its contract",
    ),
  ];
}

function sameTopology(last: string, value: string): Fault[] {
  if (last === value) return [];
  const rule =
    `is another than '${last}' of the running cluster: host names of services and trusted roots would change under ` +
    "running workloads, and its peers would refuse its contract";
  const remedy = `Write '${last}' again; for another topology run \`pulumi destroy\` on this stack first, or make new stacks, and move workloads over`;
  return [{ path: "topology", value, rule, remedy }];
}

function unchanged(
  path: string,
  last: string | undefined,
  value: string,
  why = "every resource would be recreated, including the root",
): Fault[] {
  if (last === undefined || last === value) return [];
  const rule = `is another than '${last}', the running cluster's: ${why}`;
  const remedy = `Write '${last}' again, or run \`pulumi destroy\` on this stack first, or make a new stack`;
  return [{ path, value, rule, remedy }];
}
