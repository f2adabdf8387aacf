import { X509Certificate } from "node:crypto";
import { sortedUnique } from "../../federation/core/order.ts";

/** The roots in the order of their PEM text as OpenSSL writes it, each once, so that their order in a contract does not count. */
export function sortedRoots(certificates: readonly string[]): X509Certificate[] {
  const texts = certificates.map((pem) => new X509Certificate(pem).toString());
  return sortedUnique(texts).map((pem) => new X509Certificate(pem));
}
