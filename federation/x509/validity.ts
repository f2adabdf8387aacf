import type { X509Certificate } from "node:crypto";

const HOUR = 3_600_000;
const YEAR = 8760 * HOUR;

/** Years that an intermediate is valid, unless its root ends before. */
const INTERMEDIATE_YEARS = 5;

/** Time in which a certificate is valid, both ends included. */
export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

export function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { notBefore: validFromDate, notAfter: validToDate };
}

/**
 * Returns the time in which a peer's root and our own are both valid. An anchor may outlive neither.
 * @throws Error, completing "<the peer's root> ...", when there is no such time or it is over.
 */
export function commonValidity(root: Validity, issuer: Validity, now: Date): Validity {
  const notBefore = root.notBefore > issuer.notBefore ? root.notBefore : issuer.notBefore;
  const notAfter = root.notAfter < issuer.notAfter ? root.notAfter : issuer.notAfter;
  const spans = `is valid ${formatSpan(root)}, our own root ${formatSpan(issuer)}`;
  if (notBefore > notAfter) throw new Error(`${spans}: never both at once`);
  if (notAfter < now) throw new Error(`${spans}: not both any more. Renew the one that ran out`);
  return { notBefore, notAfter };
}

/**
 * Returns the time in which an intermediate is valid that a root signs now.
 * @throws Error, completing "<the root> ...", when the root is not valid now.
 */
export function intermediateValidity(root: Validity, now: Date): Validity {
  if (now < root.notBefore || now > root.notAfter)
    throw new Error(`is valid ${formatSpan(root)}, and not now`);
  // An hour back, for clusters whose clocks are behind.
  const start = Math.max(root.notBefore.getTime(), now.getTime() - HOUR);
  const end = Math.min(root.notAfter.getTime(), now.getTime() + INTERMEDIATE_YEARS * YEAR);
  return { notBefore: new Date(start), notAfter: new Date(end) };
}

/**
 * Whether an intermediate is to be renewed: in its last year, unless it ends with its root.
 * @param end of the intermediate, and of its root.
 */
export function isRenewalDue(end: { intermediate: Date; root: Date }, now: Date): boolean {
  return end.intermediate.getTime() - now.getTime() < YEAR && end.intermediate < end.root;
}

function formatSpan({ notBefore, notAfter }: Validity): string {
  return `from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
}
