/** What is known of a request that failed. */
export interface ClusterFailure {
  /** What was tried: `list ServiceEntries in istio-federation`, `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
  /** Why it failed, without credentials. */
  readonly cause: string;
  /** HTTP status of the API server's answer; left out when there was none. */
  readonly status?: number;
  /** The answer's `reason`, e.g. `Conflict`, and the reasons of its causes, e.g. `FieldManagerConflict`. */
  readonly reasons?: readonly string[];
  /** No answer, or one which says that the API server cannot work. */
  readonly unreachable?: boolean;
  /** What of the kubeconfig is at fault, before there is any request: the file itself, or the context in it. */
  readonly kubeconfig?: "file" | "context";
  /** How long the API server asks us to wait, in milliseconds. */
  readonly retryAfter?: number;
}

/** A request to a cluster that failed, or a kubeconfig that does not lead to one. */
export class ClusterError extends Error {
  readonly failure: ClusterFailure;

  /** @param where `cluster context "cluster-a"` or `kubeconfig .lab/kubeconfig`. */
  constructor(where: string, failure: ClusterFailure) {
    super(`${where}: cannot ${failure.operation}: ${failure.cause}`);
    this.name = "ClusterError";
    this.failure = failure;
  }
}

/** Fields of the API server's `Status` object that explain a refusal. */
interface Status {
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string }[] };
}

/** The API server's refusal, as it words it. Its messages name users and objects, never credentials. */
export function refusal(
  operation: string,
  status: number,
  body: string,
  headers: Record<string, string>,
): ClusterFailure {
  const answer = parseStatus(body);
  const seconds = Number(headers["retry-after"]);
  return {
    operation,
    status,
    cause:
      `${status} ${answer.reason ?? ""}${answer.message === undefined ? "" : `: ${answer.message}`}`.trim(),
    reasons: [answer, ...(answer.details?.causes ?? [])].flatMap(({ reason }) => (reason ? [reason] : [])),
    unreachable: status >= 500 && !isWebhooks(answer),
    ...(seconds > 0 ? { retryAfter: seconds * 1000 } : {}),
  };
}

/** Whether it is an admission webhook that failed (istiod is down, say), and not the API server itself. */
function isWebhooks({ message = "" }: Status): boolean {
  return message.includes("failed calling webhook");
}

function parseStatus(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // A proxy's page instead of the API server's answer: the number alone must do.
    return {};
  }
}

/** A request without an answer: refused, timed out, name not found, certificate not trusted. */
export function noAnswer(
  operation: string,
  server: string,
  deadline: number,
  error: unknown,
): ClusterFailure {
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  const cause = timedOut ? `no answer within ${deadline / 1000} s` : rootCause(error);
  return { operation, cause: `${server}: ${cause}`, unreachable: true };
}

/** `fetch failed` says nothing; what it wraps does. */
function rootCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  return error.cause === undefined ? error.message : rootCause(error.cause);
}
