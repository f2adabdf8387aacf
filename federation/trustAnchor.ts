import * as z from "zod";
import { HOST_NAME } from "./hostname.ts";
import { sortedRecord } from "./order.ts";
import { text } from "./schema.ts";
import { TRUST_DOMAIN } from "./spiffe.ts";

/** By which roots a peer's workloads are trusted here, and for which identities only. */
export interface TrustAnchor {
  /** Cluster domain of the peer, which stays its own while the peer is pending. */
  clusterDomain: string;
  /** SPIFFE trust domain of the peer. */
  trustDomain: string;
  /** Root certificates, PEM, one each. */
  rootCertificates: string[];
}

const anchor: z.ZodType<TrustAnchor> = z.object({
  clusterDomain: text(HOST_NAME),
  trustDomain: text(TRUST_DOMAIN),
  rootCertificates: z.array(z.string()),
});

/**
 * Reads the stack output `trustAnchors`, as this program or an older one wrote it.
 * @returns by the peer's name, sorted, without those that do not fit.
 */
export function readTrustAnchors(output: unknown): Record<string, TrustAnchor> {
  const anchors = z.record(z.string(), z.unknown()).safeParse(output).data ?? {};
  return sortedRecord(
    Object.entries(anchors).flatMap(([peer, value]) => {
      const { data } = anchor.safeParse(value);
      return data === undefined ? [] : [[peer, data] as const];
    }),
  );
}
