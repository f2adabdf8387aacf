import { setImmediate } from "node:timers/promises";
import { MANAGED_BY } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { ClusterError, type ClusterFailure } from "./errors.ts";
import { type KubernetesObject, type ResourceKind, SERVICE_ACCOUNT, resourcePath } from "./kinds.ts";
import type { KubeconfigName } from "./kubeconfig.ts";
import { JSON_TYPE, RETRY_CHANGES, type RetryPolicy, Transport } from "./transport.ts";

/** Objects in one page of a list. */
const PAGE_SIZE = 500;

/** Attempts at an object that others write to at the same time, as istiod does to the status. */
const EDIT_ATTEMPTS = 5;

/** Media type of a list of metadata, which is far smaller. */
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

export interface ListOptions {
  /** @default all namespaces */
  namespace?: string;
  /** In the API's syntax: `a=b,c!=d`. */
  labelSelector?: string;
  /** Only `metadata` of each object. */
  metadataOnly?: boolean;
}

/** Accumulates the objects of a list, which may be too many to hold them all. */
export interface Accumulator<T, Sum> {
  /** Makes an empty sum; called again when the list expires in the middle and starts anew. */
  readonly begin: () => Sum;
  /** Adds what is needed of an object. */
  readonly take: (sum: Sum, object: T) => void;
}

interface Page {
  metadata?: { continue?: string };
  /** Null for an empty list of metadata. */
  items: KubernetesObject[] | null;
}

/** A ServiceAccount's token, and its end according to the API server. */
export interface IssuedToken {
  token: string;
  expires: Date;
}

/** Client for the few requests that this program makes to a cluster. Every error names the context, the verb and the object. */
export class ClusterClient {
  private readonly transport: Transport;

  private constructor(transport: Transport) {
    this.transport = transport;
  }

  /**
   * Reads the kubeconfig; makes no request yet.
   * @throws ClusterError when the kubeconfig does not lead to a cluster.
   */
  static async connect(name: KubeconfigName, policy: RetryPolicy = RETRY_CHANGES): Promise<ClusterClient> {
    return new ClusterClient(await Transport.open(name, policy));
  }

  /** Returns a client with the same connections and another policy. */
  withPolicy(policy: RetryPolicy): ClusterClient {
    return new ClusterClient(this.transport.withPolicy(policy));
  }

  /** Context for messages: `cluster context "cluster-a"`. */
  get where(): string {
    return this.transport.where;
  }

  /** Requests the API server's version, which is the cheapest response. */
  async probe(): Promise<void> {
    await this.transport.request({ method: "GET", path: "/version", operation: "reach the API server" });
  }

  /** Lists the objects that match; none when the cluster does not know the kind (its CRD is not installed). */
  list<T extends KubernetesObject>(kind: ResourceKind, options: ListOptions = {}): Promise<T[]> {
    return this.fold<T, T[]>(kind, options, {
      begin: () => [],
      take: (found, object) => void found.push(object),
    });
  }

  /**
   * Accumulates the objects that match, one by one, and holds no more than two pages of them at a time.
   * @returns the sum; an empty one when the cluster does not know the kind.
   */
  async fold<T extends KubernetesObject, Sum>(
    kind: ResourceKind,
    options: ListOptions,
    { begin, take }: Accumulator<T, Sum>,
  ): Promise<Sum> {
    const once = async (): Promise<Sum> => {
      const sum = begin();
      for await (const page of this.pages(kind, options)) for (const object of page) take(sum, object as T);
      return sum;
    };
    try {
      return await once();
    } catch (error) {
      if (httpStatusOf(error) === 404) return begin();
      if (httpStatusOf(error) !== 410) throw error;
      // The snapshot behind the pages expired in between: starts anew.
      return once();
    }
  }

  /** Reads the pages of a list, each while the one before is processed. */
  private async *pages(kind: ResourceKind, options: ListOptions): AsyncGenerator<KubernetesObject[]> {
    let pending: Promise<Page> | undefined = this.page(kind, options);
    while (pending !== undefined) {
      const page: Page = await pending;
      const next: string = page.metadata?.continue ?? "";
      pending = next === "" ? undefined : this.page(kind, options, next);
      // A failure is thrown when the page is awaited.
      pending?.catch(() => undefined);
      // Sends the request before this page keeps the thread busy.
      await setImmediate();
      yield page.items ?? [];
    }
  }

  private async page(kind: ResourceKind, options: ListOptions, next?: string): Promise<Page> {
    const { namespace, labelSelector, metadataOnly } = options;
    const operation = `list ${kind.plural} in ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}`;
    const response = (await this.transport.request({
      method: "GET",
      path: resourcePath(kind, namespace),
      query: withoutUndefined({ limit: String(PAGE_SIZE), labelSelector, continue: next }),
      headers: { accept: metadataOnly === true ? METADATA_ONLY : JSON_TYPE },
      operation,
    })) as Partial<Page>;
    // Without this check the JSON of a proxy would count as an empty list.
    if (response.items === undefined) {
      throw new ClusterError(this.where, { operation, cause: "the answer is no list", unreachable: true });
    }
    return { ...response, items: response.items };
  }

