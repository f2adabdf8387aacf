import * as z from "zod";
import type { PeerTrustState } from "../authority/rotationStep.ts";
import type { Contract } from "../contract/contract.ts";
import { ownValue } from "../core/order.ts";
import type { ContractReading } from "../imports/registration.ts";
import { type PinnedPeer, readPinnedPeers } from "./pinnedPeer.ts";
import { fingerprintOf } from "../x509/certificate.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Finds which of our roots each peer trusts, by its stack output. Skips peers without connections that could break: those that trust
 * nobody of our trust domain, and those that are not trusted here. An output that does not fit the schema counts as unreadable.
 * @param pinned peers that this stack trusts.
 */
export function peerTrustStates(
  readings: Readonly<Record<string, ContractReading>>,
  trustDomain: string,
  pinned: Readonly<Record<string, PinnedPeer>>,
): PeerTrustState[] {
  return Object.entries(readings).flatMap(([peer, { trustAnchors }]): PeerTrustState[] => {
    if (ownValue(pinned, peer) === undefined) return [];
    const { data } = map.safeParse(trustAnchors);
    const read = readPinnedPeers(data);
    if (data === undefined || Object.keys(read).length < Object.keys(data).length)
      return [{ peer, roots: undefined }];
    const ours = Object.values(read).filter((anchor) => anchor.trustDomain === trustDomain);
    if (ours.length === 0) return [];
    return [{ peer, roots: ours.flatMap(({ rootCertificates }) => rootCertificates.map(fingerprintOf)) }];
  });
}

/**
 * Whether a peer's workloads trust those of a cluster with these roots: each root is the peer's own, or in the peer's output.
 * @param trustAnchors stack output of the peer.
 * @param cluster name of the cluster in the peer's config.
 * @param roots PEM; without any, nobody is trusted.
 */
export function trustsRoots(
  { rootCertificates }: Pick<Contract, "rootCertificates">,
  trustAnchors: unknown,
  cluster: string,
  roots: readonly string[],
): boolean {
  const pinned = ownValue(readPinnedPeers(trustAnchors), cluster)?.rootCertificates ?? [];
  const trusted = new Set([...rootCertificates, ...pinned].map(fingerprintOf));
  return roots.length > 0 && roots.every((root) => trusted.has(fingerprintOf(root)));
}
