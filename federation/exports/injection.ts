import { REVISION_LABEL, TLS_MODE_LABEL } from "../core/labels.ts";
import { ownValue } from "../core/order.ts";
import type { Workload } from "./clusterServices.ts";

type Labels = Readonly<Record<string, string>>;

/** Label of a Namespace or a Pod that puts it into Istio's ambient mode. */
export const DATAPLANE_MODE_LABEL = "istio.io/dataplane-mode";
/** Value of {@link DATAPLANE_MODE_LABEL}. */
export const AMBIENT = "ambient";

const INJECTION_LABEL = "istio-injection";
const INJECT_LABEL = "sidecar.istio.io/inject";

/** Labels of a Namespace by which Istio injects, for messages. */
export const INJECT = `${INJECTION_LABEL}: enabled, or ${REVISION_LABEL} with a named revision,`;

/** Label of a Namespace: the Pod Security level below which no Pod is created there. */
const POD_SECURITY_LABEL = "pod-security.kubernetes.io/enforce";

/** Namespaces in which Istio injects no sidecar, whatever their labels and those of Pods are (`IgnoredNamespaces` in pkg/kube/inject). */
const NEVER_INJECTED = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/** Whether Istio injects sidecars into new Pods of a namespace, unless a Pod opts out. */
export function isInjected(namespaceLabels: Labels): boolean {
  const wanted = ownValue(namespaceLabels, INJECTION_LABEL);
  return wanted === undefined
    ? ownValue(namespaceLabels, REVISION_LABEL) !== undefined
    : wanted === "enabled";
}

/**
 * Finds the setting by which a workload has no sidecar, and gets none by a restart (`injectRequired` in pkg/kube/inject); undefined for one
 * that may get one.
 */
export function whyNotInjected(
  {
    kind,
    namespace,
    labels,
    hostNetwork,
    inject,
  }: Pick<Workload, "kind" | "namespace" | "labels" | "hostNetwork" | "inject">,
  namespaceLabels: Labels,
): string | undefined {
  const mode = ownValue(labels, TLS_MODE_LABEL);
  if (mode !== undefined) return `label ${TLS_MODE_LABEL}: ${mode}`;
  if (kind === "WorkloadEntry") return undefined;
  if (hostNetwork) return "hostNetwork: true";
  if (NEVER_INJECTED.includes(namespace)) return `namespace ${namespace}, in which Istio never injects`;
  if (inject === "false") return `${INJECT_LABEL}: false`;
  const injection = ownValue(namespaceLabels, INJECTION_LABEL);
  if (injection === "disabled") return `label ${INJECTION_LABEL}: disabled of the namespace`;
  if (isInjected(namespaceLabels) || inject === "true" || ownValue(labels, REVISION_LABEL) !== undefined)
    return undefined;
  return isAmbient({ kind, labels, hostNetwork }, namespaceLabels)
    ? `ambient mode, label ${DATAPLANE_MODE_LABEL}: ${AMBIENT}`
    : undefined;
}

/** Whether ztunnel takes the calls of a workload without a sidecar; the Pod's label overrides its namespace's. */
export function isAmbient(
  { kind, labels, hostNetwork }: Pick<Workload, "kind" | "labels" | "hostNetwork">,
  namespaceLabels: Labels,
): boolean {
  const mode = ownValue(labels, DATAPLANE_MODE_LABEL) ?? ownValue(namespaceLabels, DATAPLANE_MODE_LABEL);
  return kind === "Pod" && !hostNetwork && mode === AMBIENT;
}

/** Returns the remedy for workloads without a sidecar; Pod Security may refuse Istio's init container, which needs NET_ADMIN. */
export function injectionRemedy(namespace: string, namespaceLabels: Labels): string {
  if (NEVER_INJECTED.includes(namespace)) return "Move the workloads to a namespace in which Istio injects";
  const inject = `Let Istio inject its sidecar (label ${INJECT} on the namespace) and restart the workloads`;
  return [inject, ...podSecurityRemedy(namespaceLabels)].join("; ");
}

/** Returns what to do where Pod Security refuses Pods with Istio's init container; empty where it does not. */
export function podSecurityRemedy(namespaceLabels: Labels): string[] {
  const level = ownValue(namespaceLabels, POD_SECURITY_LABEL);
  if (level !== "baseline" && level !== "restricted") return [];
  return [
    `the namespace's ${POD_SECURITY_LABEL}: ${level} refuses Pods with Istio's init container: install Istio's CNI plugin, or make the level privileged`,
  ];
}
