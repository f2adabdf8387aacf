import type { ClusterFailure } from "./clusterError.ts";

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
