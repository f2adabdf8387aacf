import * as pulumi from "@pulumi/pulumi";
import type { AuthorityParts } from "./certificateAuthority.ts";
import { type CertificateReport, datesOf } from "../federation/trust/expiry.ts";
import type { PinnedPeer } from "../federation/trust/pinnedPeer.ts";
import { TrustAnchor } from "../providers/trustAnchor.ts";

/** Trust anchors of one peer. */
export interface PeerTrust {
  peer: string;
  /** SPIFFE trust domain of the peer. */
  trustDomain: string;
  /** CA certificates, PEM, one for each of the peer's roots. */
  certificates: pulumi.Output<string[]>;
}

/**
 * Creates the trust anchors of all peers: their roots, certified by ours for the peer's trust domain only. Without the key of our root,
 * peers' roots are trusted unconstrained, which the config must allow; a root that is our own too needs no anchor.
 * @param ownRoots our roots that peers may have too, PEM.
 */
export function trustPeers(
  name: string,
  peers: Readonly<Record<string, PinnedPeer>>,
  { issuer }: Pick<AuthorityParts, "issuer">,
  ownRoots: readonly string[],
  parent: pulumi.Resource,
): PeerTrust[] {
  return Object.entries(peers).map(([peer, { trustDomain, rootCertificates: all }]) => {
    const common = all.filter((pem) => ownRoots.includes(pem));
    const rootCertificates = all.filter((pem) => !ownRoots.includes(pem));
    if (issuer === undefined || (rootCertificates.length === 0 && common.length > 0))
      return { peer, trustDomain, certificates: pulumi.output(all) };
    const anchor = new TrustAnchor(
      `${name}-trust-${peer}`,
      {
        ...{ peer, trustDomain, scope: "only", rootCertificates },
        ...{ issuerCertificate: issuer.certificate, issuerKey: issuer.key },
      },
      { parent },
    );
    return {
      peer,
      trustDomain,
      certificates: anchor.certificates.apply((anchors) => [...common, ...anchors]),
    };
  });
}

/** Reports the validity of the certificates that a stack uses, in a stable order. */
export function reportCertificates(
  {
    certificate,
    chain,
    roots,
    federationRoot,
  }: Pick<AuthorityParts, "chain" | "roots"> & {
    certificate: AuthorityParts["certificate"] | undefined;
    federationRoot: pulumi.Output<string> | undefined;
  },
  trust: readonly PeerTrust[],
): pulumi.Output<CertificateReport> {
  const anchors = pulumi.output(trust.map(({ peer, certificates }) => ({ peer, certificates })));
  return pulumi
    .all([certificate, roots, anchors, federationRoot])
    .apply(([intermediate, own, peers, federation]) => {
      const all = [
        ...named("intermediate", intermediate === undefined ? [] : [intermediate]),
        ...named("certificate between intermediate and root", chain),
        ...named("root", own),
        ...named("federation root", federation === undefined ? [] : [federation]),
        ...peers.flatMap(({ peer, certificates }) =>
          named(
            `trust anchor of ${peer}`,
            certificates.filter((pem) => !own.includes(pem)),
          ),
        ),
      ];
      return Object.fromEntries(all.map(([what, pem]) => [what, datesOf(pem)]));
    });
}

function named(what: string, pems: readonly string[]): [name: string, pem: string][] {
  const which = (index: number): string => (pems.length > 1 ? ` (${index + 1} of ${pems.length})` : "");
  return pems.map((pem, index) => [`${what}${which(index)}`, pem]);
}
