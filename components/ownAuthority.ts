import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { StackConfig } from "../federation/config.ts";
import { fingerprintOf } from "../federation/fingerprint.ts";
import { type RotationPlan, type RotationRecord, recordStep, rolesOf } from "../federation/rotation.ts";
import type { AuthorityParts } from "./certificateAuthority.ts";

type Algorithm = StackConfig["certificateAuthority"]["algorithm"];

/** A root or an intermediate, and its key; both PEM. */
interface Signer {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
}

/** Whose certificates they are, in their subjects. */
type Owner = Pick<OwnAuthorityArgs, "organization" | "organizationalUnit">;

/** What an own authority is made from. */
export interface OwnAuthorityArgs {
  /** Organization in the certificates' subjects: the SPIFFE trust domain that they stand for. */
  organization: string;
  /** Tells apart the certificates of clusters with one organization: the cluster's name; not needed where it has one of its own. */
  organizationalUnit?: string;
  /** Of keys that are made from now on: ECDSA on P-256, or RSA of 4096 bits. */
  algorithm: Algorithm;
  /** Which roots there are, and what they do. */
  rotation: RotationPlan;
}

const HOURS_PER_YEAR = 8760;
const ROOT_YEARS = 10;
const INTERMEDIATE_YEARS = 5;
const CA_USES = ["cert_signing", "crl_signing"];

/** Makes a root of the cluster's own (two while it rotates) and an intermediate that the one in charge signs. */
export function ownAuthority(
  name: string,
  { organization, organizationalUnit, algorithm, rotation }: OwnAuthorityArgs,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  const owner = { organization, ...(organizationalUnit === undefined ? {} : { organizationalUnit }) };
  const { published, trusted, signing } = rolesOf(rotation.wanted);
  const roots = new Map(published.map((number) => [number, root(name, number, { owner, algorithm }, opts)]));
  const certificatesOf = (numbers: readonly number[]): pulumi.Output<string[]> =>
    pulumi.output(numbers.flatMap((number) => roots.get(number)?.certificate ?? []));
  const issuer = roots.get(signing);
  if (issuer === undefined) throw new Error(`root ${signing} signs and is not there`);
  const subject = { ...owner, commonName: "Intermediate CA" };
  return {
    ...intermediate(numbered(`${name}-intermediate`, signing), { subject, algorithm, issuer }, opts),
    chain: [],
    roots: certificatesOf(published),
    trusted: certificatesOf(trusted),
    issuer,
    rotation: certificatesOf(published).apply((pems) => record(rotation, published, pems)),
  };
}

/** The first one has no number, as it had none before there were others. */
function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}-${number}`;
}

function root(
  name: string,
  number: number,
  { owner, algorithm }: { owner: Owner; algorithm: Algorithm },
  opts: pulumi.CustomResourceOptions,
): Signer {
  const key = privateKey(`${numbered(`${name}-root`, number)}-key`, algorithm, opts);
  const { certPem } = new tls.SelfSignedCert(
    numbered(`${name}-root`, number),
    {
      privateKeyPem: key,
      // Verifiers look for issuers by name: no two roots share one.
      subject: { ...owner, commonName: number === 1 ? "Root CA" : `Root CA ${number}` },
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: ROOT_YEARS * HOURS_PER_YEAR,
    },
    opts,
  );
  return { certificate: certPem, key };
}

function intermediate(
  name: string,
  args: { subject: Owner & { commonName: string }; algorithm: Algorithm; issuer: Signer },
  opts: pulumi.CustomResourceOptions,
): Signer {
  const { subject, algorithm, issuer } = args;
  const key = privateKey(`${name}-key`, algorithm, opts);
  const request = new tls.CertRequest(`${name}-request`, { privateKeyPem: key, subject }, opts);
  const { certPem } = new tls.LocallySignedCert(
    name,
    {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: issuer.key,
      caCertPem: issuer.certificate,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: INTERMEDIATE_YEARS * HOURS_PER_YEAR,
      // Any update in its last year renews it: istiod takes a new one under the same root while it runs.
      earlyRenewalHours: HOURS_PER_YEAR,
    },
    opts,
  );
  return { certificate: certPem, key };
}

function privateKey(
  name: string,
  algorithm: Algorithm,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const size = algorithm === "ECDSA" ? { ecdsaCurve: "P256" } : { rsaBits: 4096 };
  // Another algorithm is for the next root: a key that is in use is not taken away.
  const ignoreChanges = ["algorithm", "ecdsaCurve", "rsaBits"];
  return new tls.PrivateKey(name, { algorithm, ...size }, { ...opts, ignoreChanges }).privateKeyPem;
}

function record(rotation: RotationPlan, numbers: readonly number[], pems: readonly string[]): RotationRecord {
  const fingerprints = numbers.map((number, index) => [String(number), fingerprintOf(pems[index] ?? "")]);
  return recordStep(rotation, Object.fromEntries(fingerprints) as Record<string, string>);
}
