import type {
  V1Container,
  V1EnvVar,
  V1ObjectFieldSelector,
  V1Pod,
  V1ResourceFieldSelector,
} from "@kubernetes/client-node";
import { quantityToScalar } from "@kubernetes/client-node/dist/util.js";
import { MissingSourceError, type Bytes, type Sources } from "./sources.ts";

/** Variables by name. */
export type Environment = Record<string, string>;

/**
 * Replaces `$(NAME)` by the variable's value as Kubernetes does: an unknown name stays as it is, `$$(NAME)` is a
 * literal `$(NAME)`.
 */
export function expand(template: string, environment: Environment): string {
  return template.replaceAll(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (match, name: string | undefined) =>
    name === undefined ? "$" : (environment[name] ?? match),
  );
}

/**
 * Resolves a container's `envFrom` and `env`, in this order; later variables win.
 *
 * @param pod with address and node filled in, for field references.
 * @throws MissingSourceError when a ConfigMap, Secret or key that is not optional is missing.
 */
export function resolveEnvironment(
  pod: V1Pod,
  container: V1Container,
  sources: Sources,
  allocatable: Allocatable,
): Environment {
  const environment: Environment = {};
  const namespace = pod.metadata?.namespace ?? "";
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef;
    const name = ref?.name ?? "";
    const data = configMapRef ? sources.configMap(namespace, name) : sources.secret(namespace, name);
    if (!data && !ref?.optional)
      throw new MissingSourceError(configMapRef ? "ConfigMap" : "Secret", namespace, name);
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = text(value);
  }
  for (const variable of container.env ?? []) {
    const value = resolveVariable(pod, container, variable, sources, allocatable);
    if (value !== undefined) environment[variable.name] = value;
    else if (!variable.valueFrom) environment[variable.name] = expand(variable.value ?? "", environment);
  }
  return environment;
}

/** Resolves a `valueFrom`; undefined when there is none, or its optional source is missing. */
function resolveVariable(
  pod: V1Pod,
  container: V1Container,
  { valueFrom }: V1EnvVar,
  sources: Sources,
  allocatable: Allocatable,
): string | undefined {
  const namespace = pod.metadata?.namespace ?? "";
  if (valueFrom?.fieldRef) return readField(pod, valueFrom.fieldRef);
  if (valueFrom?.resourceFieldRef) return readResource(container, valueFrom.resourceFieldRef, allocatable);
  const ref = valueFrom?.configMapKeyRef ?? valueFrom?.secretKeyRef;
  if (!ref) return undefined;
  const name = ref.name ?? "";
  const data = valueFrom?.configMapKeyRef
    ? sources.configMap(namespace, name)
    : sources.secret(namespace, name);
  const value = data?.[ref.key];
  if (value !== undefined) return text(value);
  if (ref.optional) return undefined;
  throw new MissingSourceError(valueFrom?.configMapKeyRef ? "ConfigMap" : "Secret", namespace, name, ref.key);
}

function text(value: Bytes): string {
  return Buffer.from(value).toString("utf8");
}

/** The kubelet's "allocatable": resources for a container without a limit. */
export interface Allocatable {
  /** Cores. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
}

/**
 * Reads a field of a Pod as the downward API does. Labels and annotations come as a whole (`key="value"` lines,
 * sorted) or by key (`metadata.labels['app']`, empty when absent).
 *
 * @param pod with `status.podIP`, `status.hostIP` and `spec.nodeName` filled in.
 * @throws Error for a field which the downward API does not offer.
 */
export function readField(pod: V1Pod, { fieldPath }: V1ObjectFieldSelector): string {
  const byKey = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (byKey) return pod.metadata?.[byKey[1] as "labels" | "annotations"]?.[byKey[2] ?? ""] ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return pod.metadata?.name ?? "";
    case "metadata.namespace":
      return pod.metadata?.namespace ?? "";
    case "metadata.uid":
      return pod.metadata?.uid ?? "";
    case "metadata.labels":
      return formatMap(pod.metadata?.labels);
    case "metadata.annotations":
      return formatMap(pod.metadata?.annotations);
    case "spec.nodeName":
      return pod.spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "";
    case "status.podIP":
    case "status.podIPs":
      return pod.status?.podIP ?? "";
    case "status.hostIP":
    case "status.hostIPs":
      return pod.status?.hostIP ?? "";
    default:
      throw new Error(`the downward API has no field ${fieldPath}`);
  }
}

/**
 * Reads a container's `limits.cpu`, `requests.memory` and so on, in units of the divisor, rounded up. A limit that
 * is not set is what the machine has; a request that is not set is 0.
 */
export function readResource(
  container: V1Container,
  { resource, divisor }: V1ResourceFieldSelector,
  allocatable: Allocatable,
): string {
  const [kind = "", name = ""] = resource.split(/\.(.*)/);
  const set = container.resources?.[kind as "limits" | "requests"]?.[name];
  const offered: Partial<Record<string, number>> = { ...allocatable };
  const unset = kind === "limits" ? (offered[name] ?? 0) : 0;
  const amount = set === undefined ? unset : Number(quantityToScalar(set));
  const unit = divisor && divisor !== "0" ? Number(quantityToScalar(divisor)) : 1;
  return String(Math.ceil(amount / unit));
}

function formatMap(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}\n`)
    .join("");
}
