import type { ServerSecret } from "../federation/publish/serverCertificate.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { type KubernetesObject, SECRET } from "../kubernetes/kinds.ts";

type SecretObject = KubernetesObject & { data?: Readonly<Record<string, string>> };

/** Keys by which Istio finds a certificate and its private key in a Secret, in its order. */
const PAIRS = [
  ["cert", "key"],
  ["tls.crt", "tls.key"],
] as const;

/**
 * Reads the certificate that a gateway or a client shows. The key is seen to be there, and not taken.
 * @returns undefined when there is no such Secret.
 */
export async function readServerSecret(
  client: ClusterClient,
  namespace: string,
  name: string,
): Promise<ServerSecret | undefined> {
  const secret = await client.get<SecretObject>(SECRET, namespace, name);
  if (secret === undefined) return undefined;
  const { data = {} } = secret;
  const pair = PAIRS.find((keys) => keys.every((key) => (data[key] ?? "") !== ""));
  const certificates = pair === undefined ? undefined : Buffer.from(data[pair[0]] ?? "", "base64").toString();
  return { certificates };
}
