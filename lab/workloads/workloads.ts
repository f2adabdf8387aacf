import {
  AdmissionregistrationV1Api,
  AppsV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  type KubernetesObject,
  type V1Pod,
} from "@kubernetes/client-node";
import { messageOf } from "../../federation/core/text.ts";
import { loadContext } from "../cluster/kubeconfig.ts";
import { isNotFound } from "../kubelet/cluster.ts";
import { LabError, type Log } from "../progress.ts";
import { waitFor } from "../ready.ts";
import { meshManifests, namespaceManifest, podLabels, workloadManifests } from "./manifests.ts";
import type { Workload } from "./workload.ts";

/** Field manager of the workloads. */
const FIELD_MANAGER = "istio-federation-lab";

/** Webhook of Istio's injector, without its revision. */
const INJECTOR = "istio-sidecar-injector";

/** Annotation of injected Pods. */
const INJECTED_ANNOTATION = "sidecar.istio.io/status";

/** Workloads to deploy, and the cluster. */
export interface WorkloadsOptions {
  readonly kubeconfig: string;
  readonly context: string;
  readonly workloads: readonly Workload[];
  readonly log: Log;
  /** Revision of Istio that injects. Default: the default one. */
  readonly revision?: string | undefined;
  /** Longest wait for the Pods. Default: 90. */
  readonly timeoutSeconds?: number;
}

/**
 * Deploys workloads, or brings them up to date, and waits until their Pods are ready. Before Istio is installed they
 * are Services and Pods without sidecars; once it is, the next call gives them what they need of Istio, and makes Pods
 * without a sidecar anew, as in any cluster.
 *
 * @throws LabError when an object is refused, or a Pod is not ready in time.
 */
export async function deployWorkloads(options: WorkloadsOptions): Promise<void> {
  const { kubeconfig, context, workloads, log, revision, timeoutSeconds = 90 } = options;
  const config = loadContext(kubeconfig, context);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const meshed = await hasInjector(config.makeApiClient(AdmissionregistrationV1Api), revision);
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))].sort();
  const manifests = workloads.flatMap((workload) => [
    ...(meshed ? meshManifests(workload) : []),
    ...workloadManifests(workload),
  ]);
  for (const object of [...namespaces.map((name) => namespaceManifest(name, revision)), ...manifests])
    await apply(objects, object, context);
  await Promise.all(
    workloads.map(async (workload) => {
      const { namespace, name } = workload;
      const what = `${context}: the Pod of ${namespace}/${name} is not ready`;
      await waitFor(
        what,
        async () => {
          const renewed = meshed && (await deleteUninjected(core, workload));
          return !renewed && isRolledOut(apps, workload);
        },
        timeoutSeconds,
      );
      log(
        `${context}: ${namespace}/${name} is ready${meshed ? "" : ", without a sidecar: Istio is not installed yet"}`,
      );
    }),
  );
}

/** Removes workloads with all that they have, and waits until their Pods are gone. Their namespaces stay. */
export async function removeWorkloads(options: WorkloadsOptions): Promise<void> {
  const { kubeconfig, context, workloads, log, timeoutSeconds = 90 } = options;
  const config = loadContext(kubeconfig, context);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const core = config.makeApiClient(CoreV1Api);
  await Promise.all(
    workloads.map(async (workload) => {
      const { namespace, name } = workload;
      const manifests = [...meshManifests(workload), ...workloadManifests(workload)];
      for (const object of manifests.toReversed()) await objects.delete(object).catch(ignoreMissing);
      const isGone = async () => (await podsOf(core, workload)).length === 0;
      await waitFor(`${context}: the Pod of ${namespace}/${name} is still there`, isGone, timeoutSeconds);
      log(`${context}: ${namespace}/${name} is gone`);
    }),
  );
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

async function hasInjector(
  admission: AdmissionregistrationV1Api,
  revision: string | undefined,
): Promise<boolean> {
  const { items } = await admission.listMutatingWebhookConfiguration();
  const injector = revision === undefined ? INJECTOR : `${INJECTOR}-${revision}`;
  return items.some(({ metadata }) => metadata?.name === injector);
}

async function apply(objects: KubernetesObjectApi, object: KubernetesObject, context: string): Promise<void> {
  const { kind, metadata } = object;
  try {
    await objects.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  } catch (cause) {
    const reason = messageOf(cause);
    const name = [metadata?.namespace, metadata?.name].filter(Boolean).join("/");
    throw new LabError(`${context}: ${kind} ${name} cannot be applied: ${reason}`, { cause });
  }
}

/** Deletes the Pods from before the injector, so that their Deployment makes others; whether there were any. */
async function deleteUninjected(core: CoreV1Api, workload: Workload): Promise<boolean> {
  const pods = await podsOf(core, workload);
  const old = pods.filter(({ metadata }) => metadata?.annotations?.[INJECTED_ANNOTATION] === undefined);
  await deletePods(core, old);
  return old.length > 0;
}

/** The Pods of a workload. */
export async function podsOf(core: CoreV1Api, workload: Workload): Promise<V1Pod[]> {
  const labelSelector = Object.entries(podLabels(workload))
    .map(([label, value]) => `${label}=${value}`)
    .join();
  return (await core.listNamespacedPod({ namespace: workload.namespace, labelSelector })).items;
}

/** Deletes Pods; their Deployments make others. */
export async function deletePods(core: CoreV1Api, pods: readonly V1Pod[]): Promise<void> {
  for (const { metadata: { namespace = "", name = "" } = {} } of pods)
    await core.deleteNamespacedPod({ namespace, name });
}

async function isRolledOut(apps: AppsV1Api, { namespace, name }: Workload): Promise<boolean> {
  const { metadata, status } = await apps.readNamespacedDeployment({ namespace, name });
  const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status ?? {};
  return (
    observedGeneration === metadata?.generation &&
    [replicas, updatedReplicas, readyReplicas].every((count) => count === 1)
  );
}
