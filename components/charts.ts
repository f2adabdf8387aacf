import { deepmergeCustom } from "deepmerge-ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";

/** Where Istio's charts come from: a Helm repository, or a local folder that holds a folder for each chart. */
export type Charts = StackConfig["istio"]["charts"];

/** The Release arguments that say which chart to install. A folder is relative to the program's folder. */
export function chartSource(
  charts: Charts,
  chart: "base" | "istiod" | "gateway",
): { chart: string; version?: string; repositoryOpts?: { repo: string } } {
  if ("folder" in charts) return { chart: `${charts.folder}/${chart}` };
  const { repository, version } = charts;
  // An OCI registry has no index: the chart's whole address stands for its name.
  if (repository.startsWith("oci://")) return { chart: `${repository.replace(/\/$/, "")}/${chart}`, version };
  return { chart, version, repositoryOpts: { repo: repository } };
}

const merge = deepmergeCustom({ mergeArrays: false });

/** Merges a user's Helm values over ours as Helm would: maps merge, anything else, lists too, is replaced by the user's. */
export function withExtraValues(ours: object, extra: object): Record<string, unknown> {
  return merge(ours, extra) as Record<string, unknown>;
}
