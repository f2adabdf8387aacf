import type { KeyObject, X509Certificate } from "node:crypto";
import type { ProvidedPems } from "../config/certificateAuthority.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { authorityFaults, isIssuedBy, leavesRoomForAnchors } from "../x509/authority.ts";
import { certificatesIn } from "../x509/certificate.ts";
import { parsePrivateKey } from "../x509/keys.ts";
import { rootFaults } from "../x509/root.ts";

/** A validated certificate authority from outside. */
export interface ProvidedAuthority {
  /** PEM, as are all fields. */
  certificate: string;
  key: string;
  /** CAs between the certificate and the root, in order. */
  chain: string[];
  roots: string[];
  /** The root that issues trust anchors, and its key; undefined without a root key. */
  issuer?: { certificate: string; key: string } | undefined;
}

/** Path of each part in the config. */
const PATH = "certificateAuthority.provided";

/**
 * Validates a certificate authority from outside: each certificate, its key, and the chain to the root. No message quotes a text as
 * given: it could be the key.
 * @returns all faults, or the authority.
 */
export function validateProvided(
  given: ProvidedPems,
  now: Date,
): { authority: ProvidedAuthority } | { faults: Fault[] } {
  const [certificate, ...more] = certificatesIn(given.certificate) ?? [];
  const chain = certificatesIn(given.chain ?? "") ?? [];
  const roots = certificatesIn(given.root) ?? [];
  const key = parsePrivateKey(given.key);
  const rootKey = given.rootKey === undefined ? undefined : parsePrivateKey(given.rootKey);
  const issuer = rootKey && roots.find((root) => root.checkPrivateKey(rootKey));
  const faults: Fault[] = [];
  const add = (field: string, rule: string, remedy: string): void =>
    void faults.push(fault(field, rule, remedy));
  if (certificate === undefined || more.length > 0)
    add("certificate", "must be exactly one certificate in PEM", "Give what istiod is to sign with");
  if (given.chain !== undefined && chain.length === 0)
    add("chain", "must be certificates in PEM", "Give those between certificate and root, or remove it");
  if (roots.length === 0)
    add("root", "must be one or more certificates in PEM", "Give the root that peers are to trust");
  faults.push(...keyFaults("key", key, certificate === undefined ? [] : [certificate]));
  if (given.rootKey !== undefined) faults.push(...keyFaults("rootKey", rootKey, roots));
  if (issuer !== undefined && !leavesRoomForAnchors(issuer)) faults.push(NO_ROOM);
  if (certificate === undefined) return { faults };
  faults.push(...authorities(certificate, chain, roots, now), ...linkFaults(certificate, chain, roots));
  if (faults.length > 0) return { faults };
  return {
    authority: {
      certificate: certificate.toString(),
      key: pemOf(key),
      chain: chain.map(String),
      roots: roots.map(String),
      issuer: issuer && { certificate: issuer.toString(), key: pemOf(rootKey) },
    },
  };
}

const NO_ROOM: Fault = {
  path: `${PATH}.rootKey`,
  rule: "is of a root with a path length below 2, which cannot sign the trust anchor of a peer that has an intermediate",
  remedy: "Leave the key out and accept unconstrained anchors, or have a root without that limit",
};

/** Formats a key as istiod reads it, without the curve's parameters that some tools write before the key. */
function pemOf(key: KeyObject | undefined): string {
  return key?.export({ type: "pkcs8", format: "pem" }).toString() ?? "";
}

function fault(field: string, rule: string, remedy: string): Fault {
  return { path: `${PATH}.${field}`, rule, remedy };
}

function keyFaults(
  field: "key" | "rootKey",
  key: KeyObject | undefined,
  certificates: readonly X509Certificate[],
): Fault[] {
  if (key === undefined) {
    const rule = "must be an unencrypted private key in PEM (PKCS #1, SEC 1 or PKCS #8)";
    return [fault(field, rule, "Take off its passphrase: openssl pkey -in key.pem")];
  }
  if (certificates.length === 0 || certificates.some((certificate) => certificate.checkPrivateKey(key)))
    return [];
  const whose = field === "key" ? "provided.certificate" : "a certificate in provided.root";
  return [fault(field, `is not the key of ${whose}`, "Give the key that belongs to it")];
}

/** Validates each certificate by itself. */
function authorities(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): Fault[] {
  const faultsAt = (path: string, authority: X509Certificate, below: number): Fault[] =>
    authorityFaults(authority, below, now).map((rule) =>
      fault(path, rule, "Have your certificate authority issue another one"),
    );
  return [
    ...faultsAt("certificate", certificate, 0),
    ...chain.flatMap((authority, index) => faultsAt(pathOf("chain", index), authority, index + 1)),
    ...roots.flatMap((root, index) => faultsAt(pathOf("root", index), root, chain.length + 1)),
    ...roots.flatMap((root, index) =>
      rootFaults(root).map((rule) =>
        fault(pathOf("root", index), rule, "Give a root that all verifiers take"),
      ),
    ),
  ];
}

/** Validates that each certificate is issued by the next one, and the last by a root. */
function linkFaults(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): Fault[] {
  const links = [certificate, ...chain];
  return links.flatMap((link, index) => {
    const path = index === 0 ? "certificate" : pathOf("chain", index - 1);
    const next = links[index + 1];
    if (next !== undefined) {
      if (isIssuedBy(link, next)) return [];
      const order = "Order the chain from provided.certificate towards the root, without gaps";
      return [fault(path, `is not issued by provided.${pathOf("chain", index)}`, order)];
    }
    if (roots.length === 0 || roots.some((root) => isIssuedBy(link, root))) return [];
    const missing = "Give the root that issued it, or the intermediates between the two as provided.chain";
    return [fault(path, "is issued by no certificate in provided.root", missing)];
  });
}
