import type { X509Certificate } from "node:crypto";
import type { GeneralName } from "@peculiar/asn1-x509";
import ipaddr from "ipaddr.js";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { extensionOf } from "./authority.ts";
import { contentOf, isTagged, partsOf } from "./der.ts";

/** Domain of istiod's host names, for which an intermediate signs istiod's own certificate. */
export const ISTIOD_DOMAIN = `${ISTIO_NAMESPACE}.svc`;

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
const DNS = 2;
const URI = 6;
const IP = 7;

/** Names that a CA may certify. */
export interface PermittedNames {
  /** SPIFFE trust domains. */
  trustDomains: string[];
  /** DNS names, each with all below it, and IP addresses. */
  hosts: string[];
}

/** Subtrees of a name constraint. */
export interface ConstrainedNames {
  permitted: Partial<GeneralName>[];
  excluded: Partial<GeneralName>[];
}

/**
 * Permits workload identities of one trust domain and these hosts, and excludes all other names (RFC 5280, 4.2.1.10).
 * A permitted name restricts names of its own kind only, so each other kind is excluded, by the empty name in which all of the kind lie.
 *
 * Verifiers differ: docs/decisions/2026-11-21-constrained-trust-anchors.md.
 *
 * @param hosts DNS names, each with all below it, and single IP addresses; none: all are excluded.
 */
export function constrainNames(trustDomain: string, hosts: readonly string[] = []): ConstrainedNames {
  const addresses = hosts
    .filter((host) => ipaddr.isValid(host))
    .map((host) => ({ iPAddress: singleAddress(host) }));
  const names = hosts.filter((host) => !ipaddr.isValid(host)).map((host) => ({ dNSName: host }));
  return {
    permitted: [{ uniformResourceIdentifier: trustDomain }, ...names, ...addresses],
    excluded: [
      ...(names.length > 0 ? [] : [{ dNSName: "" }]),
      ...(addresses.length > 0 ? [] : [{ iPAddress: "0.0.0.0/0" }, { iPAddress: "::/0" }]),
      { rfc822Name: "" },
    ],
  };
}

/**
 * Parses the permitted names of a certificate that {@link constrainNames} constrains.
 * @returns undefined for a certificate that permits no trust domain in particular, or no single addresses.
 */
export function permittedNames(certificate: X509Certificate): PermittedNames | undefined {
  try {
    const permitted = partsOf(extensionOf(certificate, "nameConstraints")).find((part) => isTagged(part, 0));
    const names = partsOf(permitted).flatMap((subtree) => partsOf(subtree).slice(0, 1));
    const ofKind = (kind: number): Buffer[] => names.filter((name) => isTagged(name, kind)).map(contentOf);
    const textsOf = (kind: number): string[] => ofKind(kind).map((name) => name.toString("latin1"));
    const trustDomains = textsOf(URI);
    return trustDomains.length === 0
      ? undefined
      : { trustDomains, hosts: [...textsOf(DNS), ...ofKind(IP).map(addressIn)] };
  } catch {
    return undefined;
  }
}

/** Formats a single address as a range. */
function singleAddress(host: string): string {
  const address = ipaddr.parse(host);
  return `${address.toString()}/${address.toByteArray().length * 8}`;
}

/** @throws Error when the bytes are not an address and its mask. */
function addressIn(bytes: Buffer): string {
  return ipaddr.fromByteArray([...bytes.subarray(0, bytes.length / 2)]).toString();
}
