import * as z from "zod";
import type { PeerTrustState } from "../authority/rotationStep.ts";
import type { Contract } from "../contract/contract.ts";
import { ownValue } from "../core/order.ts";
import type { ContractReading } from "../imports/registration.ts";
import { type PinnedPeer, readPinnedPeers } from "./pinnedPeer.ts";
import { fingerprintOf } from "../x509/certificate.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Finds which of our roots each peer trusts, by what its stack publishes of whom it trusts. Left out are peers between which and us nothing
 * can break: those that trust nobody of our trust domain, and those that are not trusted here. What does not tell counts as not to
 * be read.
 * @param pinned whom this stack trusts.
 */
export function trustingPeers(
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
 * Whether a peer's workloads believe those of a cluster with these roots: each root is one of the peer's own, or it says that it trusts it.
 * @param trustAnchors the peer's stack output.
 * @param cluster the cluster's name, as the peer's config has it.
 * @param roots PEM; with none nobody is believed.
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
