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
/** An answer that is no success. */
export interface Answer {
  readonly status: number;
  /** Header fields by their name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Fields of the API server's `Status` object that explain a refusal. */
interface Status {
  kind?: string;
  message?: string;
  reason?: string;
  details?: { kind?: string; name?: string; causes?: { reason?: string }[] };
}

/** What a refusal is about, beyond its number. */
type Diagnosis = Omit<ClusterFailure, "operation" | "status" | "reasons" | "retryAfter">;

/** Longest quotation of the API server's message, in characters: all failures of an update go into one gRPC header. */
const QUOTED = 600;

const AGAIN = "then try again";
const MISSING_NAMESPACE = "If this stack made it, `pulumi up --refresh` makes it again; else make it";

/** The API server's refusal, in its own words where those help. Its messages name users and objects, never credentials. */
export function refusal(operation: string, answer: Answer): ClusterFailure {
  const { status, headers } = answer;
  const said = parseStatus(answer.text);
  const reasons = [said, ...(said?.details?.causes ?? [])].flatMap((from) => from?.reason ?? []);
  const seconds = Number(headers["retry-after"]);
  const isStrangers = status === 404 && said === undefined && headers["audit-id"] === undefined;
  return {
    operation,
    reasons,
    // No API server says 404 without an audit id: taken for its answer, it would mean that nothing is there.
    ...(isStrangers ? strangers(status) : { status, ...diagnose(status, said, reasons) }),
    ...(seconds > 0 ? { retryAfter: seconds * 1000 } : {}),
  };
}

function strangers(status: number): Diagnosis {
  const cause = `${status}, which is not the API server's answer, but that of something in front of it`;
  return { cause, unreachable: true, passing: true, general: true };
}

function diagnose(status: number, said: Status | undefined, reasons: readonly string[]): Diagnosis {
  const message = said?.message ?? "";
  const cause = [[status, said?.reason ?? ""].join(" ").trim(), message.slice(0, QUOTED)]
    .filter((part) => part !== "")
    .join(": ");
  if (status === 401) return unauthorized();
  const lacking = /User "[^"]*" cannot .*/s.exec(message);
  if (status === 403 && lacking !== null) return forbidden(lacking[0].slice(0, QUOTED));
  if (reasons.includes("NamespaceTerminating")) {
    const remedy = `Wait until it is gone. ${MISSING_NAMESPACE}`;
    return { cause: "its namespace is being deleted", remedy, general: true };
  }
  if (status === 404 && said === undefined) return unknownKind();
  if (status === 404 && said?.details?.kind === "namespaces") {
    return { cause: message, remedy: MISSING_NAMESPACE, missing: "namespace", general: true };
  }
  if (message.includes("database space exceeded")) {
    const remedy = `Make room in etcd (compact, defragment) and disarm its NOSPACE alarm, ${AGAIN}`;
    return { cause: `etcd takes no writes, as its database is full (${message})`, remedy, general: true };
  }
  // An internal error to the API server, which is well: alloc.go of its Services.
  if (/failed to allocate .*range is full/s.test(message)) return noAddress(message.slice(0, QUOTED));
  const webhook = /failed calling webhook "([^"]*)": (.*)/s.exec(message);
  if (webhook !== null) return silentWebhook(webhook[1] ?? "", (webhook[2] ?? "").slice(0, QUOTED));
  if (status === 429) return { cause, passing: true, general: true };
  if (status >= 500) return { cause, unreachable: true, passing: true, general: true };
  return { cause };
}

function unauthorized(): Diagnosis {
  return {
    cause:
      "401 Unauthorized: the API server does not accept this context's credentials; they may have expired",
    remedy: `Log in again, or give the context's user others in the kubeconfig, ${AGAIN}`,
    general: true,
  };
}

/** @param lacking `User "x" cannot patch resource "y" in API group "z" in the namespace "n"`, maybe with a reason. */
function forbidden(lacking: string): Diagnosis {
  const remedy = lacking.startsWith('User "system:anonymous"')
    ? "The request came without credentials: give the context's user some in the kubeconfig"
    : `Let a Role or ClusterRole allow it to that user, ${AGAIN}`;
  return { cause: `403 Forbidden: ${lacking}`, remedy, general: true };
}

function unknownKind(): Diagnosis {
  return {
    cause: "404: the cluster does not know this kind, as its CRD is not installed",
    remedy: `Istio's CRDs come with its chart \`base\`: install that, ${AGAIN}`,
    missing: "kind",
    general: true,
  };
}

/** What needs no address of the range, as most writes, goes on. */
function noAddress(message: string): Diagnosis {
  return {
    cause: `the cluster has no address left for a Service (${message})`,
    remedy: `Give the cluster a further range (ServiceCIDR), or delete Services that nobody needs, ${AGAIN}`,
  };
}

/** The API server asks before a write, and takes silence for a no (`failurePolicy: Fail`). */
function silentWebhook(name: string, why: string): Diagnosis {
  const isIstios = name.endsWith(".istio.io");
  return {
    cause: `${isIstios ? "istiod's" : "the"} admission webhook "${name}" does not answer the API server: ${why}`,
    remedy: `See why ${isIstios ? "istiod" : "it"} is not ready, ${AGAIN}`,
    passing: true,
    general: true,
  };
}

/** @returns undefined for anything but the API server's `Status`: plain text of its own, or a proxy's page. */
function parseStatus(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as Status | null;
    return value?.kind === "Status" ? value : undefined;
  } catch {
    return undefined;
  }
}
/** Codes of Node's errors of TLS: another attempt meets the same certificate. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/;

/** Why a request was given up: the deadline passed. */
export class TimeoutError extends Error {}

/**
 * A request without a whole answer: refused, timed out, broken off, name not found, certificate not trusted.
 * @param server host and port, for the message.
 * @param deadline how long was waited, in milliseconds.
 */
export function noAnswer(
  operation: string,
  server: string,
  deadline: number,
  error: unknown,
): ClusterFailure {
  const root = rootCause(error);
  const cause = root instanceof TimeoutError ? `no answer within ${deadline / 1000} s` : root.message;
  const passing = !UNTRUSTED.test((root as { code?: string }).code ?? "");
  return { operation, cause: `${server}: ${cause}`, unreachable: true, passing, general: true };
}

/** An error of undici says little; what it wraps does. */
function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  return error.cause === undefined ? error : rootCause(error.cause);
}
