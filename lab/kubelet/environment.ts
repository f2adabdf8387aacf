import type { V1Container, V1EnvVar, V1Pod } from "@kubernetes/client-node";
import type { Allocatable } from "./fields.ts";
import { readField, readResource } from "./fields.ts";
import type { Bytes, Sources } from "./sources.ts";
import { MissingSourceError } from "./sources.ts";

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
 * The variables that a container asks for by `envFrom` and `env`, in this order, the later one winning.
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
    if (!data && !ref?.optional) {
      throw new MissingSourceError(configMapRef ? "ConfigMap" : "Secret", namespace, name);
    }
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = text(value);
  }
  for (const variable of container.env ?? []) {
    const value = resolveVariable(pod, container, variable, sources, allocatable);
    if (value !== undefined) environment[variable.name] = value;
    else if (!variable.valueFrom) environment[variable.name] = expand(variable.value ?? "", environment);
  }
  return environment;
}

/** The value of a `valueFrom`; undefined when there is none, or its optional source is missing. */
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
