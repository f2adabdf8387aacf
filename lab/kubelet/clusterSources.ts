import type { V1ConfigMap, V1Pod, V1Secret } from "@kubernetes/client-node";
import { watchKind, type Cluster, type Watched } from "./cluster.ts";
import { configMapData, secretData, type Bytes, type Sources } from "./sources.ts";
import { TokenCache } from "./tokens.ts";

/** What Pods take data from, as the cluster has it now. */
export class ClusterSources implements Sources {
  readonly #cluster: Cluster;
  readonly #tokens: TokenCache;
  #configMaps: Watched<V1ConfigMap> | undefined;
  #secrets: Watched<V1Secret> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#tokens = new TokenCache(cluster.core);
  }

  /** Has everything when it returns. @param changed gets the namespace of each ConfigMap or Secret that changes. */
  async start(changed: (namespace: string) => void): Promise<void> {
    const { config, core } = this.#cluster;
    const handle = ({ metadata }: V1ConfigMap | V1Secret) => {
      changed(metadata?.namespace ?? "");
    };
    [this.#configMaps, this.#secrets] = await Promise.all([
      watchKind<V1ConfigMap>(
        config,
        "/api/v1/configmaps",
        () => core.listConfigMapForAllNamespaces(),
        handle,
      ),
      watchKind<V1Secret>(config, "/api/v1/secrets", () => core.listSecretForAllNamespaces(), handle),
    ]);
  }

  configMap(namespace: string, name: string): Record<string, Bytes> | undefined {
    const object = this.#configMaps?.get(name, namespace);
    return object && configMapData(object);
  }

  secret(namespace: string, name: string): Record<string, Bytes> | undefined {
    const object = this.#secrets?.get(name, namespace);
    return object && secretData(object);
  }

  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<string> {
    return this.#tokens.get(pod, audience, expirationSeconds);
  }

  /** Forgets what belongs to a Pod that is gone. */
  forget(pod: V1Pod): void {
    this.#tokens.drop(pod);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#configMaps?.stop(), this.#secrets?.stop()]);
  }
}
