import type { KubernetesService, Workload } from "./clusterServices.ts";
import { matches } from "../selector.ts";

/**
 * Finds the workloads that a Service selects. Each label leads to those that have it, so that ten thousand Services in one
 * namespace do not each look at all its workloads.
 */
export function workloadIndex(
  workloads: readonly Workload[],
): (service: Pick<KubernetesService, "namespace" | "selector">) => readonly Workload[] {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const label of Object.entries(workload.labels)) {
      const key = keyOf(workload.namespace, label);
      const found = byLabel.get(key);
      if (found === undefined) byLabel.set(key, [workload]);
      else found.push(workload);
    }
  }
  return ({ namespace, selector }) => {
    const candidates = Object.entries(selector).map((label) => byLabel.get(keyOf(namespace, label)) ?? []);
    const [first = [], ...others] = candidates;
    const fewest = others.reduce((least, list) => (list.length < least.length ? list : least), first);
    return fewest.filter(({ labels }) => matches(selector, labels));
  };
}

/** Neither part has a blank in it. */
function keyOf(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key} ${value}`;
}
