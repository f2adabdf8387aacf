import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import type { Contract } from "./contract.ts";

/**
 * What a running cluster may not change: its name is part of every resource's name, so another one makes all anew, the root
 * included; its domains are in what its workloads and peers already hold (under its mesh domain peers' workloads call its services); its topology decides how both find and trust each other.
 * @param published the contract that this stack last published; undefined before the first update and once it is destroyed.
 */
export function identityChanges(
  published: Contract | undefined,
  { cluster, topology }: Pick<StackConfig, "cluster" | "topology">,
): Fault[] {
  if (published === undefined) return [];
  return [
    ...sameTopology(published.topology ?? "federation", topology),
    ...unchanged("cluster.name", published.cluster, cluster.name),
    ...unchanged("cluster.domain", published.clusterDomain, cluster.domain),
    ...unchanged("cluster.trustDomain", published.trustDomain, cluster.trustDomain),
    ...unchanged(
      "cluster.meshDomain",
      published.meshDomain,
      cluster.meshDomain,
      "by what names peers' workloads call its services would change under them while they run, and peers would refuse its contract",
    ),
  ];
}

function sameTopology(last: string, value: string): Fault[] {
  if (last === value) return [];
  const rule =
    `is another than '${last}', in which this stack's cluster runs: by what names its workloads call those of peers, and by which roots ` +
    "they trust them, would change under them while they run, and its peers would refuse its contract";
  const remedy = `Write '${last}' again; for another topology run \`pulumi destroy\` on this stack first, or make new stacks, and move workloads over`;
  return [{ path: "topology", value, rule, remedy }];
}

function unchanged(
  path: string,
  last: string | undefined,
  value: string,
  why = "every resource would be made anew, the root included",
): Fault[] {
  if (last === undefined || last === value) return [];
  return [
    {
      path,
      value,
      rule: `is another than '${last}', which this stack's cluster runs with: ${why}`,
      remedy: `Write '${last}' again, or run \`pulumi destroy\` on this stack first, or make a new stack`,
    },
  ];
}
