import { generateKeyPairSync } from "node:crypto";
import type { DeckhouseIdentity } from "../../../federation/deckhouse/identity.ts";
import { ROOT_B } from "../samples.ts";

export const UUID_A = "aaaaaaaa-0000-4000-8000-00000000000a";
export const UUID_B = "bbbbbbbb-0000-4000-8000-00000000000b";
export const UUID_C = "cccccccc-0000-4000-8000-00000000000c";

/** Makes an Ed25519 key; both parts in PEM. */
export function makeKey(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

/** Key of the Deckhouse cluster cluster-b. */
export const KEY_B = makeKey();

const KEY_A = makeKey();

/** Identity of cluster-a for Deckhouse clusters. */
export const IDENTITY_A: DeckhouseIdentity & { publicKey: string } = {
  clusterUUID: UUID_A,
  key: KEY_A.privateKey,
  publicKey: KEY_A.publicKey,
};

/** The public document of cluster-b, with some of its fields replaced. */
export function publicDocumentOf(changes: object = {}): object {
  return { clusterUUID: UUID_B, authnKeyPub: KEY_B.publicKey, rootCA: ROOT_B, ...changes };
}

/** The private document of cluster-b, with some of its fields replaced. */
export function federationDocumentOf(changes: object = {}): object {
  return {
    ingressGateways: [{ address: "203.0.113.20", port: 15443 }],
    publicServices: [{ hostname: "bar.xyz.svc.cluster-b.local", ports: [{ name: "http", port: 8080 }] }],
    ...changes,
  };
}
