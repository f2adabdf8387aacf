import { parseJson } from "../federation/core/text.ts";
import { diagnoseWebhook } from "./webhookFailure.ts";

/** A request that failed, or a kubeconfig that cannot be used. */
export interface ClusterFailure {
  /** Verb and object: `list serviceentries in namespace istio-federation`, `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
  /** Reason of the failure, without credentials. */
  readonly cause: string;
  /** A sentence without its full stop; absent when the remedy follows from the cause. */
  readonly remedy?: string;
  /** HTTP status of the API server's response; absent without one. */
  readonly status?: number;
  /** The `reason` of the response, e.g. `Conflict`, and the reasons of its causes, e.g. `FieldManagerConflict`. */
  readonly reasons?: readonly string[];
  /** Subject of a 404 other than the object: its namespace, or its kind (no CRD, or not served yet). */
  readonly missing?: "namespace" | "kind";
  /** No response, or one by which the API server cannot work. */
  readonly unreachable?: boolean;
  /** No answer in time, from the API server or from what is on the way to it. */
  readonly timedOut?: boolean;
  /** No TLS connection: one side does not trust the other's certificate, so that another server may answer. */
  readonly untrusted?: boolean;
  /** The same request may succeed a little later. */
  readonly retryable?: boolean;
  /** Every other write would fail alike: the failure is not about this object. */
  readonly general?: boolean;
  /** Part of the kubeconfig that is at fault, before any request: the file itself, or the context in it. */
  readonly kubeconfig?: "file" | "context";
  /** `Retry-After` of the response, in milliseconds. */
  readonly retryAfter?: number | undefined;
}

/** Whether the API server denied a request, as the user may not make it (403). */
export function isForbidden(error: unknown): boolean {
  return error instanceof ClusterError && error.failure.status === 403;
}

/** Returns a handler that replaces a missing right (403) by a value. */
export function orIfForbidden<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (isForbidden(error)) return otherwise;
    throw error;
  };
}

/** Thrown for a {@link ClusterFailure}. */
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

/** A response of whatever is at the API server's address. */
export interface HttpResponse {
  readonly status: number;
  /** Header fields by their name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Fields of the API server's `Status` object that explain an error. */
interface Status {
  kind?: string;
  message?: string;
  reason?: string;
  details?: { kind?: string; name?: string; causes?: { reason?: string }[] };
}

/** The part of a failure that follows from the response's content. */
type Diagnosis = Omit<ClusterFailure, "operation" | "status" | "reasons" | "retryAfter">;

/** Longest quotation of the API server's message, in characters: all failures of an update share one gRPC header. */
const QUOTED = 600;

const AGAIN = "then try again";
const MISSING_NAMESPACE = "If this stack made it, `pulumi up --refresh` makes it again; else make it";

/**
 * Explains an error response. The API server's messages, quoted where they help, name users and objects, never credentials.
 * @param refusal reason why the credentials may not be accepted, e.g. that they expired.
 */
export function responseFailure(operation: string, response: HttpResponse, refusal?: string): ClusterFailure {
  const { status, headers } = response;
  const body = parseStatus(response.text);
  const reasons = [body, ...(body?.details?.causes ?? [])].flatMap((from) => from?.reason ?? []);
  const seconds = Number(headers["retry-after"]);
  const isFromProxy = status === 404 && body === undefined && headers["audit-id"] === undefined;
  // An API server's 404 has an audit id. Without it, taken for the API server's, it would mean that nothing exists.
  const diagnosis = isFromProxy
    ? proxyAnswer(status)
    : { status, ...diagnose(status, body, reasons, refusal) };
  return { operation, reasons, ...diagnosis, retryAfter: seconds > 0 ? seconds * 1000 : undefined };
}

function proxyAnswer(status: number): Diagnosis {
  const cause = `${status}, from a proxy in front of the API server`;
  return { cause, unreachable: true, retryable: true, general: true };
}

function diagnose(
  status: number,
  body: Status | undefined,
  reasons: readonly string[],
  refusal: string | undefined,
): Diagnosis {
  const message = body?.message ?? "";
  const cause = [[status, body?.reason ?? ""].join(" ").trim(), message.slice(0, QUOTED)]
    .filter((part) => part !== "")
    .join(": ");
  if (status === 401) return unauthorized(refusal);
  const lacking = /User "[^"]*" cannot .*/s.exec(message);
  if (status === 403 && lacking !== null) return forbidden(lacking[0].slice(0, QUOTED), refusal);
  if (reasons.includes("NamespaceTerminating")) {
    const remedy = `Wait until it is deleted. ${MISSING_NAMESPACE}`;
    return { cause: "its namespace is being deleted", remedy, general: true };
  }
  if (status === 404 && body === undefined) return unknownKind();
  if (status === 404 && body?.details?.kind === "namespaces") {
    return { cause: message, remedy: MISSING_NAMESPACE, missing: "namespace", general: true };
  }
  if (message.includes("database space exceeded")) {
    const remedy = `Make room in etcd (compact, defragment) and disarm its NOSPACE alarm, ${AGAIN}`;
    return { cause: `etcd accepts no writes, as its database is full (${message})`, remedy, general: true };
  }
  // An internal error to the API server (alloc.go of its Services), which works all the same.
  if (/failed to allocate .*range is full/s.test(message)) return fullServiceRange(message.slice(0, QUOTED));
  const webhook = /failed calling webhook "([^"]*)": (.*)/s.exec(message);
  if (webhook !== null) return webhookFailure(webhook[1] ?? "", (webhook[2] ?? "").slice(0, QUOTED));
  const denied = /admission webhook "([^"]*)" denied the request/.exec(message);
  if (denied !== null) return deniedByWebhook(cause, denied[1] ?? "");
  if (status === 429) return { cause, retryable: true, general: true };
  if (status >= 500) return { cause, unreachable: true, retryable: true, general: true };
  return { cause };
}

