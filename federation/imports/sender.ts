import { X509Certificate } from "node:crypto";
import type { PeerConfig } from "../config/peers.ts";
import type { Contract } from "../contract/contract.ts";
import type { ValidSignature } from "../contract/signature.ts";
import { signerFaults } from "../contract/signer.ts";
import { type Fault, settingCommand, unsettingCommand } from "../core/fault.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** Knowledge of a contract's sender beside the contract. */
export interface KnownSender {
  /** The peer's settings in our config. */
  config: Pick<PeerConfig, "identity" | "acceptContract"> | undefined;
  /** Undefined at first sight. */
  pinned: PinnedPeer | undefined;
  /** Our own roots that peers may share, PEM. */
  ownRoots: readonly string[];
}

/**
 * Validates that a contract whose roots and signing key are accepted comes from its peer, and is not an older one again. A further root must be
 * announced by a contract signed under one that is known.
 * @param peer the peer's name in our config.
 * @returns faults, with paths of the contract.
 */
export function senderFaults(
  peer: string,
  contract: Contract,
  signature: ValidSignature,
  known: KnownSender,
  now: Date,
): Fault[] {
  const published = contract.rootCertificates.map((pem) => new X509Certificate(pem));
  const trusted = published.filter((root) => isTrusted(root, known));
  return [
    ...signerFaults(
      signature,
      contract.trustDomain,
      { roots: trusted, signingKey: contract.signingKey },
      now,
    ),
    ...revisionFaults(peer, contract.revision, signature.digest, known),
  ];
}

/** Whether a root is known by config or pin; at first sight without config each of them is. */
function isTrusted(root: X509Certificate, { config, pinned, ownRoots }: KnownSender): boolean {
  const configured = config?.identity?.roots;
  if (configured === undefined && pinned === undefined) return true;
  if (configured?.includes(root.fingerprint256) === true) return true;
  const pems = configured === undefined ? [...(pinned?.rootCertificates ?? []), ...ownRoots] : ownRoots;
  return pems.some((pem) => new X509Certificate(pem).fingerprint256 === root.fingerprint256);
}

/** Reminds of an acceptance that has been used: the contract that it names could be replayed. */
export function acceptanceWarnings(peer: string, digest: string, { config, pinned }: KnownSender): string[] {
  const accepted = config?.acceptContract;
  const isUsed = accepted !== digest || pinned?.contract?.digest === digest;
  if (accepted === undefined || !isUsed) return [];
  return [
    `peers.${peer}.acceptContract has done its work: remove it, as the contract that it names could be replayed ` +
      `(${unsettingCommand(`peers.${peer}.acceptContract`)})`,
  ];
}

function revisionFaults(
  peer: string,
  revision: number,
  digest: string,
  { config, pinned }: KnownSender,
): Fault[] {
  const seen = pinned?.contract;
  if (seen === undefined || revision > seen.revision || digest === seen.digest) return [];
  if (config?.acceptContract === digest) return [];
  const rule =
    revision < seen.revision
      ? `is lower than ${seen.revision}, the last that was read: an older contract is replayed, or the cluster was rebuilt`
      : `is that of the last contract that was read, with other content: there are two writers, or the cluster was rebuilt`;
  const accept = settingCommand(`peers.${peer}.acceptContract`, digest);
  const remedy = `Ask the peer's team by another way than this. If this is their contract now: ${accept}`;
  return [{ path: "revision", value: revision, rule, remedy }];
}
