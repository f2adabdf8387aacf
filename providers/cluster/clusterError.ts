/** What is known of a request that failed. */
export interface ClusterFailure {
  /** What was tried: `list serviceentries in namespace istio-federation`, `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
  /** Why it failed, without credentials. */
  readonly cause: string;
  /** What to do about it, as a sentence without its full stop; left out when that follows from the cause. */
  readonly remedy?: string;
  /** HTTP status of the API server's answer; left out when there was none. */
  readonly status?: number;
  /** The answer's `reason`, e.g. `Conflict`, and the reasons of its causes, e.g. `FieldManagerConflict`. */
  readonly reasons?: readonly string[];
  /** What a 404 misses, when it is not the object: its namespace, or its whole kind (no CRD, or not served yet). */
  readonly missing?: "namespace" | "kind";
  /** No answer, or one which says that the API server cannot work. */
  readonly unreachable?: boolean;
  /** The same request may well succeed a little later. */
  readonly passing?: boolean;
  /** It is not about this object: every other write would fail alike. */
  readonly general?: boolean;
  /** What of the kubeconfig is at fault, before there is any request: the file itself, or the context in it. */
  readonly kubeconfig?: "file" | "context";
  /** How long the API server asks us to wait, in milliseconds. */
  readonly retryAfter?: number;
}

/** Whether the cluster refused a request because the user may not make it (403). */
export function isForbidden(error: unknown): boolean {
  return error instanceof ClusterError && error.failure.status === 403;
}

/** A request to a cluster that failed, or a kubeconfig that does not lead to one. */
export class ClusterError extends Error {
  /** `cluster context "cluster-a"` or `kubeconfig .lab/kubeconfig`. */
  readonly where: string;
  readonly failure: ClusterFailure;

  constructor(where: string, failure: ClusterFailure) {
    const { operation, cause, remedy } = failure;
    super(`${where}: cannot ${operation}: ${cause}${remedy === undefined ? "" : `. ${remedy}`}`);
    this.name = "ClusterError";
    this.where = where;
    this.failure = failure;
  }
}
