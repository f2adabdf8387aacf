import { type KeyObject, X509Certificate } from "node:crypto";
import type { ProvidedPems } from "../config/certificateAuthority.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { leavesRoomForAnchors, placeFaults } from "../x509/authority.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { certificateTexts, parseCertificate } from "../x509/certificate.ts";
import { type IssuedNames, chainFaults, nameFaults } from "../x509/chain.ts";
import { parsePrivateKey } from "../x509/keys.ts";
import { ISTIOD_DOMAIN } from "../x509/nameConstraints.ts";
import { rootFaults } from "../x509/root.ts";
import { type Provided, type ProvidedChain, findChain } from "./providedChain.ts";

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
 * Validates a certificate authority from outside: each certificate, its key, the chain to the root, and the names that istiod signs for. No
 * message quotes a text as given: it could be the key.
 * @param names in the certificates that istiod signs.
 * @returns all faults, or the authority and notes on certificates that are not used.
 */
export function validateProvided(
  given: ProvidedPems,
  names: IssuedNames,
  now: Date,
): { authority: ProvidedAuthority; notes: string[] } | { faults: Fault[] } {
  const faults: Fault[] = [];
  const read = (field: "certificate" | "chain" | "root", rule: string, remedy: string): Provided[] => {
    const texts = certificateTexts(given[field] ?? "");
    if (given[field] !== undefined && texts.length === 0) faults.push(fault(field, rule, remedy));
    return texts.flatMap((pem, index) => {
      const place = field === "certificate" && texts.length === 1 ? field : pathOf(field, index);
      const certificate = parseCertificate(pem);
      if (certificate === undefined)
        faults.push(fault(place, "cannot be read as an X.509 certificate", REPLACE));
      return certificate === undefined ? [] : [{ field: place, certificate }];
    });
  };
  const certificates = read("certificate", ONE, "Give what istiod is to sign with");
  if (certificates.length > 1)
    faults.push(
      fault("certificate", `${ONE}, and has ${certificates.length}`, "Move all but the first to chain"),
    );
  const chain = read(
    "chain",
    "must be certificates in PEM",
    "Give those between certificate and root, or remove it",
  );
  const roots = read(
    "root",
    "must be one or more certificates in PEM",
    "Give the root that peers are to trust",
  );
  const certificate = certificates[0]?.certificate;
  const key = parsePrivateKey(given.key);
  const rootKey = given.rootKey === undefined ? undefined : parsePrivateKey(given.rootKey);
  const issuer =
    rootKey && roots.map((root) => root.certificate).find((root) => root.checkPrivateKey(rootKey));
  faults.push(...keyFaults("key", key, certificate === undefined ? [] : [certificate]));
  if (given.rootKey !== undefined)
    faults.push(
      ...keyFaults(
        "rootKey",
        rootKey,
        roots.map((root) => root.certificate),
      ),
    );
  if (issuer !== undefined && !leavesRoomForAnchors(issuer)) faults.push(NO_ROOM);
  const found = certificate && findChain(certificate, chain, roots);
  faults.push(...certificateFaults(found, chain, roots, names, now));
  if (found === undefined || faults.length > 0) return { faults };
  return {
    authority: {
      certificate: String(certificate),
      key: pemOf(key),
      chain: found.path.slice(1, -1).map((each) => each.certificate.toString()),
      roots: roots.map((root) => root.certificate.toString()),
      issuer: issuer && { certificate: issuer.toString(), key: pemOf(rootKey) },
    },
    notes: notesOn(found),
  };
}

const ONE = "must be exactly one certificate in PEM";
const REPLACE = "Have your certificate authority issue another one";

function notesOn({ skipped, isReordered }: ProvidedChain): string[] {
  return [
    ...skipped.map(({ field, reason }) => `${PATH}.${field} ${reason}: it is not used`),
    ...(isReordered ? [`${PATH}.chain is not in order: it is used from certificate towards root`] : []),
  ];
}

