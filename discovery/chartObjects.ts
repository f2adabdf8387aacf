import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { ReleaseName } from "../federation/core/helmReleases.ts";
import { revisionsOf } from "../federation/core/revision.ts";
import {
  type ChartObject,
  type UnownedObject,
  chartObjects,
  isOwnedBy,
  ownerByAnnotations,
} from "../federation/helm/chartObjects.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { orIfForbidden } from "../kubernetes/errors.ts";
import {
  CONFIG_MAP,
  type KubernetesObject,
  type ResourceKind,
  SERVICE,
  SERVICE_ACCOUNT,
} from "../kubernetes/kinds.ts";

const kindsOf = (group: string, version: string, plurals: Readonly<Record<string, string>>): ResourceKind[] =>
  Object.entries(plurals).map(([kind, plural]) => ({ group, version, kind, plural }));

/** Kinds of the objects in Istio's charts. */
const KINDS: readonly ResourceKind[] = [
  CONFIG_MAP,
  SERVICE,
  SERVICE_ACCOUNT,
  ...kindsOf("admissionregistration.k8s.io", "v1", {
    MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
    ValidatingAdmissionPolicy: "validatingadmissionpolicies",
    ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
    ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
  }),
  ...kindsOf("apps", "v1", { DaemonSet: "daemonsets", Deployment: "deployments" }),
  ...kindsOf("autoscaling", "v2", { HorizontalPodAutoscaler: "horizontalpodautoscalers" }),
  ...kindsOf("networking.k8s.io", "v1", { NetworkPolicy: "networkpolicies" }),
  ...kindsOf("policy", "v1", { PodDisruptionBudget: "poddisruptionbudgets" }),
  ...kindsOf("rbac.authorization.k8s.io", "v1", {
    ClusterRole: "clusterroles",
    ClusterRoleBinding: "clusterrolebindings",
    Role: "roles",
    RoleBinding: "rolebindings",
  }),
];

/**
 * Reads the objects of releases to be installed that are there without the releases' marks.
 * @param missing releases that are not installed: nothing is read without one.
 * @param namespaces those of the releases' namespaces that exist; only asked for where a release is missing.
 */
export async function readUnownedObjects(
  client: ClusterClient,
  { istio, gateway }: StackConfig,
  missing: readonly ReleaseName[],
  namespaces: () => Promise<readonly string[]>,
): Promise<UnownedObject[]> {
  if (missing.length === 0) return [];
  const there = await namespaces();
  const objects = chartObjects({
    base: istio.values.base,
    istiods: revisionsOf(istio),
    gateway: gateway.values,
    revision: istio.revision,
  }).filter(
    ({ release, namespace }) =>
      missing.some((each) => each.namespace === release.namespace && each.name === release.name) &&
      (namespace === undefined || there.includes(namespace)),
  );
  const found = await Promise.all(objects.map((object) => readUnowned(client, object)));
  return found.flat();
}

async function readUnowned(client: ClusterClient, object: ChartObject): Promise<UnownedObject[]> {
  const kind = KINDS.find((each) => each.kind === object.kind);
  if (kind === undefined) throw new Error(`no API for kind ${object.kind}`);
  // Whoever may not read it learns of it from the update.
  const found = await client
    .get<KubernetesObject>(kind, object.namespace, object.name)
    .catch(orIfForbidden(undefined));
  if (found === undefined) return [];
  const { labels = {}, annotations = {} } = found.metadata;
  const marks = { labels, annotations };
  return isOwnedBy(object.release, marks) ? [] : [{ ...object, owner: ownerByAnnotations(marks) }];
}
