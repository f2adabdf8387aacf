import { fingerprintOf } from "./fingerprint.ts";
import type { ContractReading } from "./peer.ts";
import { readPinnedPeers } from "./pinnedPeer.ts";
import type { Truster } from "./rotationStep.ts";

/**
 * Finds which of our roots each peer trusts, by what its stack publishes of whom it trusts. A peer that trusts nobody of our trust domain
 * is left out: nothing between it and us can break. One that does not tell counts as not to be read.
 */
export function trustingPeers(
  readings: Readonly<Record<string, ContractReading>>,
  trustDomain: string,
): Truster[] {
  return Object.entries(readings).flatMap(([peer, { trustAnchors }]): Truster[] => {
    const who = `peer ${peer}`;
    if (trustAnchors === undefined) return [{ who, roots: undefined }];
    const ours = Object.values(readPinnedPeers(trustAnchors)).filter(
      (pinned) => pinned.trustDomain === trustDomain,
    );
    if (ours.length === 0) return [];
    return [{ who, roots: ours.flatMap(({ rootCertificates }) => rootCertificates.map(fingerprintOf)) }];
  });
}
