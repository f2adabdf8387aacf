import forge from "node-forge";

/** What certificates are made of, as objects that node-forge writes in DER. */

const { Class, Type, create, dateToGeneralizedTime, dateToUtcTime, fromDer, integerToDer, oidToDer, toDer } =
  forge.asn1;

export type Asn1 = forge.asn1.Asn1;

/** Bytes as node-forge has them: a character each. */
export type Bytes = string;

/** The parts of a value that is constructed of parts; none if it is not. */
export function partsOf(node: Asn1 | undefined): Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

/** The bytes of a value that is not constructed of parts; none if it is. */
export function bytesOf(node: Asn1 | undefined): Bytes {
  return typeof node?.value === "string" ? node.value : "";
}

/** Whether a value has this context-specific tag. */
export function isTagged({ tagClass, type }: Asn1, tag: number): boolean {
  return tagClass === Class.CONTEXT_SPECIFIC && (type as number) === tag;
}

/** A value in DER. */
export function encode(node: Asn1): Bytes {
  return toDer(node).getBytes();
}

/**
 * Takes a value apart such that each part, encoded again, is the very bytes it was.
 * @throws Error, completing "<whose root> ...", when it is not DER.
 */
export function decode(der: Bytes): Asn1 {
  // The types know an older form of these options. Public keys are bit strings that are to stay as they are.
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false } as unknown as boolean;
  try {
    const node = fromDer(der, options);
    if (encode(node) === der) return node;
  } catch {
    // Below.
  }
  throw new Error("is not encoded in DER (X.690), which certificates must be");
}

export function sequence(...parts: Asn1[]): Asn1 {
  return create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
}

export function set(...parts: Asn1[]): Asn1 {
  return create(Class.UNIVERSAL, Type.SET, true, parts);
}

/** A value with a context-specific tag: of bytes, or constructed of parts. */
export function tagged(tag: number, content: Bytes | Asn1[]): Asn1 {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum lists tags of the plain types only
  return create(Class.CONTEXT_SPECIFIC, tag, typeof content !== "string", content);
}

/** A value of one of the plain types. */
export function plain(type: keyof typeof Type, content: Bytes): Asn1 {
  return create(Class.UNIVERSAL, Type[type], false, content);
}

export function integer(value: number): Asn1 {
  return plain("INTEGER", integerToDer(value).getBytes());
}

/** @param oid in dotted form. */
export function objectIdentifier(oid: string): Asn1 {
  return plain("OID", oidToDer(oid).getBytes());
}

/** A moment of a validity: UTCTime through 2049, GeneralizedTime later (RFC 5280, 4.1.2.5). */
export function time(date: Date): Asn1 {
  return date.getUTCFullYear() < 2050
    ? plain("UTCTIME", dateToUtcTime(date))
    : plain("GENERALIZEDTIME", dateToGeneralizedTime(date));
}
/** Object identifiers of the extensions of a CA's certificate (RFC 5280, 4.2.1). */
export const EXTENSIONS = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  authorityKeyIdentifier: "2.5.29.35",
} as const;
