import { type KeyObject, createPublicKey } from "node:crypto";
import * as z from "zod";
import { contractRoots } from "../contract/contract.ts";
import type { DeckhouseConfig } from "../config/deckhouse.ts";
import { type Fault, settingCommand } from "../core/fault.ts";
import { CLUSTER_UUID } from "../core/names.ts";
import { faultsOf, text } from "../core/schema.ts";
import type { PinComparison } from "../trust/pin.ts";
import type { DeckhousePin } from "../trust/pinnedPeer.ts";
import { certificatesIn } from "../x509/certificate.ts";
import { publicKeyFingerprint } from "../x509/keys.ts";

/** Characters of a PEM text: more than 16 roots with the longest keys have. */
const PEM_LIMIT = 128 * 1024;

/** Schema of a text in PEM. The fault of a text that is not of its kind does not quote it. */
function pem<T>(parse: (value: string) => T | undefined, rule: string): z.ZodType<T> {
  return z.string().transform((value, context): T => {
    const parsed = value.length <= PEM_LIMIT ? parse(value) : undefined;
    if (parsed !== undefined) return parsed;
    const params = { remedy: "Have the cluster's metadata exporter publish it", withoutValue: true };
    context.issues.push({ code: "custom", input: value, message: rule, params });
    return z.NEVER;
  });
}

const publicDocument = z
  .object({
    clusterUUID: text(CLUSTER_UUID),
    authnKeyPub: pem(ed25519Key, "must be an Ed25519 public key in PEM"),
    rootCA: pem<unknown>(rootsIn, "must be CA certificates in PEM").pipe(contractRoots),
  })
  .transform(({ clusterUUID, authnKeyPub, rootCA }) => ({
    clusterUUID,
    /** Ed25519 key that verifies the cluster's tokens, PEM. */
    authnKeyPub,
    /** Roots of its mesh, PEM, one each. */
    rootCertificates: rootCA,
  }));

/** Identity that a Deckhouse cluster publishes at `public/public.json`. */
export type PublicDocument = z.output<typeof publicDocument>;

/** Parses and validates the public document of a Deckhouse cluster: untrusted data of another team. */
export function readPublicDocument(document: unknown): { value: PublicDocument } | { faults: Fault[] } {
  const { data, error } = publicDocument.safeParse(document);
  return error === undefined ? { value: data } : { faults: faultsOf(error, document) };
}

/** @returns the key as OpenSSL formats it; undefined for another text, a private key included. */
function ed25519Key(value: string): string | undefined {
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(value)) return undefined;
  const key = publicKeyIn(value);
  return key?.asymmetricKeyType === "ed25519"
    ? key.export({ type: "spki", format: "pem" }).toString()
    : undefined;
}

function publicKeyIn(value: string): KeyObject | undefined {
  try {
    return createPublicKey(value);
  } catch {
    return undefined;
  }
}

function rootsIn(value: string): string[] | undefined {
  const certificates = certificatesIn(value) ?? [];
  return certificates.length === 0 ? undefined : certificates.map((certificate) => certificate.toString());
}

/** Returns the fingerprint of a key that verifies tokens. @param key PEM. */
export function tokenKeyFingerprint(key: string): string {
  return publicKeyFingerprint(createPublicKey(key));
}

/** Returns what no two clusters have in common: the UUID, and the SHA-256 of the key. */
export function ownMarks({ clusterUUID, authnKeyPub }: DeckhousePin): string[] {
  return [clusterUUID, tokenKeyFingerprint(authnKeyPub)];
}

/** Marks that a peer's UUID and key are compared with. */
export interface KnownDeckhouse {
  /** The peer's settings in our config. */
  config: Pick<DeckhouseConfig, "clusterUUID" | "authnKey"> | undefined;
  /** UUID and key of the last update; undefined at first sight. */
  pinned: DeckhousePin | undefined;
  /** UUIDs and keys (SHA-256) of other clusters, each with its owner: `peer cluster-c`. */
  others: ReadonlyMap<string, string>;
}

/**
 * Returns the UUID that a token for a peer is addressed to. A token for another cluster's UUID would let the peer call that cluster in our
 * name.
 * @returns undefined for a UUID that is not the peer's.
 */
export function tokenAudience({ clusterUUID }: PublicDocument, known: KnownDeckhouse): string | undefined {
  const expected = known.config?.clusterUUID ?? known.pinned?.clusterUUID ?? clusterUUID;
  return clusterUUID === expected && !known.others.has(clusterUUID) ? clusterUUID : undefined;
}

/**
 * Validates a peer's UUID and key against the config, the last update and the other clusters. Its root is that of the contract, see
 * `validatePin`.
 * @param peer the peer's name in our config.
 */
export function validateDeckhousePin(
  peer: string,
  { clusterUUID, authnKeyPub }: PublicDocument,
  { config, pinned, others }: KnownDeckhouse,
): PinComparison {
  const key = tokenKeyFingerprint(authnKeyPub);
  const pinnedKey = pinned && tokenKeyFingerprint(pinned.authnKeyPub);
  const faults = [
    ...taken("clusterUUID", clusterUUID, others),
    ...taken("authnKeyPub", key, others),
    ...changed(peer, "clusterUUID", clusterUUID, config?.clusterUUID, pinned?.clusterUUID),
    ...changed(peer, "authnKey", key, config?.authnKey, pinnedKey),
  ];
  if (faults.length > 0) return { faults, notes: [] };
  const seen = `UUID ${clusterUUID} and key SHA-256 ${key}`;
  if (pinned === undefined) return { faults, notes: [`peer ${peer} is pinned: ${seen}`] };
  const isSame = pinned.clusterUUID === clusterUUID && pinnedKey === key;
  return { faults, notes: isSame ? [] : [`peer ${peer} changes, as the config accepts: ${seen}`] };
}

/** Finds a UUID or key of another cluster. With the key of another reader, the gateway here takes that one's tokens for this peer's. */
function taken(
  path: "clusterUUID" | "authnKeyPub",
  value: string,
  others: KnownDeckhouse["others"],
): Fault[] {
  const owner = others.get(value);
  if (owner === undefined) return [];
  const remedy =
    "Ask the teams of both clusters whose it is; each Deckhouse cluster has a UUID and a key of its own";
  return [{ path, value, rule: `is that of ${owner} too`, remedy }];
}

function changed(
  peer: string,
  field: "clusterUUID" | "authnKey",
  value: string,
  configured: string | undefined,
  pinned: string | undefined,
): Fault[] {
  const expected = configured ?? pinned;
  if (expected === undefined || expected === value) return [];
  const origin = configured === undefined ? "is pinned since this peer was first read" : "is in the config";
  const what = field === "authnKey" ? "SHA-256 " : "";
  const accept = settingCommand(`peers.${peer}.deckhouse.${field}`, value);
  return [
    {
      path: field === "authnKey" ? "authnKeyPub" : field,
      rule: `is ${what}${value}, and not ${what}${expected}, which ${origin}: the cluster was rebuilt, or somebody else answers`,
      remedy: `Ask the peer's team by another way than this. If it is right: ${accept}`,
    },
  ];
}
