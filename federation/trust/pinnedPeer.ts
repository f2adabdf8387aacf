import * as z from "zod";
import type { PeerTrustState } from "../authority/rotationStep.ts";
import type { PeerConfig } from "../config/peers.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import type { ValidSignature } from "../contract/signature.ts";
import { MESH_DOMAIN, OWNED_DOMAIN } from "../core/domains.ts";
import { CLUSTER_UUID, DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import { text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { fingerprintOf } from "../x509/certificate.ts";
import type { ContractReading } from "../imports/registration.ts";
import { isValidAt } from "./expiry.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Parses a stack output that has an entry for each peer.
 * @returns by peer name, sorted, without entries that do not fit the schema.
 */
export function readByPeer<T>(entry: z.ZodType<T>, output: unknown): Record<string, T> {
  return mapRecord(map.safeParse(output).data ?? {}, (value) => entry.safeParse(value).data);
}

/** Schema of {@link SeenContract}. */
const seenContract = z.object({
  revision: z.int().min(1),
  /** SHA-256 of the contract without its signature, hexadecimal. */
  digest: z.string(),
});

/** A contract as its readers remember it: by number and content. */
export type SeenContract = z.output<typeof seenContract>;

/** Schema of {@link DeckhousePin}. */
const deckhousePin = z.object({
  clusterUUID: text(CLUSTER_UUID),
  /** Ed25519 key that verifies the cluster's tokens, PEM. */
  authnKeyPub: z.string(),
});

/** UUID and key of a peer that is a Deckhouse cluster. */
export type DeckhousePin = z.output<typeof deckhousePin>;

/** Schema of {@link PinnedPeer}. Nobody else may have its domains, also while the peer is pending. */
export const pinnedPeer = z.object({
  /** Name that the peer gives itself. */
  cluster: text(DNS_LABEL).optional(),
  clusterDomain: text(HOST_NAME),
  meshDomain: text(MESH_DOMAIN).optional(),
  /** Further domains. */
  domains: z.array(text(OWNED_DOMAIN)).optional(),
  /** SPIFFE trust domain. */
  trustDomain: text(TRUST_DOMAIN),
  /** PEM, one each. */
  rootCertificates: z.array(z.string()),
  /** SHA-256 of the key that signs its contracts; undefined where the roots certify it. */
  signingKey: z.string().optional(),
  /** The last contract that was taken; undefined of a peer without one. */
  contract: seenContract.optional(),
  /** Undefined of a peer that is no Deckhouse cluster. */
  deckhouse: deckhousePin.optional(),
});

/** Identity and roots of a peer, pinned when it is first imported. */
export type PinnedPeer = z.output<typeof pinnedPeer>;

/** By what a contract is known to be its peer's: a signature, or the pinned UUID and key of a Deckhouse cluster, whose documents have none. */
export type ContractOrigin = Pick<ValidSignature, "digest"> | { deckhouse: DeckhousePin };

/** Returns the identity to pin of a contract, without roots that are not valid at this time. */
export function pinnable(
  contract: Contract,
  origin: ContractOrigin,
  now: Date,
): PinnedPeer & { cluster: string } {
  const { revision, cluster, clusterDomain, meshDomain, domains, trustDomain, signingKey } = contract;
  const rootCertificates = contract.rootCertificates.filter((root) => isValidAt(root, now));
  return {
    ...{ cluster, clusterDomain, meshDomain, domains, trustDomain, rootCertificates, signingKey },
    ...("deckhouse" in origin
      ? { deckhouse: origin.deckhouse }
      : { contract: { revision, digest: origin.digest } }),
  };
}

/** Parses the stack output `trustAnchors`, see {@link readByPeer}. */
export function readPinnedPeers(output: unknown): Record<string, PinnedPeer> {
  return readByPeer(pinnedPeer, output);
}

/** Returns the identities of the trusted peers, by their names. */
export function trustedPeers(
  peers: Readonly<Record<string, { pinned: PinnedPeer | undefined }>>,
): Record<string, PinnedPeer> {
  return mapRecord(peers, ({ pinned }) => pinned);
}

/** Settings by which peers' trust in our roots is found. */
interface TrustSettings {
  cluster: Pick<StackConfig["cluster"], "trustDomain">;
  peers: Readonly<Record<string, Pick<PeerConfig, "trustsRoots">>>;
}

/**
 * Finds which of our roots each peer trusts, by its stack output, or where there is none by the config. Skips peers without connections that could break: those that trust
 * nobody of our trust domain, and those that are not trusted here. An output that does not fit the schema counts as unreadable.
 * @param pinned peers that this stack trusts.
 */
export function peerTrustStates(
  readings: Readonly<Record<string, ContractReading>>,
  { cluster: { trustDomain }, peers }: TrustSettings,
  pinned: Readonly<Record<string, PinnedPeer>>,
): PeerTrustState[] {
  return Object.entries(readings).flatMap(([peer, { trustAnchors }]): PeerTrustState[] => {
    if (ownValue(pinned, peer) === undefined) return [];
    const { data } = map.safeParse(trustAnchors);
    const read = readPinnedPeers(data);
    if (data === undefined || Object.keys(read).length < Object.keys(data).length)
      return [{ peer, roots: ownValue(peers, peer)?.trustsRoots }];
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
