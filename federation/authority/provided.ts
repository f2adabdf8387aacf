import { X509Certificate } from "node:crypto";
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
import {
  PROVIDED,
  REPLACE,
  WITHOUT_ROOT_KEY,
  formatSubject,
  noRoomFault,
  providedCertificateFault,
  providedFault,
  providedKeyFaults,
  toPkcs8,
} from "./providedFaults.ts";

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
    if (given[field] !== undefined && texts.length === 0) faults.push(providedFault(field, rule, remedy));
    return texts.flatMap((pem, index) => {
      const place = field === "certificate" && texts.length === 1 ? field : pathOf(field, index);
      const certificate = parseCertificate(pem);
      if (certificate === undefined)
        faults.push(providedFault(place, "cannot be read as an X.509 certificate", REPLACE));
      return certificate === undefined ? [] : [{ field: place, certificate }];
    });
  };
  const certificates = read("certificate", ONE, "Give what istiod is to sign with");
  if (certificates.length > 1)
    faults.push(
      providedFault(
        "certificate",
        `${ONE}, and has ${certificates.length}`,
        "Move all but the first to chain",
      ),
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
  const key = given.key === undefined ? undefined : parsePrivateKey(given.key);
  const rootKey = given.rootKey === undefined ? undefined : parsePrivateKey(given.rootKey);
  const issuer =
    rootKey && roots.map((root) => root.certificate).find((root) => root.checkPrivateKey(rootKey));
  if (given.key !== undefined)
    faults.push(...providedKeyFaults("key", key, certificate === undefined ? [] : [certificate]));
  if (given.rootKey !== undefined)
    faults.push(
      ...providedKeyFaults(
        "rootKey",
        rootKey,
        roots.map((root) => root.certificate),
      ),
    );
  if (issuer !== undefined && !leavesRoomForAnchors(issuer)) faults.push(noRoomFault(WITHOUT_ROOT_KEY.own));
  const found = certificate && findChain(certificate, chain, roots);
  faults.push(...certificateFaults(found, chain, roots, names, now));
  if (found === undefined || key === undefined || faults.length > 0) return { faults };
  return {
    authority: {
      certificate: String(certificate),
      key: toPkcs8(key),
      chain: found.path.slice(1, -1).map((each) => each.certificate.toString()),
      roots: roots.map((root) => root.certificate.toString()),
      issuer: issuer && { certificate: issuer.toString(), key: toPkcs8(rootKey) },
    },
    notes: notesOn(found),
  };
}

const ONE = "must be exactly one certificate in PEM";

function notesOn({ skipped, isReordered }: ProvidedChain): string[] {
  return [
    ...skipped.map(({ field, reason }) => `${PROVIDED}.${field} ${reason}: it is not used`),
    ...(isReordered ? [`${PROVIDED}.chain is not in order: it is used from certificate towards root`] : []),
  ];
}

/**
 * Validates that the root that signs trust anchors may sign for peers' trust domains. A peer under one of our roots needs no anchor.
 * @param pinned peers by name.
 * @param instead a way to do without the key.
 * @returns a fault for each peer whose anchor the root's own name constraints would make invalid.
 */
export function validateAnchorNames(
  { issuer, roots }: Pick<ProvidedAuthority, "issuer"> & { roots: readonly string[] },
  pinned: Readonly<Record<string, PinnedPeer>>,
  instead: string,
): Fault[] {
  if (issuer === undefined) return [];
  const root = new X509Certificate(issuer.certificate);
  const others = Object.entries(pinned).filter(([, { rootCertificates }]) =>
    rootCertificates.some((pem) => !roots.includes(pem)),
  );
  return others.flatMap(([peer, { trustDomain }]) =>
    nameFaults([root], { trustDomain, hosts: [] }).map(({ rule }) =>
      providedFault(
        "rootKey",
        `is of a root that ${rule}, so that ${peer} can have no trust anchor`,
        `${instead}, or have a root that permits it`,
      ),
    ),
  );
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
      providedCertificateFault(field, certificate, rule),
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
    const broken = providedCertificateFault(at.field, at.certificate, rule);
    return [refused.length === 0 ? broken : { ...broken, remedy: permitting(names) }];
  });
  return [...onPath, ...besideFaults, ...linkFaults(found, chain, roots)];
}

function permitting({ trustDomain }: IssuedNames): string {
  return `Have it issued without name constraints, or with ones that permit URI:${trustDomain} and DNS:${ISTIOD_DOMAIN}`;
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
  return [{ ...providedCertificateFault(field, certificate, rule), remedy }];
}
