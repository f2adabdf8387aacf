import type { KubernetesObject } from "@kubernetes/client-node";
import { AppsV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { LabError } from "../labError.ts";
import type { Log } from "../progress.ts";
import { waitFor } from "../ready.ts";
import { namespaceManifest, workloadManifests } from "./manifests.ts";
import type { Workload } from "./workload.ts";

/** Who applies the workloads, as the API server records it. */
const FIELD_MANAGER = "istio-federation-lab";

/** Where and what to deploy. */
export interface WorkloadsOptions {
  readonly kubeconfig: string;
  readonly context: string;
  readonly workloads: readonly Workload[];
  readonly log: Log;
  /** How long to wait for the Pods. Default: 90. */
  readonly timeoutSeconds?: number;
}

/**
 * Deploys workloads, or brings them up to date, and waits until their Pods are ready. Istio must be installed, so that
 * its injector gives the Pods their sidecars.
 *
 * @throws LabError when Istio is not there, or a Pod is not ready in time.
 */
export async function deployWorkloads({
  kubeconfig,
  context,
  workloads,
  log,
  timeoutSeconds = 90,
}: WorkloadsOptions): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))].sort();
  for (const object of [...namespaces.map(namespaceManifest), ...workloads.flatMap(workloadManifests)]) {
    await apply(objects, object, context);
  }
  const apps = config.makeApiClient(AppsV1Api);
  await Promise.all(
    workloads.map(async ({ namespace, name }) => {
      const what = `${context}: Deployment ${namespace}/${name} is not ready`;
      await waitFor(what, () => isRolledOut(apps, namespace, name), timeoutSeconds);
      log(`${context}: ${namespace}/${name} is ready`);
    }),
  );
}

async function apply(objects: KubernetesObjectApi, object: KubernetesObject, context: string): Promise<void> {
  const { kind, metadata } = object;
  try {
    await objects.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const name = [metadata?.namespace, metadata?.name].filter(Boolean).join("/");
    throw new LabError(`${context}: ${kind} ${name} cannot be applied: ${reason}`, { cause });
  }
}

async function isRolledOut(apps: AppsV1Api, namespace: string, name: string): Promise<boolean> {
  const { metadata, status } = await apps.readNamespacedDeployment({ namespace, name });
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.readyReplicas === 1 &&
    status.updatedReplicas === 1
  );
}
