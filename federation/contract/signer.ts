import type { X509Certificate } from "node:crypto";
import type { Fault } from "../core/fault.ts";
import { messageOf, quote } from "../core/text.ts";
import { parseFields } from "../x509/certificateFields.ts";
import { periodFaults } from "../x509/authority.ts";
import { formatFaults } from "../x509/certificateFormat.ts";
import { type ChainFault, chainFaults } from "../x509/chain.ts";
import { publicKeyFingerprint } from "../x509/keys.ts";
import { isIssuedBy, signatureFaults } from "../x509/signature.ts";
import { SIGNATURE, type ValidSignature, ASK_PEERS_TEAM, UNREADABLE_SIGNATURE } from "./signature.ts";

/** Extended key usage of a signing certificate, id-kp-codeSigning (RFC 5280, 4.2.1.12): no TLS peer accepts it. */
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

/** Returns the SPIFFE ID of a cluster's contract signer. istiod issues `/ns/<namespace>/sa/<name>` only, so no workload has it. */
export function signerIdentity(trustDomain: string): string {
  return `spiffe://${trustDomain}/istio-federation/contract`;
}

/**
 * Validates who signed a contract: a certificate for this alone, issued under one of the roots, or one of the pinned key.
 * @param trustDomain of the contract.
 * @param roots that the peer is trusted by.
 * @param signingKey SHA-256 of the only key that may sign, where no root certifies it.
 */
export function signerFaults(
  { certificates }: ValidSignature,
  trustDomain: string,
  { roots, signingKey }: { roots: readonly X509Certificate[]; signingKey: string | undefined },
  now: Date,
): Fault[] {
  const [signer] = certificates;
  if (signer === undefined) return [UNREADABLE_SIGNATURE];
  const identity = signerIdentity(trustDomain);
  const rules = [
    ...(signer.subjectAltName === `URI:${identity}`
      ? []
      : [`is by a certificate that is not for ${identity}`]),
    ...(!signer.ca && String(signer.keyUsage) === CODE_SIGNING
      ? []
      : ["is by a certificate that is not for signing contracts (code signing alone, no CA)"]),
    ...formFaults(signer).map((fault) => `is by a certificate that ${fault}`),
    ...(signingKey === undefined
      ? [
          ...periodFaults(signer, now).map((fault) => `is by a certificate that ${fault}`),
          ...underRoot(certificates, trustDomain, roots, now),
        ]
      : publicKeyFingerprint(signer.publicKey) === signingKey
        ? []
        : ["is by another key than that of 'signingKey'"]),
  ];
  return rules.map((rule) => ({ path: SIGNATURE, rule, remedy: ASK_PEERS_TEAM }));
}

/** Finds why a signer's certificate does not end under one of the roots. */
function underRoot(
  certificates: readonly X509Certificate[],
  trustDomain: string,
  roots: readonly X509Certificate[],
  now: Date,
): string[] {
  const { chain, root, faults } = bestChain(certificates, roots, trustDomain, now);
  const unlinked = certificates.filter((certificate, index) => {
    const issuer = certificates[index + 1];
    return issuer !== undefined && !isIssuedBy(certificate, issuer);
  });
  return [
    ...unlinked.map(
      (certificate) => `has ${subjectLine(certificate)}, which the next certificate did not issue`,
    ),
    ...faults.map(({ index, rule }) => `is under a certificate, ${subjectLine(chain[index])}, that ${rule}`),
    ...(root === undefined ? ["ends under none of the roots by which this peer is trusted"] : []),
  ];
}

/** Chain of a signer up to a root, and its faults. */
interface SignerChain {
  /** Intermediates, then the root. */
  chain: X509Certificate[];
  /** Undefined when none of the roots issued the chain. */
  root: X509Certificate | undefined;
  faults: ChainFault[];
}

/** Chooses the root with the fewest faults: a renewed root has the key of the former one. */
function bestChain(
  certificates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  trustDomain: string,
  now: Date,
): SignerChain {
  const intermediates = certificates.slice(1);
  const top = certificates.at(-1);
  const issuers = roots.filter((root) => top !== undefined && isIssuedBy(top, root));
  const chains = (issuers.length === 0 ? [undefined] : issuers).map((root): SignerChain => {
    const chain = [...intermediates, ...(root === undefined ? [] : [root])];
    return { chain, root, faults: chainFaults(chain, { trustDomain, hosts: [] }, now, root !== undefined) };
  });
  return chains.reduce((best, other) => (other.faults.length < best.faults.length ? other : best));
}

/** Validates the form of a signing certificate, as that of a CA's. */
function formFaults(signer: X509Certificate): string[] {
  try {
    const fields = parseFields(signer);
    return [...formatFaults(fields), ...signatureFaults(fields)];
  } catch (error) {
    return [messageOf(error)];
  }
}

function subjectLine(certificate: X509Certificate | undefined): string {
  return quote((certificate?.subject ?? "").replaceAll("\n", ", "));
}
