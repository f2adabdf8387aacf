import ipaddr from "ipaddr.js";
import { type CertificateFields, extensionValue } from "./certificateFields.ts";
import { type DerValue, contentOf, oidOf, partsOf, tagOf } from "./der.ts";
import { type NameConstraints, type Subtree, TAGS, isAddress } from "./nameConstraints.ts";

/** A name in a certificate, which name constraints of the CAs above it may refuse. */
export interface CertifiedName {
  kind: keyof typeof TAGS;
  /** For messages and comparison; of a URI its host, of a directory name one line per attribute. */
  text: string;
  /** Bytes of an IP address; empty for other names. */
  bytes: Buffer;
}

/** Returns the URI name of a trust domain's workloads. */
export function trustDomainName(trustDomain: string): CertifiedName {
  return { kind: "uri", text: trustDomain, bytes: Buffer.alloc(0) };
}

/** Returns the name of a host as istiod certifies it: a DNS name or an IP address. */
export function hostName(host: string): CertifiedName {
  return isAddress(host)
    ? { kind: "ip", text: host, bytes: Buffer.from(ipaddr.parse(host).toByteArray()) }
    : { kind: "dns", text: host, bytes: Buffer.alloc(0) };
}

const E_MAIL_ADDRESS = "1.2.840.113549.1.9.1";

/** Names that a CA has itself: in its extension, and those that verifiers read from its subject. */
export interface OwnNames {
  alternative: CertifiedName[];
  subject: CertifiedName[];
}

/** Reads the names of a CA. */
export function ownNames(fields: CertificateFields): OwnNames {
  const attributes = partsOf(fields.subject).flatMap((names) => partsOf(names).map(partsOf));
  const emails = attributes.flatMap(([type, value]) =>
    oidOf(type) === E_MAIL_ADDRESS ? [named("email", contentOf(value))] : [],
  );
  return {
    alternative: partsOf(extensionValue(fields, "subjectAltName")).flatMap(toName),
    subject: attributes.length === 0 ? [] : [directoryName(fields.subject), ...emails],
  };
}

function toName(value: DerValue): CertifiedName[] {
  const kind = (Object.keys(TAGS) as (keyof typeof TAGS)[]).find((name) => TAGS[name] === tagOf(value));
  if (kind === undefined) return [];
  const content = contentOf(value);
  switch (kind) {
    case "directory":
      return partsOf(value).map(directoryName);
    case "ip":
      return [{ kind, text: ipaddr.fromByteArray([...content]).toString(), bytes: content }];
    case "uri":
      return [{ ...named(kind, content), text: hostOf(content.toString("latin1")) }];
    default:
      return [named(kind, content)];
  }
}

function named(kind: CertifiedName["kind"], content: Buffer): CertifiedName {
  return { kind, text: content.toString("latin1"), bytes: Buffer.alloc(0) };
}

function directoryName(name: DerValue): CertifiedName {
  return { kind: "directory", text: foldName(name), bytes: Buffer.alloc(0) };
}

/** Formats a directory name so that one below another one starts with it: case and blanks folded (RFC 5280, 7.1). */
function foldName(name: DerValue): string {
  return partsOf(name)
    .map((names) => {
      const attributes = partsOf(names).map((attribute) => {
        const [type, value] = partsOf(attribute);
        const content = contentOf(value).toString("utf8").toLowerCase();
        return `${oidOf(type)}=${content.trim().replace(/\s+/g, " ")}`;
      });
      return `${attributes.sort().join("+")}\n`;
    })
    .join("");
}

/** Host of a URI; "" where it has none. */
function hostOf(uri: string): string {
  return /^[^:/?#]+:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/.exec(uri)?.[1] ?? "";
}

/** Whether Go refuses a certificate with a name under a CA with these constraints (its `checkChainConstraints`). */
export function isRefusedByGo(name: CertifiedName, constraints: NameConstraints): boolean {
  // Directory names are no constraint to Go, which refuses them where they are critical.
  if (name.kind === "directory") return false;
  if (name.kind === "uri" && (name.text === "" || name.text.startsWith("[") || isAddress(name.text)))
    return true;
  return isRefused(name, constraints, matchesInGo);
}

/** Whether Envoy's BoringSSL refuses a certificate with a name under a CA with these constraints (its `nc_match`). */
export function isRefusedByEnvoy(name: CertifiedName, constraints: NameConstraints): boolean {
  const ofKind = [...constraints.permitted, ...constraints.excluded].filter(
    ({ tag }) => tag === TAGS[name.kind],
  );
  if (ofKind.some(({ isBounded }) => isBounded)) return true;
  // It has no constraints of IP addresses, and refuses what it cannot check.
  return (name.kind === "ip" && ofKind.length > 0) || isRefused(name, constraints, matchesInEnvoy);
}

function isRefused(
  name: CertifiedName,
  { permitted, excluded }: NameConstraints,
  matches: (name: CertifiedName, subtree: Subtree) => boolean,
): boolean {
  const ofKind = (subtrees: readonly Subtree[]): Subtree[] =>
    subtrees.filter(({ tag }) => tag === TAGS[name.kind]);
  const allowed = ofKind(permitted);
  return (
    (allowed.length > 0 && !allowed.some((subtree) => matches(name, subtree))) ||
    ofKind(excluded).some((subtree) => matches(name, subtree))
  );
}

function matchesInGo({ kind, text, bytes }: CertifiedName, subtree: Subtree): boolean {
  const base = textOf(subtree);
  if (kind === "ip") return isInRange(bytes, subtree.bytes);
  if (kind === "email")
    return base.includes("@") ? equalsMailbox(text, base) : isInDomain(domainOf(text), base);
  return isInDomain(text.toLowerCase(), base);
}

function matchesInEnvoy({ kind, text }: CertifiedName, subtree: Subtree): boolean {
  const base = textOf(subtree);
  switch (kind) {
    case "dns":
      return isInDomain(text.toLowerCase(), base);
    case "uri":
      // Without a leading dot it is one host (RFC 5280).
      return isHost(text.toLowerCase(), base);
    case "email":
      return base.includes("@") ? equalsMailbox(text, base) : isHost(domainOf(text), base);
    case "directory":
      return partsOf(subtree.base).some((name) => text.startsWith(foldName(name)));
    default:
      return false;
  }
}

function textOf({ bytes }: Subtree): string {
  return bytes.toString("latin1").toLowerCase();
}

/** Whether a host lies in a domain, or is it; with a leading dot, lies below it. */
function isInDomain(host: string, domain: string): boolean {
  if (domain === "") return true;
  if (domain.startsWith(".")) return host.length > domain.length && host.endsWith(domain);
  return host === domain || host.endsWith(`.${domain}`);
}

function isHost(host: string, base: string): boolean {
  return base.startsWith(".") ? host.length > base.length && host.endsWith(base) : host === base;
}

function equalsMailbox(mail: string, base: string): boolean {
  return mail.toLowerCase() === base;
}

function domainOf(mail: string): string {
  return mail.slice(mail.lastIndexOf("@") + 1).toLowerCase();
}

function isInRange(address: Buffer, range: Buffer): boolean {
  const { length } = address;
  if (range.length !== 2 * length) return false;
  return address.every((byte, index) => {
    const mask = range[length + index] ?? 0;
    return (byte & mask) === ((range[index] ?? 0) & mask);
  });
}
