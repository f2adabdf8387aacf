import * as pulumi from "@pulumi/pulumi";
import { root } from "./ownAuthority.ts";
import type { RootPlan } from "../federation/authority/rootPlan.ts";
import { type CertificateReport, datesOf } from "../federation/trust/expiry.ts";
import { SignedAuthority } from "../providers/signedAuthority.ts";

/**
 * Shared root of several clusters. Its key is encrypted in this stack's state, and the clusters' keys in theirs; only public data is
 * exchanged.
 */
export class RootAuthority extends pulumi.ComponentResource {
  /** PEM; a list, as there are two during a replacement. */
  readonly rootCertificates: pulumi.Output<string[]>;
  /** Intermediate of each cluster, PEM by the cluster's name. */
  readonly signedCertificates: pulumi.Output<Record<string, string>>;
  /** Signed requests, PEM by the cluster's name: the next run pins the clusters' keys by them. */
  readonly certificateRequests: Readonly<Record<string, string>>;
  /** Validity of the certificates of this stack, by their names. */
  readonly certificates: pulumi.Output<CertificateReport>;

  constructor(name: string, { config, requests }: RootPlan, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:RootAuthority", name, {}, opts);
    const child = { parent: this };
    const { name: organization, algorithm, clusters } = config.rootAuthority;
    const issuer = root(name, 1, { organization, organizationalUnit: undefined, algorithm }, child);
    const signed = Object.entries(clusters).flatMap(([cluster, { trustDomain, istiodHosts }]) => {
      const request = requests[cluster];
      if (request === undefined) return [];
      const { certificate } = new SignedAuthority(
        `${name}-signed-${cluster}`,
        {
          ...{ cluster, trustDomain, istiodHosts, request },
          issuerCertificate: issuer.certificate,
          issuerKey: issuer.key,
        },
        child,
      );
      return [[cluster, certificate] as const];
    });
    this.certificateRequests = requests;
    this.rootCertificates = issuer.certificate.apply((pem) => [pem]);
    this.signedCertificates = pulumi.output(Object.fromEntries(signed));
    this.certificates = pulumi
      .all([issuer.certificate, this.signedCertificates])
      .apply(([rootPem, pems]) => reportOf(rootPem, pems));
    this.registerOutputs({ rootCertificates: this.rootCertificates });
  }

  /** Outputs of the stack. */
  get outputs() {
    const { rootCertificates, signedCertificates, certificateRequests, certificates } = this;
    return { rootCertificates, signedCertificates, certificateRequests, certificates };
  }
}

function reportOf(rootPem: string, signed: Readonly<Record<string, string>>): CertificateReport {
  const clusters = Object.entries(signed).map(([cluster, pem]) => [
    `intermediate of ${cluster}`,
    datesOf(pem),
  ]);
  return { root: datesOf(rootPem), ...(Object.fromEntries(clusters) as CertificateReport) };
}
