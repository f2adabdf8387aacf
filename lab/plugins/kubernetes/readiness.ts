import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterApi } from "./clusterApi.ts";
import { annotation, type Manifest } from "./manifest.ts";

const DEFAULT_SECONDS = 600;
const POLL_MILLISECONDS = 500;

interface Endpoint {
  readonly conditions?: { readonly ready?: boolean };
}

/** Reason why an object is not ready; undefined: it is ready. */
type Readiness = (api: ClusterApi, live: Manifest) => string | undefined | Promise<string | undefined>;

const READINESS: Readonly<Record<string, Readiness>> = {
  "v1/Service": serviceProblem,
  "apps/v1/Deployment": deploymentProblem,
};

/**
 * Waits until an object is ready, if its kind has a notion of that: a Service has endpoints and the address of its
 * load balancer, a Deployment has its replicas. Not for objects with `pulumi.com/skipAwait: "true"`.
 * @param timeoutSeconds 0 for the annotation `pulumi.com/timeoutSeconds`, else ten minutes.
 * @returns the object as last seen, and the reason why it is not ready.
 */
export async function awaitReady(
  api: ClusterApi,
  live: Manifest,
  inputs: Manifest,
  timeoutSeconds: number,
): Promise<{ readonly object: Manifest; readonly problem?: string }> {
  const readiness = READINESS[`${live.apiVersion}/${live.kind}`];
  if (readiness === undefined || annotation(inputs, "skipAwait") === "true") return { object: live };
  const served = await api.kind(live.apiVersion, live.kind);
  const path = served?.path(String(live.metadata.namespace), String(live.metadata.name)) ?? "";
  const seconds = timeoutSeconds || Number(annotation(inputs, "timeoutSeconds") ?? DEFAULT_SECONDS);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const object = await api.request("GET", path);
    const problem = await readiness(api, object);
    if (problem === undefined) return { object };
    if (Date.now() > deadline) {
      return {
        object,
        problem: `timed out after ${seconds} s waiting for ${live.kind} ${String(live.metadata.name)}: ${problem}`,
      };
    }
    await sleep(POLL_MILLISECONDS);
  }
}

async function serviceProblem(api: ClusterApi, live: Manifest): Promise<string | undefined> {
  const { spec, status } = live as unknown as {
    spec: { type?: string; clusterIP?: string; selector?: Record<string, string> };
    status?: { loadBalancer?: { ingress?: unknown[] } };
  };
  const hasPods =
    spec.type !== "ExternalName" && spec.clusterIP !== "None" && Object.keys(spec.selector ?? {}).length > 0;
  if (hasPods && !(await hasEndpoints(api, live)))
    return "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods";
  const addressed = spec.type !== "LoadBalancer" || (status?.loadBalancer?.ingress ?? []).length > 0;
  return addressed
    ? undefined
    : "Service was not allocated an IP address; does your cloud provider support this?";
}

async function hasEndpoints(api: ClusterApi, service: Manifest): Promise<boolean> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${String(service.metadata.namespace)}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${String(service.metadata.name)}`;
  const list = (await api.request("GET", path, { query: { labelSelector } })) as unknown as {
    items: { endpoints: Endpoint[] | null }[];
  };
  return list.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .some(({ conditions }) => conditions?.ready !== false);
}

function deploymentProblem(_api: ClusterApi, live: Manifest): string | undefined {
  const { metadata, spec, status } = live as unknown as {
    metadata: { generation: number };
    spec: { replicas?: number };
    status?: {
      observedGeneration?: number;
      updatedReplicas?: number;
      availableReplicas?: number;
      replicas?: number;
    };
  };
  const wanted = spec.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {};
  const done =
    observedGeneration >= metadata.generation &&
    updatedReplicas === wanted &&
    availableReplicas === wanted &&
    replicas === wanted;
  return done
    ? undefined
    : `${availableReplicas} of ${wanted} replicas are available, ${updatedReplicas} up to date`;
}
