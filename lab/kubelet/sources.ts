import type { CoreV1Api, V1ConfigMap, V1Pod, V1Secret } from "@kubernetes/client-node";
import { watchKind, type Cluster, type Watched } from "./cluster.ts";

/** A file's or a variable's bytes. */
export type Bytes = Uint8Array;

/** Sources of the data in Pods. Undefined: there is no such object (yet). */
export interface Sources {
  configMap(namespace: string, name: string): Record<string, Bytes> | undefined;
  secret(namespace: string, name: string): Record<string, Bytes> | undefined;
  /** A token of the Pod's service account, renewed before it expires. */
  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<string>;
}

/** A Pod cannot start yet: an object that it names is missing, and may be added. */
export class MissingSourceError extends Error {
  constructor(kind: "ConfigMap" | "Secret", namespace: string, name: string, key?: string) {
    super(`${kind} ${namespace}/${name}${key === undefined ? "" : ` has no key ${key}, or`} does not exist`);
    this.name = "MissingSourceError";
  }
}

function decode(data: Record<string, string> = {}): Record<string, Bytes> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}

/** Share of a token's life after which it is renewed. */
const RENEW_AFTER = 0.8;
/** Kubernetes' default. */
const DEFAULT_EXPIRATION_SECONDS = 3600;

/**
 * Service account tokens of Pods, by the TokenRequest API: bound to the Pod, kept until four fifths of their life are
 * over, as a kubelet does.
 *
 * @param now clock, in milliseconds.
 */
export class TokenCache {
  readonly #api: CoreV1Api;
  readonly #now: () => number;
  readonly #tokens = new Map<string, { token: string; renewAt: number }>();

  constructor(api: CoreV1Api, now: () => number = Date.now) {
    this.#api = api;
    this.#now = now;
  }

  /**
   * @param audience default: the API server's own.
   * @param expirationSeconds wish; the API server may shorten it.
   */
  async get(pod: V1Pod, audience?: string, expirationSeconds = DEFAULT_EXPIRATION_SECONDS): Promise<string> {
    const { uid = "", name = "", namespace = "" } = pod.metadata ?? {};
    const key = `${uid}\0${audience ?? ""}`;
    const cached = this.#tokens.get(key);
    if (cached && this.#now() < cached.renewAt) return cached.token;
    const asked = this.#now();
    const { status } = await this.#api.createNamespacedServiceAccountToken({
      name: pod.spec?.serviceAccountName ?? "default",
      namespace,
      body: {
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
        },
      },
    });
    if (!status?.token || !status.expirationTimestamp)
      throw new Error(`the API server gave no token for Pod ${namespace}/${name}`);
    const life = status.expirationTimestamp.getTime() - asked;
    this.#tokens.set(key, { token: status.token, renewAt: asked + life * RENEW_AFTER });
    return status.token;
  }

  /** Whether one of a Pod's tokens is to be renewed. */
  isDue(pod: V1Pod): boolean {
    const prefix = prefixOf(pod);
    return [...this.#tokens].some(([key, { renewAt }]) => key.startsWith(prefix) && this.#now() >= renewAt);
  }

  /** Forgets a Pod's tokens. */
  drop(pod: V1Pod): void {
    const prefix = prefixOf(pod);
    for (const key of this.#tokens.keys()) if (key.startsWith(prefix)) this.#tokens.delete(key);
  }
}

function prefixOf(pod: V1Pod): string {
  return `${pod.metadata?.uid ?? ""}\0`;
}

/** The ConfigMaps and Secrets of a cluster, watched, and tokens of its service accounts. */
export class ClusterSources implements Sources {
  readonly #cluster: Cluster;
  readonly #tokens: TokenCache;
  #configMaps: Watched<V1ConfigMap> | undefined;
  #secrets: Watched<V1Secret> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#tokens = new TokenCache(cluster.core);
  }

  /** Has everything when it returns. @param changed called with each ConfigMap or Secret that changes. */
  async start(changed: (object: V1ConfigMap | V1Secret) => void): Promise<void> {
    const { config, core } = this.#cluster;
    const configMaps = () => core.listConfigMapForAllNamespaces();
    const secrets = () => core.listSecretForAllNamespaces();
    [this.#configMaps, this.#secrets] = await Promise.all([
      watchKind<V1ConfigMap>(config, "/api/v1/configmaps", configMaps, changed),
      watchKind<V1Secret>(config, "/api/v1/secrets", secrets, changed),
    ]);
  }

  configMap(namespace: string, name: string): Record<string, Bytes> | undefined {
    const object = this.#configMaps?.get(name, namespace);
    if (object === undefined) return undefined;
    const text = Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value)]);
    return { ...(Object.fromEntries(text) as Record<string, Bytes>), ...decode(object.binaryData) };
  }

  secret(namespace: string, name: string): Record<string, Bytes> | undefined {
    const object = this.#secrets?.get(name, namespace);
    return object && decode(object.data);
  }

  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<string> {
    return this.#tokens.get(pod, audience, expirationSeconds);
  }

  /** Whether a token of the Pod is to be renewed. */
  isTokenDue(pod: V1Pod): boolean {
    return this.#tokens.isDue(pod);
  }

  /** Forgets the tokens of a removed Pod. */
  forget(pod: V1Pod): void {
    this.#tokens.drop(pod);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#configMaps?.stop(), this.#secrets?.stop()]);
  }
}
