import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";

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