  /**
   * Reads one object.
   * @param namespace undefined for a kind without namespaces.
   * @returns undefined when the object does not exist.
   */
  async get<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined> {
    try {
      const operation = `get ${kind.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
      return (await this.transport.request({
        method: "GET",
        path: resourcePath(kind, namespace, name),
        operation,
      })) as T;
    } catch (error) {
      if (httpStatusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /**
   * Creates or changes an object by server-side apply as field manager `istio-federation`.
   * @param force takes fields over from other managers: only for objects of this program.
   */
  async apply<T extends KubernetesObject>(kind: ResourceKind, object: T, force: boolean): Promise<T> {
    const { namespace, name } = object.metadata;
    return (await this.transport.request({
      method: "PATCH",
      path: resourcePath(kind, namespace, name),
      query: { fieldManager: MANAGED_BY, force: String(force), fieldValidation: "Strict" },
      headers: { "content-type": "application/apply-patch+yaml" },
      body: object,
      retryAlso: isRace,
      operation: `apply ${kind.kind} ${fullName(object)}`,
    })) as T;
  }

  /** Replaces a whole object; its `metadata.resourceVersion`, if it has one, must be the current one. */
  async replace<T extends KubernetesObject>(kind: ResourceKind, object: T): Promise<T> {
    const { namespace, name } = object.metadata;
    return (await this.transport.request({
      method: "PUT",
      path: resourcePath(kind, namespace, name),
      query: { fieldManager: MANAGED_BY, fieldValidation: "Strict" },
      body: object,
      operation: `replace ${kind.kind} ${fullName(object)}`,
    })) as T;
  }

  /**
   * Requests a ServiceAccount's token from the TokenRequest API.
   * @param seconds requested life; the API server may give less.
   */
  async requestToken(namespace: string, name: string, seconds: number): Promise<IssuedToken> {
    const operation = `get a token for ServiceAccount ${namespace}/${name}`;
    const { status } = (await this.transport.request({
      method: "POST",
      path: `${resourcePath(SERVICE_ACCOUNT, namespace, name)}/token`,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: seconds },
      },
      operation,
    })) as { status?: { token?: string; expirationTimestamp?: string } };
    const expires = Date.parse(status?.expirationTimestamp ?? "");
    if (status?.token === undefined || Number.isNaN(expires)) {
      throw new ClusterError(this.where, { operation, cause: "the answer is no TokenRequest" });
    }
    return { token: status.token, expires: new Date(expires) };
  }

  /**
   * Deletes exactly the object that was read: the same uid and resourceVersion.
   * @returns false when it was replaced or changed in between; true when it is gone.
   */
  async delete(kind: ResourceKind, seen: KubernetesObject): Promise<boolean> {
    const { namespace, name, uid, resourceVersion } = seen.metadata;
    try {
      await this.transport.request({
        method: "DELETE",
        path: resourcePath(kind, namespace, name),
        body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid, resourceVersion } },
        operation: `delete ${kind.kind} ${fullName(seen)}`,
      });
    } catch (error) {
      if (httpStatusOf(error) === 409) return false;
      if (httpStatusOf(error) !== 404) throw error;
    }
    return true;
  }
}

/**
 * Replaces an object by a changed one, provided that nobody else changed it in between; else starts again.
 * @param change returns the whole object to write, or undefined to write nothing; its argument is undefined for a missing object.
 */
export async function editObject<T extends KubernetesObject>(
  client: Pick<ClusterClient, "get" | "replace">,
  kind: ResourceKind,
  { namespace, name }: { namespace: string; name: string },
  change: (live: T | undefined) => T | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const changed = change(await client.get<T>(kind, namespace, name));
    if (changed === undefined) return;
    try {
      await client.replace(kind, changed);
      return;
    } catch (error) {
      if (httpStatusOf(error) !== 409 || attempt === EDIT_ATTEMPTS) throw error;
    }
  }
}

/**
 * Whether a write without a resourceVersion failed by a race: with another write, or with the CRD that is only just created. A
 * conflict with another field manager is none.
 */
function isRace({ status, reasons = [], missing }: ClusterFailure): boolean {
  return (status === 409 && !reasons.includes("FieldManagerConflict")) || missing === "kind";
}

/** Formats `namespace/name`, or only the name of an object without a namespace. */
function fullName({ metadata: { namespace, name } }: KubernetesObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Returns the API server's HTTP status behind an error; undefined without a response. */
export function httpStatusOf(error: unknown): number | undefined {
  return error instanceof ClusterError ? error.failure.status : undefined;
}
