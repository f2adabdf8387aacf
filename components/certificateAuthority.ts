import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { StackConfig } from "../federation/config.ts";

type Algorithm = StackConfig["certificateAuthority"]["algorithm"];

/** What a `CertificateAuthority` is made from. */
export interface CertificateAuthorityArgs {
  /** Organization in the certificates' subjects: the SPIFFE trust domain that they stand for. */
  trustDomain: string;
  /** Key algorithm of root and intermediate: ECDSA on P-256, or RSA of 4096 bits. */
  algorithm: Algorithm;
  /** Name of the namespace that istiod runs in, where it looks for the Secret. */
  namespace: pulumi.Input<string>;
}

const HOURS_PER_YEAR = 8760;
const ROOT_YEARS = 10;
const INTERMEDIATE_YEARS = 5;
const CA_USES = ["cert_signing", "crl_signing"];

/**
 * The cluster's own root, an intermediate that it signed, and the Secret `cacerts` by which istiod signs with the
 * intermediate. The root's private key stays in this stack's state, encrypted, and goes nowhere else.
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** The root, both in PEM: its certificate is what peers must trust, its key (a secret) signs what is trusted here. */
  readonly root: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> };
  /** What istiod signs with, PEM. */
  readonly intermediateCertificate: pulumi.Output<string>;
  /** The Secret with `ca-cert.pem`, `ca-key.pem`, `root-cert.pem` and `cert-chain.pem`, as Istio names them. */
  readonly secret: kubernetes.core.v1.Secret;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:CertificateAuthority", name, {}, opts);
    const child = { parent: this };

    const rootKey = privateKey(`${name}-root-key`, args.algorithm, child);
    const root = new tls.SelfSignedCert(
      `${name}-root`,
      {
        privateKeyPem: rootKey.privateKeyPem,
        subject: { organization: args.trustDomain, commonName: "Root CA" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: CA_USES,
        validityPeriodHours: ROOT_YEARS * HOURS_PER_YEAR,
      },
      child,
    );

    const intermediateKey = privateKey(`${name}-intermediate-key`, args.algorithm, child);
    const request = new tls.CertRequest(
      `${name}-intermediate-request`,
      {
        privateKeyPem: intermediateKey.privateKeyPem,
        subject: { organization: args.trustDomain, commonName: "Intermediate CA" },
      },
      child,
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
      child,
    );

    this.intermediateCertificate = intermediate.certPem;
    this.root = { certificate: root.certPem, key: rootKey.privateKeyPem };
    this.secret = new kubernetes.core.v1.Secret(
      `${name}-cacerts`,
      {
        metadata: { name: "cacerts", namespace: args.namespace },
        stringData: {
          "ca-cert.pem": intermediate.certPem,
          "ca-key.pem": intermediateKey.privateKeyPem,
          "root-cert.pem": root.certPem,
          "cert-chain.pem": pulumi.concat(intermediate.certPem, root.certPem),
        },
      },
      child,
    );
    this.registerOutputs({ rootCertificate: root.certPem });
  }
}

function privateKey(name: string, algorithm: Algorithm, opts: pulumi.CustomResourceOptions): tls.PrivateKey {
  const size = algorithm === "ECDSA" ? { ecdsaCurve: "P256" } : { rsaBits: 4096 };
  return new tls.PrivateKey(name, { algorithm, ...size }, opts);
}