function unauthorized(refusal = "they may have expired"): Diagnosis {
  return {
    cause: `401 Unauthorized: the API server does not accept this context's credentials; ${refusal}`,
    remedy: `Log in again, or give the context's user others in the kubeconfig, ${AGAIN}`,
    general: true,
  };
}

/** @param lacking `User "x" cannot patch resource "y" in API group "z" in the namespace "n"`, maybe with a reason. */
function forbidden(lacking: string, refusal: string | undefined): Diagnosis {
  const isAnonymous = lacking.startsWith('User "system:anonymous"');
  const remedy = isAnonymous
    ? "The request came without credentials: add credentials to the context's user in the kubeconfig"
    : `Let a Role or ClusterRole allow it to that user, ${AGAIN}`;
  if (!isAnonymous || refusal === undefined) {
    return { cause: `403 Forbidden: ${lacking}`, remedy, general: true };
  }
  return {
    cause: `403 Forbidden: ${refusal}, so that the request counts as one without credentials (${lacking})`,
    remedy: `Log in again, or give the context's user others in the kubeconfig, ${AGAIN}`,
    general: true,
  };
}

function unknownKind(): Diagnosis {
  return {
    cause: "404: the cluster does not know this kind, as its CRD is not installed",
    remedy: `Istio's CRDs come with its chart \`base\`: install that, ${AGAIN}`,
    missing: "kind",
    general: true,
  };
}

/** Not general: most writes need no address of the range. */
function fullServiceRange(message: string): Diagnosis {
  return {
    cause: `the cluster has no address left for a Service (${message})`,
    remedy: `Give the cluster a further range (ServiceCIDR), or delete unneeded Services, ${AGAIN}`,
  };
}

/** With `failurePolicy: Fail` a webhook that does not answer denies the write. */
function webhookFailure(name: string, why: string): Diagnosis {
  const isIstios = /(?:^|\.)istio\.io$/.test(name);
  const { rule, remedy } = diagnoseWebhook(isIstios, why);
  return {
    cause: `${isIstios ? "istiod's" : "the"} admission webhook "${name}" ${rule}: ${why}`,
    remedy: `${remedy}, ${AGAIN}`,
    retryable: true,
    general: true,
  };
}

/** A webhook that answers, and refuses the object. */
function deniedByWebhook(cause: string, name: string): Diagnosis {
  const remedy = name.endsWith("istio.io")
    ? "istiod is there and finds the object wrong: is its version one that this program supports?"
    : "It answers and refuses the object: have the owner of that policy allow it, or exempt its namespace";
  return { cause, remedy };
}

/** Parses the API server's `Status`; undefined for its plain text, or a proxy's page. */
function parseStatus(text: string): Status | undefined {
  const value = parseJson(text) as Status | null | undefined;
  return value?.kind === "Status" ? value : undefined;
}

/** Codes of failed TLS handshakes: those of certificates in Node's list (`X509_V_ERR_`), and OpenSSL's. */
const UNTRUSTED =
  /^(?:CERT_|CRL_|ERROR_IN_C|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_)/;

/** Codes of connections that nobody answers. */
const TIMED_OUT = /^(?:ETIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;

/** Undici's messages for a proxy that does not allow a connection. */
const REFUSED_BY_PROXY = /Proxy (?:response|Authentication Required) \(4\d\d\)/;

const PROXY_REMEDY = `Have the proxy allow it, give proxy-url (or $HTTPS_PROXY) its user and password, or name the API server in $NO_PROXY, ${AGAIN}`;

/** Reason of an aborted request: its deadline. */
export class TimeoutError extends Error {}

/**
 * Explains a request without a whole response: refused, timed out, broken off, name not found, certificate not trusted.
 * @param server host and port, for the message.
 * @param deadline of the request, in milliseconds.
 * @param refusal reason why the credentials may not be accepted, e.g. that the certificate expired.
 */
export function connectionFailure(
  operation: string,
  server: string,
  deadline: number,
  error: unknown,
  refusal?: string,
): ClusterFailure {
  const root = rootCause(error);
  const isLate = root instanceof TimeoutError;
  const cause = `${server}: ${isLate ? `no answer within ${deadline / 1000} s` : root.message}`;
  const { code = "" } = root as { code?: string };
  if (REFUSED_BY_PROXY.test(root.message)) {
    return { operation, cause, remedy: PROXY_REMEDY, general: true };
  }
  if (!UNTRUSTED.test(code)) {
    const timedOut = isLate || TIMED_OUT.test(code);
    return { operation, cause, unreachable: true, timedOut, retryable: true, general: true };
  }
  // Node's hint, which names an option of its own, does not help: the machine's roots are trusted where the kubeconfig has none.
  const reason = cause.replace(/; if the root CA is installed locally.*/s, "");
  // An alert comes from the API server.
  const isAlert = code.includes("_ALERT_") && refusal !== undefined;
  return { operation, cause: isAlert ? `${reason}; ${refusal}` : reason, untrusted: true, general: true };
}

/** Returns the innermost error: undici's own messages do not name the reason. */
function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  return error.cause === undefined ? error : rootCause(error.cause);
}
