import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { certify, type Issuer, type Validity, describeSpan } from "./certify.ts";
import { nameConstraints } from "./nameConstraints.ts";
import type { CertificateRequest } from "./request.ts";

/** How long an intermediate serves, unless its root ends before. */
const YEARS = 5;
const HOUR = 3_600_000;
const YEAR = 8760 * HOUR;

/** By these names, and those below, proxies and the API server call istiod, whose certificate the intermediate signs too. */
export const ISTIOD_DOMAIN = `${ISTIO_NAMESPACE}.svc`;

/**
 * Signs what a cluster's istiod is to sign with: a CA for leaves only, good for the identities of one trust domain and the names of istiod.
 * Of the request it has subject and key, and nothing else.
 * @param trustDomain the only one for which it is good.
 * @param hosts DNS names and IP addresses by which istiod is reached, beside those in {@link ISTIOD_DOMAIN}.
 * @param random as {@link certify} takes them.
 * @returns PEM.
 * @throws Error, completing "<the root> ...", when the root does not serve now.
 */
export function signIntermediate(
  request: CertificateRequest,
  issuer: Issuer,
  { trustDomain, hosts }: { trustDomain: string; hosts: readonly string[] },
  now: Date,
  random: Uint8Array,
): string {
  const { subject, publicKeyInfo, keyIdentifier } = request;
  return certify(
    { subject, publicKeyInfo, keyIdentifier, pathLength: 0 },
    issuer,
    nameConstraints(trustDomain, [ISTIOD_DOMAIN, ...hosts]),
    servingFrom(now, issuer.validity),
    random,
  );
}

/**
 * Whether an intermediate is to be made anew: in its last year, as `pulumi up` on a cluster with a root of its own does it. One that ends
 * with its root would not serve any longer if it were.
 * @param end of the intermediate, and of its root.
 */
export function isDue(end: { intermediate: Date; root: Date }, now: Date): boolean {
  return end.intermediate.getTime() - now.getTime() < YEAR && end.intermediate < end.root;
}

function servingFrom(now: Date, root: Validity): Validity {
  if (now < root.notBefore || now > root.notAfter)
    throw new Error(`is valid ${describeSpan(root)}, and not now`);
  // An hour back, for clusters whose clocks are behind.
  const start = Math.max(root.notBefore.getTime(), now.getTime() - HOUR);
  const end = Math.min(root.notAfter.getTime(), now.getTime() + YEARS * YEAR);
  return { notBefore: new Date(start), notAfter: new Date(end) };
}
