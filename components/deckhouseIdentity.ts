import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { type DeckhouseIdentity, clusterUUIDOf } from "../federation/deckhouse/identity.ts";

/**
 * Creates the key by which Deckhouse clusters know this cluster. Kept in the state as long as there is such a peer: they take no other
 * before they have read it.
 * @returns the identity; secret.
 */
export function createDeckhouseIdentity(
  name: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<DeckhouseIdentity> {
  const { privateKeyPem, publicKeyPem } = new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, opts);
  return pulumi.secret(
    pulumi
      .all([privateKeyPem, publicKeyPem])
      .apply(([key, publicKey]) => ({ clusterUUID: clusterUUIDOf(publicKey), key })),
  );
}
