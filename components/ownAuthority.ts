import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import {
  type RotationPlan,
  type RotationRecord,
  recordStep,
  rolesOf,
} from "../federation/authority/rotation.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { INTERMEDIATE_NAME } from "../federation/core/wellKnown.ts";
import { fingerprintOf } from "../federation/x509/certificate.ts";
import type { AuthorityParts } from "./certificateAuthority.ts";

type Algorithm = StackConfig["certificateAuthority"]["algorithm"];

/** Owner of keys and certificates. */
export interface KeyOwner {
  /** Organization in the certificates' subjects: the SPIFFE trust domain. */
  organization: string;
  /** Distinguishes the roots of clusters with one organization: the cluster's name; undefined where the trust domain is the cluster's own. */
  organizationalUnit: string | undefined;
  /** Algorithm of new keys: ECDSA on P-256, or RSA of 4096 bits. */
  algorithm: Algorithm;
}

/** A root or an intermediate, and its key; both PEM. */
export interface Signer {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
}

const HOURS_PER_YEAR = 8760;
const ROOT_YEARS = 10;
const INTERMEDIATE_YEARS = 5;
const CA_USES = ["cert_signing", "crl_signing"];

/** Creates the cluster's own root (two during a rotation) and an intermediate under the signing one. */
export function ownAuthority(
  name: string,
  owner: KeyOwner,
  rotation: RotationPlan,
  opts: pulumi.CustomResourceOptions,
): Omit<AuthorityParts, "chain"> {
  const { published, trusted, signing } = rolesOf(rotation.wanted);
  const roots = new Map(published.map((number) => [number, root(name, number, owner, opts)]));
  const certificatesOf = (numbers: readonly number[]): pulumi.Output<string[]> =>
    pulumi.output(numbers.flatMap((number) => roots.get(number)?.certificate ?? []));
  const issuer = roots.get(signing);
  if (issuer === undefined) throw new Error(`root ${signing} signs and is not there`);
  const asked = requestIntermediate(name, signing, owner, opts);
  return {
    ...asked,
    certificate: intermediate(numbered(`${name}-intermediate`, signing), asked.request, issuer, opts),
    roots: certificatesOf(published),
    trusted: certificatesOf(signerFirst(trusted, signing)),
    issuer,
    rotation: certificatesOf(published).apply((pems) => record(rotation, published, pems)),
  };
}

/** Sorts the signing root first: a new order shows that istiod uses it, and makes every proxy renew its certificate. */
function signerFirst(roots: readonly number[], signing: number): number[] {
  return [signing, ...roots.filter((number) => number !== signing)];
}

/** Returns the name of a numbered resource; the first has no number. */
function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}-${number}`;
}

/** Creates a root and its key; the first one has number 1. */
export function root(
  name: string,
  number: number,
  { organization, organizationalUnit, algorithm }: KeyOwner,
  opts: pulumi.CustomResourceOptions,
  commonName = "Root CA",
): Signer {
  const key = privateKey(`${numbered(`${name}-root`, number)}-key`, algorithm, opts);
  const owner = organizationalUnit === undefined ? { organization } : { organization, organizationalUnit };
  const { certPem } = new tls.SelfSignedCert(
    numbered(`${name}-root`, number),
    {
      privateKeyPem: key,
      // Verifiers look for issuers by name: no two roots share one.
      subject: { ...owner, commonName: number === 1 ? commonName : `${commonName} ${number}` },
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: ROOT_YEARS * HOURS_PER_YEAR,
    },
    opts,
  );
  return { certificate: certPem, key };
}

/** Key of an intermediate, and its certificate signing request; both PEM. */
export interface RequestedIntermediate {
  key: pulumi.Output<string>;
  request: pulumi.Output<string>;
}

/**
 * Creates the key of an intermediate and its signing request.
 * @param number of the root under which the key was created; the key stays when another root certifies it.
 */
export function requestIntermediate(
  name: string,
  number: number,
  { organization, algorithm }: Pick<KeyOwner, "organization" | "algorithm">,
  opts: pulumi.CustomResourceOptions,
): RequestedIntermediate {
  const key = privateKey(`${numbered(`${name}-intermediate`, number)}-key`, algorithm, opts);
  const subject = { organization, commonName: INTERMEDIATE_NAME };
  const { certRequestPem } = new tls.CertRequest(
    `${numbered(`${name}-intermediate`, number)}-request`,
    { privateKeyPem: key, subject },
    opts,
  );
  return { key, request: certRequestPem };
}

function intermediate(
  name: string,
  certRequestPem: pulumi.Output<string>,
  issuer: Signer,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  return new tls.LocallySignedCert(
    name,
    {
      certRequestPem,
      caPrivateKeyPem: issuer.key,
      caCertPem: issuer.certificate,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: INTERMEDIATE_YEARS * HOURS_PER_YEAR,
      // Any update in its last year renews it: istiod accepts a new one under the same root while it runs.
      earlyRenewalHours: HOURS_PER_YEAR,
    },
    opts,
  ).certPem;
}

function privateKey(
  name: string,
  algorithm: Algorithm,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const size = algorithm === "ECDSA" ? { ecdsaCurve: "P256" } : { rsaBits: 4096 };
  // Another algorithm applies to the next root: a key in use is not replaced.
  const ignoreChanges = ["algorithm", "ecdsaCurve", "rsaBits"];
  return new tls.PrivateKey(name, { algorithm, ...size }, { ...opts, ignoreChanges }).privateKeyPem;
}

function record(rotation: RotationPlan, numbers: readonly number[], pems: readonly string[]): RotationRecord {
  const fingerprints = numbers.map((number, index) => [String(number), fingerprintOf(pems[index] ?? "")]);
  return recordStep(rotation, Object.fromEntries(fingerprints) as Record<string, string>);
}
