import * as z from "zod";
import type { Contract } from "../contract/contract.ts";
import { MESH_DOMAIN, OWNED_DOMAIN } from "../core/domains.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { sortedRecord } from "../core/order.ts";
import { text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { isServing } from "./expiry.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Reads a stack output that has an entry for each peer, as this program or an older one wrote it.
 * @returns by the peer's name, sorted, without those that do not fit.
 */
export function readByPeer<T>(entry: z.ZodType<T>, output: unknown): Record<string, T> {
  return sortedRecord(
    Object.entries(map.safeParse(output).data ?? {}).flatMap(([peer, value]) => {
      const { success, data } = entry.safeParse(value);
      return success ? [[peer, data] as const] : [];
    }),
  );
}
/** Who a peer is and by which roots its workloads are trusted here: to these it is held from its first import on. */
export interface PinnedPeer {
  /** Name that the peer gives itself; older versions did not say it. */
  cluster?: string;
  /** Cluster domain of the peer, which stays its own while the peer is pending. */
  clusterDomain: string;
  /** Its mesh domain, likewise; left out where it published none. */
  meshDomain?: string;
  /** Further domains that it owns, likewise; left out where it published none. */
  domains?: string[];
  /** SPIFFE trust domain of the peer. */
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

/** What to hold a peer to from now on, by its contract: roots that are not valid at this time are none. */
export function pinnable(contract: Contract, now: Date): PinnedPeer & { cluster: string } {
  const { cluster, clusterDomain, meshDomain, domains = [], trustDomain } = contract;
  const rootCertificates = contract.rootCertificates.filter((root) => isServing(root, now));
  return {
    cluster,
    clusterDomain,
    ...(meshDomain === undefined ? {} : { meshDomain }),
    ...(domains.length === 0 ? {} : { domains }),
    trustDomain,
    rootCertificates,
  };
}

/** Reads the stack output `trustAnchors` of a peer, see {@link readByPeer}. */
export function readPinnedPeers(output: unknown): Record<string, PinnedPeer> {
  return readByPeer(pinnedPeer, output);
}

/** The peers that are trusted, by their names; sorted. */
export function trustedPeers(
  peers: Readonly<Record<string, { pinned: PinnedPeer | undefined }>>,
): Record<string, PinnedPeer> {
  return sortedRecord(
    Object.entries(peers).flatMap(([peer, { pinned }]) =>
      pinned === undefined ? [] : [[peer, pinned] as const],
    ),
  );
}
