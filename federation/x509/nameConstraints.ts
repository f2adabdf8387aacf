import type { GeneralName } from "@peculiar/asn1-x509";
import ipaddr from "ipaddr.js";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { type DerValue, contentOf, isTagged, partsOf, tagOf } from "./der.ts";

/** Domain of istiod's host names, for which an intermediate signs istiod's own certificate. */
export const ISTIOD_DOMAIN = `${ISTIO_NAMESPACE}.svc`;

/** Tags of GeneralName (RFC 5280, 4.2.1.6). */
export const TAGS = { email: 1, dns: 2, directory: 4, uri: 6, ip: 7 } as const;

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

/** Excludes workload identities of one trust domain, and all names of other kinds; identities of all other trust domains are permitted. */
export function excludeNames(trustDomain: string): ConstrainedNames {
  const { excluded } = constrainNames(trustDomain);
  return { permitted: [], excluded: [{ uniformResourceIdentifier: trustDomain }, ...excluded] };
}

/** Formats a single address as a range. */
function singleAddress(host: string): string {
  const address = ipaddr.parse(host);
  return `${address.toString()}/${address.toByteArray().length * 8}`;
}

/** A subtree of a certificate's name constraints. */
export interface Subtree {
  /** Tag of GeneralName. */
  tag: number;
  base: DerValue;
  /** Content of the base. */
  bytes: Buffer;
  /** Whether it has a minimum or maximum, which RFC 5280 forbids. */
  isBounded: boolean;
}

/** Name constraints of a certificate. */
export interface NameConstraints {
  critical: boolean;
  permitted: Subtree[];
  excluded: Subtree[];
}

/**
 * Parses the value of a certificate's name constraints, by Go's `parseNameConstraintsExtension`.
 * @throws Error, completing "it ...", when Go cannot parse it.
 */
export function parseNameConstraints(value: DerValue, critical: boolean): NameConstraints {
  const subtreesOf = (tag: number): Subtree[] =>
    partsOf(partsOf(value).find((part) => isTagged(part, tag))).map(parseSubtree);
  const constraints = { critical, permitted: subtreesOf(0), excluded: subtreesOf(1) };
  if (partsOf(value).some((part) => !isTagged(part, 0) && !isTagged(part, 1)))
    throw new Error("has other parts than permitted and excluded names");
  if (constraints.permitted.length + constraints.excluded.length === 0)
    throw new Error("permits and excludes nothing");
  return constraints;
}

function parseSubtree(value: DerValue): Subtree {
  const [base, ...bounds] = partsOf(value);
  if (base === undefined) throw new Error("has a subtree without a name");
  const subtree = { tag: tagOf(base), base, bytes: contentOf(base), isBounded: bounds.length > 0 };
  const problem = problemOf(subtree);
  if (problem !== undefined) throw new Error(problem);
  return subtree;
}

function problemOf({ tag, bytes }: Subtree): string | undefined {
  const text = bytes.toString("latin1");
  switch (tag) {
    case TAGS.ip:
      return isRange(bytes) ? undefined : "has a range of IP addresses without a proper mask";
    case TAGS.uri:
      if (isAddress(text)) return `has the URI ${JSON.stringify(text)}, an IP address`;
      return isDomain(text)
        ? undefined
        : `has the URI ${JSON.stringify(text)}, and a constraint has only the host of a URI`;
    case TAGS.dns:
      return isDomain(text) ? undefined : `has the DNS name ${JSON.stringify(text)}, which Go cannot parse`;
    case TAGS.email:
      return isDomain(text.slice(text.indexOf("@") + 1))
        ? undefined
        : `has the e-mail name ${JSON.stringify(text)}, which Go cannot parse`;
    default:
      return undefined;
  }
}

/** Whether a text is an IP address in full; `ipaddr.isValid` takes `10.1` too. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

/** Go's `domainNameValid` for constraints: labels of visible ASCII without an empty one, maybe with a leading dot. */
function isDomain(text: string): boolean {
  return text === "" || /^\.?[!-\-/-~]+(?:\.[!-\-/-~]+)*$/.test(text);
}

/** Whether bytes are an address and its mask: ones, then zeros. */
function isRange(bytes: Buffer): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false;
  const mask = [...bytes.subarray(bytes.length / 2)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(mask);
}
