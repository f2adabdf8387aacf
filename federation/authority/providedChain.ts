import type { X509Certificate } from "node:crypto";
import { isSignedBy } from "../x509/signature.ts";

/** A provided certificate and its place in the config. */
export interface Provided {
  /** Below `certificateAuthority.provided`: `certificate`, `chain[0]`. */
  field: string;
  certificate: X509Certificate;
}

/** The certificates by which one that istiod signs with leads to a root. */
export interface ProvidedChain {
  /** From `certificate` to a root, each signed by the next. */
  path: Provided[];
  /** Whether the last one of the path is a root. */
  isRooted: boolean;
  /** Certificates of `chain` that the path lacks, and why. */
  skipped: { field: string; reason: string }[];
  /** Whether `chain` is in another order than the path. */
  isReordered: boolean;
}

/**
 * Finds the chain from a certificate to its root, whatever the order of those between. Files of Istio (`cert-chain.pem`), Vault and cert-manager
 * begin with the certificate itself, end with the root, or both.
 */
export function findChain(
  certificate: X509Certificate,
  chain: readonly Provided[],
  roots: readonly Provided[],
): ProvidedChain {
  const between = chain.filter((each) => whySkipped(each, certificate, chain, roots) === undefined);
  const start = { field: "certificate", certificate };
  const isRoot = roots.some((root) => isSame(root.certificate, certificate));
  const rooted = isRoot ? [start] : pathFrom(start, between, roots, new Set());
  const path = rooted ?? longestPath(start, between);
  const used = path.filter((each) => between.includes(each)).map((each) => between.indexOf(each));
  return {
    path,
    isRooted: rooted !== undefined,
    skipped: chain.flatMap((each) => {
      const unused = path.includes(each)
        ? undefined
        : "has signed none of those between certificate and root";
      const reason = whySkipped(each, certificate, chain, roots) ?? unused;
      return reason === undefined ? [] : [{ field: each.field, reason }];
    }),
    isReordered: used.some((place, index) => index > 0 && place < (used[index - 1] ?? 0)),
  };
}

/** Finds a path to a root; of several issuers with one key, one may lead to no root. */
function pathFrom(
  last: Provided,
  between: readonly Provided[],
  roots: readonly Provided[],
  visited: Set<Provided>,
): Provided[] | undefined {
  visited.add(last);
  const root = roots.find((candidate) => isIssuer(candidate, last));
  if (root !== undefined) return [last, root];
  for (const candidate of between) {
    if (visited.has(candidate) || !isIssuer(candidate, last)) continue;
    const rest = pathFrom(candidate, between, roots, visited);
    if (rest !== undefined) return [last, ...rest];
  }
  return undefined;
}

/** Follows the issuers as far as they are known. */
function longestPath(start: Provided, between: readonly Provided[]): Provided[] {
  const path = [start];
  for (let last: Provided | undefined = start; last !== undefined;) {
    const current: Provided = last;
    last = between.find((candidate) => !path.includes(candidate) && isIssuer(candidate, current));
    if (last !== undefined) path.push(last);
  }
  return path;
}

function isIssuer(candidate: Provided, { certificate }: Provided): boolean {
  return isSignedBy(certificate, candidate.certificate.publicKey);
}

/** Returns why a certificate is superfluous in a chain, whatever it has signed. */
function whySkipped(
  { field, certificate }: Provided,
  own: X509Certificate,
  chain: readonly Provided[],
  roots: readonly Provided[],
): string | undefined {
  if (isSame(certificate, own)) return "is provided.certificate itself";
  const root = roots.find((each) => isSame(each.certificate, certificate));
  if (root !== undefined) return `is provided.${root.field}`;
  const first = chain.find((each) => isSame(each.certificate, certificate));
  return first === undefined || first.field === field ? undefined : `is provided.${first.field} again`;
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}
