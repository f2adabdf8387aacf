import * as pulumi from "@pulumi/pulumi";
import { type CertificateReport, datesOf } from "../federation/expiry.ts";
import type { PinnedPeer } from "../federation/pinnedPeer.ts";
import { TrustAnchor } from "../providers/trustAnchor.ts";
import type { CertificateAuthority } from "./certificateAuthority.ts";

/** By what one peer's workloads are trusted here. */
export interface PeerTrust {
  peer: string;
  /** SPIFFE trust domain of the peer. */
  trustDomain: string;
  /** CA certificates, PEM, one for each of the peer's roots; none speaks for another trust domain. */
  certificates: pulumi.Output<string[]>;
}

/** Makes the trust anchors of all peers: their roots, signed anew by ours, each for its peer's trust domain only. */
export function trustPeers(
  name: string,
  peers: Readonly<Record<string, PinnedPeer>>,
  { root }: CertificateAuthority,
  parent: pulumi.Resource,
): PeerTrust[] {
  return Object.entries(peers).map(([peer, { trustDomain, rootCertificates }]) => {
    const issuer = { issuerCertificate: root.certificate, issuerKey: root.key };
    const anchor = new TrustAnchor(
      `${name}-trust-${peer}`,
      { peer, trustDomain, rootCertificates, ...issuer },
      { parent },
    );
    return { peer, trustDomain, certificates: anchor.certificates };
  });
}

/** When the certificates serve that a stack made, in a stable order. */
export function reportCertificates(
  { root, intermediateCertificate }: CertificateAuthority,
  trust: readonly PeerTrust[],
): pulumi.Output<CertificateReport> {
  const anchors = pulumi.output(trust.map(({ peer, certificates }) => ({ peer, certificates })));
  return pulumi
    .all([intermediateCertificate, root.certificate, anchors])
    .apply(([intermediate, own, peers]) => {
      const ofPeers = peers.flatMap(({ peer, certificates }) =>
        certificates.map((pem, index): [string, string] => {
          const which = certificates.length > 1 ? ` (${index + 1} of ${certificates.length})` : "";
          return [`trust anchor of ${peer}${which}`, pem];
        }),
      );
      const all: [string, string][] = [["intermediate", intermediate], ["root", own], ...ofPeers];
      return Object.fromEntries(all.map(([what, pem]) => [what, datesOf(pem)]));
    });
}
