import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { ContractSigner } from "../federation/contract/signature.ts";
import { signerIdentity } from "../federation/contract/signer.ts";
import type { AuthorityParts } from "./certificateAuthority.ts";
import type { Signer } from "./ownAuthority.ts";

const HOURS_PER_YEAR = 8760;

/** Uses and life of the certificate. */
const USES = {
  setSubjectKeyId: true,
  allowedUses: ["digital_signature", "code_signing"],
  validityPeriodHours: 5 * HOURS_PER_YEAR,
  // Any update in its last year renews it.
  earlyRenewalHours: HOURS_PER_YEAR,
};

/**
 * Creates the key that signs this cluster's contract and nothing else, and its certificate under the cluster's certificate authority.
 * Ed25519 for every authority: a contract that did not change keeps its signature.
 * @param trustDomain SPIFFE trust domain of the cluster.
 */
export function contractSigner(
  name: string,
  trustDomain: string,
  authority: Pick<AuthorityParts, "certificate" | "key" | "chain">,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<ContractSigner> {
  return pulumi
    .all([rootSigner(name, trustDomain, authority, opts), authority.certificate])
    .apply(([{ key, certificates }, intermediate]) => ({
      key,
      certificates: [...certificates, intermediate, ...authority.chain],
    }));
}

/**
 * Creates the key that signs this cluster's contract and nothing else, and its certificate right under a root.
 * @param trustDomain SPIFFE trust domain of the cluster.
 */
export function rootSigner(
  name: string,
  trustDomain: string,
  issuer: Signer,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<ContractSigner> {
  const { privateKeyPem } = signingKey(name, opts);
  const { certRequestPem } = new tls.CertRequest(
    `${name}-request`,
    { privateKeyPem, ...namesOf(trustDomain) },
    opts,
  );
  const { certPem } = new tls.LocallySignedCert(
    name,
    { certRequestPem, caPrivateKeyPem: issuer.key, caCertPem: issuer.certificate, ...USES },
    opts,
  );
  return pulumi
    .all([privateKeyPem, certPem])
    .apply(([key, certificate]) => ({ key, certificates: [certificate] }));
}

/**
 * Creates the key that signs the contract of a mesh whose authority is somebody else's, with a certificate of its own: peers pin the key.
 * @param trustDomain SPIFFE trust domain of the cluster.
 */
export function selfSignedSigner(
  name: string,
  trustDomain: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<ContractSigner> {
  const { privateKeyPem } = signingKey(name, opts);
  const { certPem } = new tls.SelfSignedCert(name, { privateKeyPem, ...namesOf(trustDomain), ...USES }, opts);
  return pulumi
    .all([privateKeyPem, certPem])
    .apply(([key, certificate]) => ({ key, certificates: [certificate] }));
}

function signingKey(name: string, opts: pulumi.CustomResourceOptions): tls.PrivateKey {
  return new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, opts);
}

/** Names in the signing certificate. */
function namesOf(trustDomain: string) {
  return {
    subject: { organization: trustDomain, commonName: "Contract" },
    uris: [signerIdentity(trustDomain)],
  };
}
