import type { CoreV1Api, V1ConfigMap, V1Pod, V1Secret } from "@kubernetes/client-node";
import { watchKind, type Cluster, type Watched } from "./cluster.ts";

/** A file's or a variable's bytes. */
export type Bytes = Uint8Array;

/** What Pods take data from. Undefined: there is no such object (yet). */
export interface Sources {
  configMap(namespace: string, name: string): Record<string, Bytes> | undefined;
  secret(namespace: string, name: string): Record<string, Bytes> | undefined;
  /** A token of the Pod's service account, renewed before it expires. */
  token(pod: V1Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<string>;
}

/** A Pod cannot start yet, because an object that it names is missing; it may come. */
export class MissingSourceError extends Error {
  constructor(kind: "ConfigMap" | "Secret", namespace: string, name: string, key?: string) {
    super(`${kind} ${namespace}/${name}${key === undefined ? "" : ` has no key ${key}, or`} does not exist`);
    this.name = "MissingSourceError";
  }
}

/** The data of a ConfigMap, text and binary alike. */
export function configMapData(object: V1ConfigMap): Record<string, Bytes> {
  const text = Object.entries(object.data ?? {}).map(([key, value]): [string, Bytes] => [
    key,
    Buffer.from(value),
  ]);
  return { ...Object.fromEntries(text), ...decode(object.binaryData) };
}

/** The data of a Secret, decoded. */
export function secretData(object: V1Secret): Record<string, Bytes> {
  return decode(object.data);
}

function decode(data: Record<string, string> = {}): Record<string, Bytes> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}

/** Share of a token's life after which the kubelet gets a new one. */
const RENEW_AFTER = 0.8;
/** Kubernetes' default and what a Pod gets that asks for none. */
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

  /** Forgets a Pod's tokens. */
  drop(pod: V1Pod): void {
    const prefix = `${pod.metadata?.uid ?? ""}\0`;
    for (const key of this.#tokens.keys()) if (key.startsWith(prefix)) this.#tokens.delete(key);
  }
}

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
