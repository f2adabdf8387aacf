import type * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { StackConfig } from "../federation/config.ts";
import type { AuthorityParts } from "./certificateAuthority.ts";

type Algorithm = StackConfig["certificateAuthority"]["algorithm"];

const HOURS_PER_YEAR = 8760;
const ROOT_YEARS = 10;
const INTERMEDIATE_YEARS = 5;
const CA_USES = ["cert_signing", "crl_signing"];

/**
 * Makes a root of the cluster's own and an intermediate that it signs.
 * @param organization in the certificates' subjects: the SPIFFE trust domain that they stand for.
 * @param algorithm of both keys: ECDSA on P-256, or RSA of 4096 bits.
 */
export function ownAuthority(
  name: string,
  organization: string,
  algorithm: Algorithm,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  const rootKey = privateKey(`${name}-root-key`, algorithm, opts);
  const root = new tls.SelfSignedCert(
    `${name}-root`,
    {
      privateKeyPem: rootKey.privateKeyPem,
      subject: { organization, commonName: "Root CA" },
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: ROOT_YEARS * HOURS_PER_YEAR,
    },
    opts,
  );

  const key = privateKey(`${name}-intermediate-key`, algorithm, opts);
  const request = new tls.CertRequest(
    `${name}-intermediate-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { organization, commonName: "Intermediate CA" },
    },
    opts,
  );
  const intermediate = new tls.LocallySignedCert(
    `${name}-intermediate`,
    {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: rootKey.privateKeyPem,
      caCertPem: root.certPem,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: CA_USES,
      validityPeriodHours: INTERMEDIATE_YEARS * HOURS_PER_YEAR,
      // Any update in its last year renews it: istiod takes a new one under the same root while it runs.
      earlyRenewalHours: HOURS_PER_YEAR,
    },
    opts,
  );
  return {
    certificate: intermediate.certPem,
    key: key.privateKeyPem,
    chain: [],
    roots: root.certPem.apply((pem) => [pem]),
    issuer: { certificate: root.certPem, key: rootKey.privateKeyPem },
  };
}

function privateKey(name: string, algorithm: Algorithm, opts: pulumi.CustomResourceOptions): tls.PrivateKey {
  const size = algorithm === "ECDSA" ? { ecdsaCurve: "P256" } : { rsaBits: 4096 };
  return new tls.PrivateKey(name, { algorithm, ...size }, opts);
}
