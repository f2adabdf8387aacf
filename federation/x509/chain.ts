import type { X509Certificate } from "node:crypto";
import { authorityFaults, placeFaults } from "./authority.ts";
import { type CertificateFields, extensionValue, findExtension, parseFields } from "./certificateFields.ts";
import {
  type CertifiedName,
  hostName,
  isRefusedByEnvoy,
  isRefusedByGo,
  ownNames,
  trustDomainName,
} from "./certifiedNames.ts";
import { toDer } from "./der.ts";
import { type NameConstraints, TAGS, parseNameConstraints } from "./nameConstraints.ts";
import { policyFaults } from "./policies.ts";
import { rootFaults } from "./root.ts";
import { issuerNameFaults, signatureFaults } from "./signature.ts";

/** Names in the certificates that istiod signs. */
export interface IssuedNames {
  /** Trust domain of the workloads; their certificates have one URI and no other name. */
  trustDomain: string;
  /** DNS names and IP addresses of istiod. */
  hosts: readonly string[];
}

/** A fault of one certificate of a chain. */
export interface ChainFault {
  /** Place in the chain. */
  index: number;
  /** Completes "<the certificate> ...". */
  rule: string;
  /** Names that the certificate's name constraints refuse; empty for any other fault. */
  refused: CertifiedName[];
}

/**
 * Validates a chain as its consumers do: for workloads as clients and servers, and for istiod as a server. These are istiod, pilot-agent and
 * the API server (Go's `x509.Verify`), and Envoy (BoringSSL's `X509_verify_cert`). Only Go verifies istiod's certificate.
 * @param chain from the certificate that istiod signs with to its root; each is signed by the next.
 * @param isRooted whether the last one is a root; it is not where the root is missing.
 * @returns all faults of all certificates.
 */
export function chainFaults(
  chain: readonly X509Certificate[],
  names: IssuedNames,
  now: Date,
  isRooted = true,
): ChainFault[] {
  const own = chain.flatMap((certificate, index) => {
    const isRoot = isRooted && index === chain.length - 1;
    const faults = isRoot ? rootFaults(certificate) : authorityFaults(certificate, false);
    return [...faults, ...placeFaults(certificate, index, now)].map((rule) => at(index, rule));
  });
  const parsed = chain.map(tryParse);
  const links = parsed.slice(0, -1).flatMap((fields, index) => {
    const issuer = parsed[index + 1];
    if (fields === undefined) return [];
    const identity = issuer === undefined ? [] : attempt(() => issuerNameFaults(fields, issuer));
    return [...signatureFaults(fields), ...identity].map((rule) => at(index, rule));
  });
  const all = parsed.filter((fields) => fields !== undefined);
  // A certificate that is no DER is a fault already.
  if (all.length < chain.length) return [...own, ...links];
  const policies = attempt(() => policyFaults(all)).map(({ index, rule }) => at(index, rule));
  return [...own, ...links, ...parsedNameFaults(all, names), ...policies];
}

/** Validates the names of leaves under a chain, of which the root may be missing, as {@link chainFaults} does. */
export function nameFaults(chain: readonly X509Certificate[], names: IssuedNames): ChainFault[] {
  return parsedNameFaults(
    chain.map(tryParse).filter((fields) => fields !== undefined),
    names,
  );
}

/** Whether a CA's certificate permits URIs of some trust domains only. */
export function isConstrained(certificate: X509Certificate): boolean {
  const fields = tryParse(certificate);
  const found = fields === undefined ? [] : attempt(() => constraintsOf(fields));
  return found.some(({ permitted }) => permitted.some(({ tag }) => tag === TAGS.uri));
}

function at(index: number, rule: string): ChainFault {
  return { index, rule, refused: [] };
}

function tryParse(certificate: X509Certificate): CertificateFields | undefined {
  try {
    return parseFields(certificate);
  } catch {
    return undefined;
  }
}

/** Returns no faults where an extension is malformed, which is a fault already. */
function attempt<T>(faultsOf: () => T[]): T[] {
  try {
    return faultsOf();
  } catch {
    return [];
  }
}

/** Validates the names of leaves, and of the CAs between, against the constraints of all CAs above them. */
function parsedNameFaults(
  chain: readonly CertificateFields[],
  { trustDomain, hosts }: IssuedNames,
): ChainFault[] {
  return chain.flatMap((fields, index) => {
    const [constraints] = attempt(() => constraintsOf(fields));
    if (constraints === undefined) return [];
    return [
      ...workloadFaults(index, trustDomain, constraints),
      ...hostFaults(index, hosts, constraints),
      ...(chain.slice(0, index).some((below) => isAuthorityRefused(below, constraints))
        ? [at(index, "has name constraints that refuse the names of a CA below it")]
        : []),
    ];
  });
}

function workloadFaults(index: number, trustDomain: string, constraints: NameConstraints): ChainFault[] {
  const name = trustDomainName(trustDomain);
  const whose = `certificates of workloads in trust domain ${trustDomain}`;
  if (isRefusedByGo(name, constraints)) return [refusal(index, [name], whose)];
  if (!isRefusedByEnvoy(name, constraints)) return [];
  return [refusal(index, [name], `${whose}, to Envoy: a constraint of URIs has the trust domain in full`)];
}

function hostFaults(index: number, hosts: readonly string[], constraints: NameConstraints): ChainFault[] {
  const refused = hosts.map(hostName).filter((name) => isRefusedByGo(name, constraints));
  if (refused.length === 0) return [];
  return [refusal(index, refused, `istiod's certificate, for ${refused.map(({ text }) => text).join(", ")}`)];
}

function refusal(index: number, refused: CertifiedName[], whose: string): ChainFault {
  return { index, refused, rule: `has name constraints that refuse ${whose}` };
}

function constraintsOf(fields: CertificateFields): NameConstraints[] {
  const value = extensionValue(fields, "nameConstraints");
  const critical = findExtension(fields, "nameConstraints")?.critical === true;
  return value === undefined ? [] : [parseNameConstraints(value, critical)];
}

/** Whether a CA's own names are refused. BoringSSL skips those that issued themselves, and reads the subject too. */
function isAuthorityRefused(fields: CertificateFields, constraints: NameConstraints): boolean {
  const [names = { alternative: [], subject: [] }] = attempt(() => [ownNames(fields)]);
  const isSelfIssued = toDer(fields.issuer).equals(toDer(fields.subject));
  return (
    names.alternative.some((name) => isRefusedByGo(name, constraints)) ||
    (!isSelfIssued &&
      [...names.alternative, ...names.subject].some((name) => isRefusedByEnvoy(name, constraints)))
  );
}
