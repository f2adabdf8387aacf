import * as z from "zod";
import { readByPeer } from "./byPeer.ts";
import type { Contract } from "../contract.ts";
import { isServing } from "../authority/expiry.ts";
import { DNS_LABEL, HOST_NAME } from "../hostname.ts";
import { MESH_DOMAIN } from "./meshDomain.ts";
import { OWNED_DOMAIN } from "./ownedDomains.ts";
import { text } from "../schema.ts";
import { TRUST_DOMAIN } from "../spiffe.ts";

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

const anchor: z.ZodType<PinnedPeer> = z.object({
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

/** Reads the stack output `trustAnchors`, see {@link readByPeer}. */
export function readPinnedPeers(output: unknown): Record<string, PinnedPeer> {
  return readByPeer(anchor, output);
}
