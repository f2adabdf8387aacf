import * as pulumi from "@pulumi/pulumi";
import { type CertificateReport, datesOf } from "../federation/expiry.ts";
import type { PinnedPeer } from "../federation/pinnedPeer.ts";
import { TrustAnchor } from "../providers/trustAnchor.ts";
import type { AuthorityParts } from "./certificateAuthority.ts";

/** By what one peer's workloads are trusted here. */
export interface PeerTrust {
  peer: string;
  /** SPIFFE trust domain of the peer. */
  trustDomain: string;
  /** CA certificates, PEM, one for each of the peer's roots. */
  certificates: pulumi.Output<string[]>;
}

/**
 * Makes the trust anchors of all peers: their roots, signed anew by ours, each for its peer's trust domain only. Where nobody gave
 * us the key of our root, peers' roots are trusted as they are, which the config must allow.
 */
export function trustPeers(
  name: string,
  peers: Readonly<Record<string, PinnedPeer>>,
  { issuer }: Pick<AuthorityParts, "issuer">,
  parent: pulumi.Resource,
): PeerTrust[] {
  return Object.entries(peers).map(([peer, { trustDomain, rootCertificates }]) => {
    if (issuer === undefined) return { peer, trustDomain, certificates: pulumi.output(rootCertificates) };
    const anchor = new TrustAnchor(
      `${name}-trust-${peer}`,
      { peer, trustDomain, rootCertificates, issuerCertificate: issuer.certificate, issuerKey: issuer.key },
      { parent },
    );
    return { peer, trustDomain, certificates: anchor.certificates };
  });
}

/** When the certificates serve that a stack uses, in a stable order. */
export function reportCertificates(
  { certificate, chain, roots }: AuthorityParts,
  trust: readonly PeerTrust[],
): pulumi.Output<CertificateReport> {
  const anchors = pulumi.output(trust.map(({ peer, certificates }) => ({ peer, certificates })));
  return pulumi.all([certificate, roots, anchors]).apply(([intermediate, own, peers]) => {
    const all = [
      ...named("intermediate", [intermediate]),
      ...named("certificate between intermediate and root", chain),
      ...named("root", own),
      ...peers.flatMap(({ peer, certificates }) => named(`trust anchor of ${peer}`, certificates)),
    ];
    return Object.fromEntries(all.map(([what, pem]) => [what, datesOf(pem)]));
  });
}

function named(what: string, pems: readonly string[]): [name: string, pem: string][] {
  const which = (index: number): string => (pems.length > 1 ? ` (${index + 1} of ${pems.length})` : "");
  return pems.map((pem, index) => [`${what}${which(index)}`, pem]);
}
