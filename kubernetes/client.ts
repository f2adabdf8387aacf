import { setImmediate } from "node:timers/promises";
import { MANAGED_BY } from "../federation/core/labels.ts";
import { ClusterError, type ClusterFailure } from "./errors.ts";
import { type KubernetesObject, type ResourceKind, SERVICE_ACCOUNT, resourcePath } from "./kinds.ts";
import type { KubeconfigName } from "./kubeconfig.ts";
import { PATIENT, type Patience, Transport } from "./transport.ts";

/** Objects in one page of a list. */
const PAGE_SIZE = 500;

/** A list's answer is far smaller when only the metadata is asked for. */
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

export interface ListOptions {
  /** @default all namespaces */
  namespace?: string;
  /** As the API takes it: `a=b,c!=d`. */
  labelSelector?: string;
  /** Only `metadata` of each object. */
  metadataOnly?: boolean;
}

/** What is kept of the objects of a list, which may be too many to hold them all. */
export interface Intake<T, Sum> {
  /** Makes what they are taken into; once more when the list expires in the middle and begins anew. */
  readonly begin: () => Sum;
  /** Keeps of an object what is needed of it. */
  readonly take: (sum: Sum, object: T) => void;
}

interface Page {
  metadata?: { continue?: string };
  /** Null for an empty list of metadata. */
  items: KubernetesObject[] | null;
}

/** A service account's token, and when it ends by the API server's word. */
export interface IssuedToken {
  token: string;
  expires: Date;
}

/** The few requests that this program makes to a cluster. Every error names the context, the verb and the object. */
export class ClusterClient {
  private readonly transport: Transport;

  private constructor(transport: Transport) {
    this.transport = transport;
  }

  /**
   * Reads the kubeconfig; makes no request yet.
   * @throws ClusterError when it does not lead to a cluster.
   */
  static async connect(name: KubeconfigName, patience: Patience = PATIENT): Promise<ClusterClient> {
    return new ClusterClient(await Transport.open(name, patience));
  }

  /** For messages: `cluster context "cluster-a"`. */
  get where(): string {
    return this.transport.where;
  }

  /** Asks the API server for its version: the cheapest question to which any answer will do. */
  async probe(): Promise<void> {
    await this.transport.request({ method: "GET", path: "/version", operation: "reach the API server" });
  }

  /** @returns all objects that match, none when the cluster does not know the kind (its CRD is not installed). */
  list<T extends KubernetesObject>(kind: ResourceKind, options: ListOptions = {}): Promise<T[]> {
    return this.fold<T, T[]>(kind, options, {
      begin: () => [],
      take: (found, object) => void found.push(object),
    });
  }

  /**
   * Takes in all objects that match, one by one, and holds no more than two pages of them at a time.
   * @returns the sum of them; that of none when the cluster does not know the kind.
   */
  async fold<T extends KubernetesObject, Sum>(
    kind: ResourceKind,
    options: ListOptions,
    { begin, take }: Intake<T, Sum>,
  ): Promise<Sum> {
    const once = async (): Promise<Sum> => {
      const sum = begin();
      for await (const page of this.pages(kind, options)) for (const object of page) take(sum, object as T);
      return sum;
    };
    try {
      return await once();
    } catch (error) {
      if (statusOf(error) === 404) return begin();
      if (statusOf(error) !== 410) throw error;
      // The snapshot behind the pages expired while we read them: once more, from the start.
      return once();
    }
  }

  /** Pages of a list; the next one is on its way while one is looked at. */
  private async *pages(kind: ResourceKind, options: ListOptions): AsyncGenerator<KubernetesObject[]> {
    let coming: Promise<Page> | undefined = this.page(kind, options);
    while (coming !== undefined) {
      const page: Page = await coming;
      const next: string = page.metadata?.continue ?? "";
      coming = next === "" ? undefined : this.page(kind, options, next);
      // Its failure is met when its turn comes.
      coming?.catch(() => undefined);
      // Gets that request out before the page keeps this thread busy.
      await setImmediate();
      yield page.items ?? [];
    }
  }

  private async page(kind: ResourceKind, options: ListOptions, next?: string): Promise<Page> {
    const { namespace, labelSelector, metadataOnly } = options;
    const operation = `list ${kind.plural} in ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}`;
    const answer = (await this.transport.request({
      method: "GET",
      path: resourcePath(kind, namespace),
      query: {
        limit: String(PAGE_SIZE),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(next === undefined ? {} : { continue: next }),
      },
      ...(metadataOnly === true ? { headers: { accept: METADATA_ONLY } } : {}),
      operation,
    })) as Partial<Page>;
    // A login page, say, is not to be taken for an empty cluster.
    if (answer.items === undefined) {
      throw new ClusterError(this.where, { operation, cause: "the answer is no list", unreachable: true });
    }
    return { ...answer, items: answer.items };
  }

  /**
   * @param namespace undefined for a kind without namespaces.
   * @returns undefined when there is no such object.
   */
  async get<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined> {
    try {
      const operation = `get ${kind.kind} ${namespace}/${name}`;
      return (await this.transport.request({
        method: "GET",
        path: resourcePath(kind, namespace, name),
        operation,
      })) as T;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /**
   * Creates or changes an object by server-side apply as field manager `istio-federation`.
   * @param force take fields over from other managers: only for objects that are ours.
   */
  async apply<T extends KubernetesObject>(kind: ResourceKind, object: T, force: boolean): Promise<T> {
    const { namespace, name } = object.metadata;
    return (await this.transport.request({
      method: "PATCH",
      path: resourcePath(kind, namespace, name),
      query: { fieldManager: MANAGED_BY, force: String(force), fieldValidation: "Strict" },
      headers: { "content-type": "application/apply-patch+yaml" },
      body: object,
      mayPass: isRace,
      operation: `apply ${kind.kind} ${fullName(object)}`,
    })) as T;
  }

  /** Writes a whole object; its `metadata.resourceVersion`, when given, must be the current one. */
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
   * Asks for a token of a service account, by the TokenRequest API.
   * @param seconds how long it is to serve; the API server may make it less.
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
   * Deletes exactly the object that was seen: the same incarnation (uid), unchanged since (resourceVersion).
   * @returns false when it is another one or was changed in between; true when it is gone.
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
      if (statusOf(error) === 409) return false;
      if (statusOf(error) !== 404) throw error;
    }
    return true;
  }
}

/**
 * Whether a write that names no version of the object came at a bad moment only: somebody wrote at the same time, or the
 * kind's CRD was made a moment ago. A field that another manager holds stays held.
 */
function isRace({ status, reasons = [], missing }: ClusterFailure): boolean {
  return (status === 409 && !reasons.includes("FieldManagerConflict")) || missing === "kind";
}

/** `namespace/name`, or only the name of an object without a namespace. */
function fullName({ metadata: { namespace, name } }: KubernetesObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The API server's HTTP status behind an error; undefined when it gave no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ClusterError ? error.failure.status : undefined;
}
