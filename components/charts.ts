import { deepmergeCustom } from "deepmerge-ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";

/** Source of Istio's charts: a Helm repository, or a local folder with a folder for each chart. */
export type Charts = StackConfig["istio"]["charts"];

/** Returns the arguments of a Release for a chart; a folder is relative to the program's. */
export function chartSource(
  charts: Charts,
  chart: "base" | "istiod" | "gateway",
): { chart: string; version?: string; repositoryOpts?: { repo: string } } {
  if ("folder" in charts) return { chart: `${charts.folder}/${chart}` };
  const { repository, version } = charts;
  // An OCI registry has no index: the name is the chart's whole address.
  if (repository.startsWith("oci://")) return { chart: `${repository.replace(/\/$/, "")}/${chart}`, version };
  return { chart, version, repositoryOpts: { repo: repository } };
}

const merge = deepmergeCustom({ mergeArrays: false });

/** Merges a user's Helm values over ours, as Helm does: maps are merged, other values and lists replaced. */
export function withExtraValues(ours: object, extra: object): Record<string, unknown> {
  return merge(ours, extra) as Record<string, unknown>;
}
