import * as z from "zod";
import type { Contract } from "../contract/contract.ts";
import { MESH_DOMAIN, OWNED_DOMAIN } from "../core/domains.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { sortedRecord } from "../core/order.ts";
import { text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { isValidAt } from "./expiry.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Parses a stack output that has an entry for each peer.
 * @returns by peer name, sorted, without entries that do not fit the schema.
 */
export function readByPeer<T>(entry: z.ZodType<T>, output: unknown): Record<string, T> {
  return sortedRecord(
    Object.entries(map.safeParse(output).data ?? {}).flatMap(([peer, value]) => {
      const { success, data } = entry.safeParse(value);
      return success ? [[peer, data] as const] : [];
    }),
  );
}
/** Identity and roots of a peer, pinned when it is first imported. */
export interface PinnedPeer {
  /** Name that the peer gives itself. */
  cluster?: string;
  /** Cluster domain; nobody else may have it while the peer is pending. */
  clusterDomain: string;
  /** Mesh domain; nobody else may have it either. Absent where the peer publishes none. */
  meshDomain?: string;
  /** Further domains; nobody else may have them either. Absent where the peer publishes none. */
  domains?: string[];
  /** SPIFFE trust domain. */
  trustDomain: string;
  /** Root certificates, PEM, one each. */
  rootCertificates: string[];
}

/** Schema of {@link PinnedPeer}. */
export const pinnedPeer: z.ZodType<PinnedPeer> = z.object({
  cluster: text(DNS_LABEL).exactOptional(),
  clusterDomain: text(HOST_NAME),
  meshDomain: text(MESH_DOMAIN).exactOptional(),
  domains: z.array(text(OWNED_DOMAIN)).exactOptional(),
  trustDomain: text(TRUST_DOMAIN),
  rootCertificates: z.array(z.string()),
});

/** Returns the identity to pin of a contract, without roots that are not valid at this time. */
export function pinnable(contract: Contract, now: Date): PinnedPeer & { cluster: string } {
  const { cluster, clusterDomain, meshDomain, domains = [], trustDomain } = contract;
  const rootCertificates = contract.rootCertificates.filter((root) => isValidAt(root, now));
  return {
    cluster,
    clusterDomain,
    ...(meshDomain === undefined ? {} : { meshDomain }),
    ...(domains.length === 0 ? {} : { domains }),
    trustDomain,
    rootCertificates,
  };
}

/** Parses the stack output `trustAnchors`, see {@link readByPeer}. */
export function readPinnedPeers(output: unknown): Record<string, PinnedPeer> {
  return readByPeer(pinnedPeer, output);
}

/** Names of the trusted peers, sorted. */
export function trustedPeers(
  peers: Readonly<Record<string, { pinned: PinnedPeer | undefined }>>,
): Record<string, PinnedPeer> {
  return sortedRecord(
    Object.entries(peers).flatMap(([peer, { pinned }]) =>
      pinned === undefined ? [] : [[peer, pinned] as const],
    ),
  );
}