const NO_ROOM: Fault = {
  path: `${PATH}.rootKey`,
  rule: "is of a root with a path length below 2, which cannot sign the trust anchor of a peer that has an intermediate",
  remedy: "Leave the key out and accept unconstrained anchors, or have a root without that limit",
};

/**
 * Validates that the root that signs trust anchors may sign for peers' trust domains. A peer under one of our roots needs no anchor.
 * @param pinned peers by name.
 * @returns a fault for each peer whose anchor the root's own name constraints would make invalid.
 */
export function validateAnchorNames(
  { issuer, roots }: Pick<ProvidedAuthority, "issuer" | "roots">,
  pinned: Readonly<Record<string, PinnedPeer>>,
): Fault[] {
  if (issuer === undefined) return [];
  const root = new X509Certificate(issuer.certificate);
  const others = Object.entries(pinned).filter(([, { rootCertificates }]) =>
    rootCertificates.some((pem) => !roots.includes(pem)),
  );
  return others.flatMap(([peer, { trustDomain }]) =>
    nameFaults([root], { trustDomain, hosts: [] }).map(({ rule }) =>
      fault(
        "rootKey",
        `is of a root that ${rule}, so that ${peer} can have no trust anchor`,
        "Leave the key out and accept unconstrained anchors, or have a root that permits it",
      ),
    ),
  );
}

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

/** Validates all certificates: along the chain, and the roots beside it. */
function certificateFaults(
  found: ProvidedChain | undefined,
  chain: readonly Provided[],
  roots: readonly Provided[],
  names: IssuedNames,
  now: Date,
): Fault[] {
  const path = found?.isRooted === true ? found.path : [];
  const below = Math.max(path.length - 1, found?.path.length ?? 1);
  const beside = roots.filter(
    (root) => !path.some(({ certificate }) => certificate.raw.equals(root.certificate.raw)),
  );
  const besideFaults = beside.flatMap(({ field, certificate }) =>
    [...rootFaults(certificate), ...placeFaults(certificate, below, now)].map((rule) =>
      certificateFault(field, certificate, rule),
    ),
  );
  if (found === undefined) return besideFaults;
  const onPath = chainFaults(
    found.path.map(({ certificate }) => certificate),
    names,
    now,
    found.isRooted,
  ).flatMap(({ index, rule, refused }) => {
    const at = found.path[index];
    if (at === undefined) return [];
    const broken = certificateFault(at.field, at.certificate, rule);
    return [refused.length === 0 ? broken : { ...broken, remedy: permitting(names) }];
  });
  return [...onPath, ...besideFaults, ...linkFaults(found, chain, roots)];
}

function permitting({ trustDomain }: IssuedNames): string {
  return `Have it issued without name constraints, or with ones that permit URI:${trustDomain} and DNS:${ISTIOD_DOMAIN}`;
}

function certificateFault(field: string, { subject }: X509Certificate, rule: string): Fault {
  return { ...fault(field, rule, REPLACE), value: formatSubject(subject) };
}

/** Formats a subject on one line, the most particular attribute first. */
function formatSubject(subject: string | undefined): string {
  return (subject ?? "").split("\n").reverse().join(", ");
}

/** Validates that the path ends with a root. */
function linkFaults(
  { path, isRooted }: ProvidedChain,
  chain: readonly Provided[],
  roots: readonly Provided[],
): Fault[] {
  const last = path.at(-1);
  if (isRooted || last === undefined || roots.length === 0) return [];
  const { field, certificate } = last;
  const namesake = [...chain, ...roots].find(
    (each) => each.certificate !== certificate && each.certificate.subject === certificate.issuer,
  );
  const issuer = formatSubject(certificate.issuer);
  const rule =
    namesake === undefined
      ? `is issued by ${issuer}, which is neither in provided.chain nor in provided.root`
      : `names provided.${namesake.field} (${issuer}) as its issuer, and is not signed by that one's key`;
  const remedy = "Give the root that issued it, or the intermediates between the two as provided.chain";
  return [{ ...certificateFault(field, certificate, rule), remedy }];
}
