import type { X509Certificate } from "node:crypto";

/** When a certificate is valid, both ends included. */
export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

export function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { notBefore: validFromDate, notAfter: validToDate };
}

/**
 * The time in which a peer's root and our own are both valid: no anchor may outlive what it stands for or what it rests on.
 * @throws Error, completing "<the peer's root> ...", when there is no such time or it is over.
 */
export function commonValidity(root: Validity, issuer: Validity, now: Date): Validity {
  const notBefore = root.notBefore > issuer.notBefore ? root.notBefore : issuer.notBefore;
  const notAfter = root.notAfter < issuer.notAfter ? root.notAfter : issuer.notAfter;
  const spans = `is valid ${describeSpan(root)}, our own root ${describeSpan(issuer)}`;
  if (notBefore > notAfter) throw new Error(`${spans}: never both at once`);
  if (notAfter < now) throw new Error(`${spans}: not both any more. Renew the one that ran out`);
  return { notBefore, notAfter };
}

export function describeSpan({ notBefore, notAfter }: Validity): string {
  return `from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
}
