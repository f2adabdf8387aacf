import { type Asn1, type Bytes, sequence, tagged } from "./der.ts";

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
const EMAIL = 1;
const DNS = 2;
const URI = 6;
const IP = 7;

/** Address and mask: 0.0.0.0/0 and ::/0. */
const ALL_IPV4 = "\0".repeat(8);
const ALL_IPV6 = "\0".repeat(32);

/**
 * Permits workload identities of one trust domain, and no name of another kind (RFC 5280, 4.2.1.10). What is permitted binds
 * names of its own kind only, therefore all others are excluded; an empty name is one in which all of its kind lie.
 *
 * What verifiers make of it, by tests but for BoringSSL, whose source was read:
 * - URI: OpenSSL and BoringSSL permit the trust domain only, as RFC 5280 has it; Go permits those below it too.
 * - DNS: excluded by all. OpenSSL applies it to a leaf's common name that looks like one, Go does not.
 * - IP: excluded by OpenSSL and Go; BoringSSL knows no such constraint and refuses what has an address.
 * - E-mail: excluded by Go; OpenSSL ignores it, as to it an empty name matches none, and so did BoringSSL; today's refuses
 *   the constraint, and with it what has an address, even in the subject of a CA between anchor and leaf.
 * - Names of other kinds, such as directory names, are bound by none; Istio takes no identity from them.
 */
export function nameConstraints(trustDomain: string): Asn1 {
  const excluded = [subtree(DNS, ""), subtree(IP, ALL_IPV4), subtree(IP, ALL_IPV6), subtree(EMAIL, "")];
  return sequence(tagged(0, [subtree(URI, trustDomain)]), tagged(1, excluded));
}

function subtree(kind: number, name: Bytes): Asn1 {
  return sequence(tagged(kind, name));
}
