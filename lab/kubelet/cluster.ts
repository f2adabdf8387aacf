import type { KubeConfig, KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import { ApiException, CoreV1Api, makeInformer, VersionApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";

/** Wait before a broken watch starts again. */
const WATCH_RETRY_MILLISECONDS = 1000;

/** A cluster's API, as the kubelet uses it. */
export interface Cluster {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly version: VersionApi;
}

/**
 * Opens a cluster by a kubeconfig file and one of its contexts.
 *
 * @throws Error when the file or the context does not exist.
 */
export function openCluster(kubeconfig: string, context: string): Cluster {
  const config = loadContext(kubeconfig, context);
  return {
    config,
    core: config.makeApiClient(CoreV1Api),
    version: config.makeApiClient(VersionApi),
  };
}

/** Objects of one kind, kept up to date. */
export interface Watched<T> {
  get(name: string, namespace: string): T | undefined;
  stop(): Promise<void>;
}

/**
 * Lists a kind of object and keeps watching; a watch that breaks starts again.
 *
 * @param path of the list in the API, e.g. `/api/v1/pods`.
 * @param handle gets each object on every change, and whether it is gone.
 */
export async function watchKind<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  handle: (object: T, gone: boolean) => void,
): Promise<Watched<T>> {
  const informer = makeInformer(config, path, list);
  let stopped = false;
  informer.on("change", (object) => {
    handle(object, false);
  });
  informer.on("delete", (object) => {
    handle(object, true);
  });
  informer.on("error", () => {
    setTimeout(() => {
      if (!stopped) void informer.start();
    }, WATCH_RETRY_MILLISECONDS).unref();
  });
  await informer.start();
  return {
    get: (name, namespace) => informer.get(name, namespace),
    stop: () => {
      stopped = true;
      return informer.stop();
    },
  };
}

/** Whether the API server refused because the object is not there (any more). */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/** Whether the API server refused because the object is there already, or is another one than was meant. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiException && error.code === 409;
}
