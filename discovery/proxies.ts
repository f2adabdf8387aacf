import type { KubernetesObject } from "../kubernetes/kinds.ts";

/** A variable of a container. */
export interface Variable {
  name: string;
  value?: string;
}

interface Container {
  name?: string;
  args?: string[];
  env?: Variable[];
  ports?: { name?: string; containerPort: number }[];
}

/** Fields read of a Pod that may have Istio's proxy. */
export type ProxiedPod = KubernetesObject & {
  spec?: { serviceAccountName?: string; containers?: Container[]; initContainers?: Container[] };
  status?: { phase?: string };
};

/** Whether a Pod runs or is about to. */
export function isRunningPod({ metadata: { deletionTimestamp }, status }: ProxiedPod): boolean {
  return deletionTimestamp === undefined && !["Succeeded", "Failed"].includes(status?.phase ?? "");
}

/** Returns arguments and variables of a Pod's proxy; none where it has no proxy. */
export function proxyOf({ spec }: ProxiedPod): { arguments: string[]; environment: Record<string, string> } {
  // A native sidecar is an init container.
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const proxy = containers.find((container) => container.name === "istio-proxy");
  return { arguments: proxy?.args ?? [], environment: environmentOf(proxy?.env ?? []) };
}

/** Returns the variables that have a value of their own. */
export function environmentOf(variables: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
}
