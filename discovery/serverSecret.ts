import { X509Certificate, createPrivateKey } from "node:crypto";
import type { ServerSecret } from "../federation/publish/serverCertificate.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { type KubernetesObject, SECRET } from "../kubernetes/kinds.ts";

type SecretObject = KubernetesObject & { data?: Readonly<Record<string, string>> };

/** Keys by which Istio finds a certificate and its private key in a Secret, in its order (`pilot/pkg/credentials/kube/secrets.go`). */
const PAIRS = [
  ["cert", "key"],
  ["tls.crt", "tls.key"],
] as const;

/** Keys by which Istio finds the certificates of an authority, in its order. */
const AUTHORITIES = ["cacert", "ca.crt"] as const;

/**
 * Reads the certificate that a gateway or a client shows, and the authority by which it verifies the other side. The private key is compared
 * with the certificate, and not kept.
 * @returns undefined when there is no such Secret.
 */
export async function readServerSecret(
  client: ClusterClient,
  namespace: string,
  name: string,
): Promise<ServerSecret | undefined> {
  const secret = await client.get<SecretObject>(SECRET, namespace, name);
  if (secret === undefined) return undefined;
  const textOf = (key: string): string => Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  const pair = PAIRS.find((keys) => keys.every((key) => textOf(key) !== ""));
  const authority = AUTHORITIES.find((key) => textOf(key) !== "");
  return {
    certificates: pair && textOf(pair[0]),
    isPair: pair && arePair(textOf(pair[0]), textOf(pair[1])),
    authority: authority && textOf(authority),
  };
}

/** Whether a private key is that of a certificate; undefined where one of them cannot be read. */
function arePair(certificate: string, key: string): boolean | undefined {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return undefined;
  }
}
