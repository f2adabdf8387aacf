import { createPublicKey } from "node:crypto";
import * as z from "zod";
import { PUBLISH_GATEWAY } from "../core/wellKnown.ts";
import type { ImporterIdentity } from "../contract/audience.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** Path of the document of services; its readers show a token. */
export const FEDERATION_PATH = "/metadata/private/federation.json";

/** Issuer of the tokens of all Deckhouse clusters. */
const ISSUER = "d8-istio";
const SCOPE = "private-federation";

const deckhouseReader = z.object({
  /** Name of the peer in our config. */
  peer: z.string(),
  cluster: z.string(),
  clusterDomain: z.string(),
  trustDomain: z.string(),
  clusterUUID: z.string(),
  /** Ed25519 key that verifies the cluster's tokens, PEM. */
  authnKeyPub: z.string(),
});

/** A Deckhouse cluster that may read which services are exported to it. */
export type DeckhouseReader = z.output<typeof deckhouseReader> & ImporterIdentity;

/** Schema of {@link DeckhouseAccess}. */
export const deckhouseAccess = z.object({
  /** UUID of this cluster: audience of the tokens. */
  clusterUUID: z.string(),
  readers: z.array(deckhouseReader),
});

/** Readers of the document of services. */
export type DeckhouseAccess = z.output<typeof deckhouseAccess>;

/** Returns the Deckhouse clusters among the trusted peers, by the peers' names; sorted. */
export function deckhouseReaders(pinned: Readonly<Record<string, PinnedPeer>>): DeckhouseReader[] {
  return Object.entries(pinned).flatMap(
    ([peer, { cluster = peer, clusterDomain, trustDomain, deckhouse }]) =>
      deckhouse === undefined ? [] : [{ peer, cluster, clusterDomain, trustDomain, ...deckhouse }],
  );
}

/** Condition of a route by headers. */
export interface HeaderMatch {
  headers: Record<string, { exact: string }>;
  /** Headers that must not be there. */
  withoutHeaders: Record<string, object>;
}

/**
 * Returns the condition by which a request is one reader's: the key of this reader verified the token, whose `sub` is the reader's UUID. All
 * have one issuer, so any of the keys verifies any `sub`: each key writes the `sub` into a header of its own. A caller can forge headers of
 * keys that are tried after the one that verified the token, and no header of that one; so no other may be there.
 */
export function readerMatch(reader: DeckhouseReader, readers: readonly DeckhouseReader[]): HeaderMatch {
  const others = readers.filter(({ peer }) => peer !== reader.peer);
  return {
    headers: {
      [subjectHeader(reader)]: { exact: reader.clusterUUID },
      // Claims of a token that was verified, and no headers: without the RequestAuthentication no caller has any.
      "@request.auth.claims[sub]": { exact: reader.clusterUUID },
      "@request.auth.claims[scope]": { exact: SCOPE },
    },
    withoutHeaders: Object.fromEntries(others.map((other) => [subjectHeader(other), {}])),
  };
}

function subjectHeader({ peer }: DeckhouseReader): string {
  return `x-istio-federation-sub-${peer}`;
}

/** Renders the RequestAuthentication of the gateway: one rule for the key of each reader. A token that none verifies is answered by 401. */
export function tokenAuthentication({ clusterUUID, readers }: DeckhouseAccess): object {
  return {
    selector: GATEWAY_SELECTOR,
    jwtRules: readers.map((reader) => ({
      issuer: ISSUER,
      audiences: [clusterUUID],
      fromHeaders: [{ name: "Authorization", prefix: "Bearer " }],
      jwks: JSON.stringify({ keys: [toJwk(reader)] }),
      outputClaimToHeaders: [{ header: subjectHeader(reader), claim: "sub" }],
    })),
  };
}

/** Renders the AuthorizationPolicy of the gateway: without a reader's token with the right scope the document of services is answered by 403. */
export function tokenPolicy({ readers }: DeckhouseAccess): object {
  const to = [{ operation: { paths: [FEDERATION_PATH] } }];
  const principals = readers.map(({ clusterUUID }) => `${ISSUER}/${clusterUUID}`);
  return {
    selector: GATEWAY_SELECTOR,
    action: "DENY",
    rules: [
      { from: [{ source: { notRequestPrincipals: principals } }], to },
      { to, when: [{ key: "request.auth.claims[scope]", notValues: [SCOPE] }] },
    ],
  };
}

const GATEWAY_SELECTOR = { matchLabels: { istio: PUBLISH_GATEWAY } };

/** Returns a key as JSON Web Key (RFC 8037). */
function toJwk({ authnKeyPub }: DeckhouseReader): object {
  const { kty, crv, x } = createPublicKey(authnKeyPub).export({ format: "jwk" });
  return { kty, crv, x, alg: "EdDSA", use: "sig" };
}
