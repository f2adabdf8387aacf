import type { X509Certificate } from "node:crypto";
import ipaddr from "ipaddr.js";
import { type Asn1, type Bytes, bytesOf, isTagged, partsOf, sequence, tagged } from "./asn1.ts";
import { extensionOf } from "./authority.ts";

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
const EMAIL = 1;
const DNS = 2;
const URI = 6;
const IP = 7;

/** Address and mask: 0.0.0.0/0 and ::/0. */
const ALL_IPV4 = "\0".repeat(8);
const ALL_IPV6 = "\0".repeat(32);

/** The names for which a CA's certificate is good. */
export interface PermittedNames {
  /** SPIFFE trust domains. */
  trustDomains: string[];
  /** DNS names, each with all below it, and IP addresses. */
  hosts: string[];
}

/**
 * Permits workload identities of one trust domain, and no name of another kind but these hosts (RFC 5280, 4.2.1.10). What is permitted
 * binds names of its own kind only, therefore all other kinds are excluded; an empty name is one in which all of its kind lie.
 *
 * What verifiers make of it, by tests but for BoringSSL, whose source was read:
 * - URI: OpenSSL and BoringSSL permit the trust domain only, as RFC 5280 has it; Go permits those below it too.
 * - DNS: excluded by all. OpenSSL applies it to a leaf's common name that looks like one, Go does not.
 * - IP: excluded by OpenSSL and Go; BoringSSL knows no such constraint and refuses what has an address.
 * - E-mail: excluded by Go; OpenSSL ignores it, as to it an empty name matches none, and so did BoringSSL; today's refuses
 *   the constraint, and with it what has an address, even in the subject of a CA between anchor and leaf.
 * - Names of other kinds, such as directory names, are bound by none; Istio takes no identity from them.
 *
 * @param hosts DNS names, each with all below it, and single IP addresses; none: all are excluded.
 */
export function nameConstraints(trustDomain: string, hosts: readonly string[] = []): Asn1 {
  const addresses = hosts.filter((host) => ipaddr.isValid(host)).map((host) => subtree(IP, single(host)));
  const names = hosts.filter((host) => !ipaddr.isValid(host)).map((host) => subtree(DNS, host));
  const excluded = [
    ...(names.length > 0 ? [] : [subtree(DNS, "")]),
    ...(addresses.length > 0 ? [] : [subtree(IP, ALL_IPV4), subtree(IP, ALL_IPV6)]),
    subtree(EMAIL, ""),
  ];
  return sequence(tagged(0, [subtree(URI, trustDomain), ...names, ...addresses]), tagged(1, excluded));
}

/**
 * Reads what {@link nameConstraints} wrote into a certificate.
 * @returns undefined for a certificate that permits no trust domain in particular, or no single addresses.
 */
export function permittedNames(certificate: X509Certificate): PermittedNames | undefined {
  try {
    const [permitted] = partsOf(extensionOf(certificate, "nameConstraints")).filter((part) =>
      isTagged(part, 0),
    );
    const names = partsOf(permitted).flatMap((part) => partsOf(part).slice(0, 1));
    const ofKind = (kind: number): Bytes[] => names.filter((name) => isTagged(name, kind)).map(bytesOf);
    const trustDomains = ofKind(URI);
    return trustDomains.length === 0
      ? undefined
      : { trustDomains, hosts: [...ofKind(DNS), ...ofKind(IP).map(addressIn)] };
  } catch {
    return undefined;
  }
}

/** Address and mask of a single address. */
function single(host: string): Bytes {
  const address = ipaddr.parse(host).toByteArray();
  return Buffer.from([...address, ...address.map(() => 0xff)]).toString("latin1");
}

/** @throws Error when it is none. */
function addressIn(bytes: Bytes): string {
  const address = Buffer.from(bytes, "latin1");
  return ipaddr.fromByteArray([...address.subarray(0, address.length / 2)]).toString();
}

function subtree(kind: number, name: Bytes): Asn1 {
  return sequence(tagged(kind, name));
}
