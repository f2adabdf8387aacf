import * as pulumi from "@pulumi/pulumi";
import { root } from "./ownAuthority.ts";
import type { RootPlan } from "../federation/authority/rootPlan.ts";
import { type CertificateReport, datesOf } from "../federation/trust/expiry.ts";
import { SignedAuthority } from "../providers/signedAuthority.ts";

/** Outputs of a shared root's stack. */
interface RootOutputs {
  /** PEM; a list, as there are two during a replacement. */
  rootCertificates: pulumi.Output<string[]>;
  /** Intermediate of each cluster, PEM by the cluster's name. */
  signedCertificates: pulumi.Output<Record<string, string>>;
  /** Signed requests, PEM by the cluster's name: the next run pins the clusters' keys by them. */
  certificateRequests: Readonly<Record<string, string>>;
  /** Validity of the certificates of this stack, by their names. */
  certificates: pulumi.Output<CertificateReport>;
}

/**
 * Shared root of several clusters. Its key is encrypted in this stack's state, and the clusters' keys in theirs; only public data is
 * exchanged.
 */
export class RootAuthority extends pulumi.ComponentResource {
  readonly outputs: RootOutputs;

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
    const rootCertificates = issuer.certificate.apply((pem) => [pem]);
    const signedCertificates = pulumi.output(Object.fromEntries(signed));
    const signers = pulumi.all([issuer.certificate, signedCertificates]);
    const certificates = signers.apply(([rootPem, pems]): CertificateReport => {
      const issued = Object.entries(pems).map(([cluster, pem]) => [
        `intermediate of ${cluster}`,
        datesOf(pem),
      ]);
      return { root: datesOf(rootPem), ...(Object.fromEntries(issued) as CertificateReport) };
    });
    this.outputs = { rootCertificates, signedCertificates, certificateRequests: requests, certificates };
    this.registerOutputs({ rootCertificates });
  }
}
