import type forge from "node-forge";
import asn1 from "node-forge/lib/asn1.js";

/** A DER value: its tag, and its bytes or the values it is constructed of. */
export type DerValue = forge.asn1.Asn1;

/** Universal types, by node-forge's names. */
type UniversalType = keyof typeof forge.asn1.Type;

/**
 * Parses DER; each part, encoded again by {@link toDer}, has the bytes it was parsed from.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function parseDer(bytes: Uint8Array): DerValue {
  // The types know an older form of these options. Public keys are bit strings, which stay unparsed.
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false } as unknown as boolean;
  const der = Buffer.from(bytes);
  try {
    const value = asn1.fromDer(der.toString("latin1"), options);
    if (toDer(value).equals(der)) return value;
  } catch {
    // Below.
  }
  throw new Error("is not encoded in DER (X.690), which certificates must be");
}

export function toDer(value: DerValue): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), "latin1");
}

/** Values that a value is constructed of; none for a primitive. */
export function partsOf(value: DerValue | undefined): DerValue[] {
  return Array.isArray(value?.value) ? value.value : [];
}

/** Bytes of a primitive value; none for a constructed one. */
export function contentOf(value: DerValue | undefined): Buffer {
  return Buffer.from(typeof value?.value === "string" ? value.value : "", "latin1");
}

/** Bits of a BIT STRING of whole bytes. Its first byte counts unused bits. */
export function bitsOf(value: DerValue | undefined): Buffer {
  return contentOf(value).subarray(1);
}

/** Number of an INTEGER. */
export function integerOf(value: DerValue): number {
  return asn1.derToInteger(contentOf(value).toString("latin1"));
}

export function isUniversal(value: DerValue | undefined, type: UniversalType): boolean {
  return value?.tagClass === asn1.Class.UNIVERSAL && value.type === asn1.Type[type];
}

/** Whether a value is this object identifier, in dotted form. */
export function isOid(value: DerValue | undefined, oid: string): boolean {
  return (
    isUniversal(value, "OID") && contentOf(value).equals(Buffer.from(asn1.oidToDer(oid).getBytes(), "latin1"))
  );
}

/** Object identifier in dotted form; "" for any other value. */
export function oidOf(value: DerValue | undefined): string {
  return isUniversal(value, "OID") ? asn1.derToOid(contentOf(value).toString("latin1")) : "";
}

/** Number of a value's tag, whatever its class. */
export function tagOf(value: DerValue): number {
  return value.type;
}

/** Whether a value has this context-specific tag. */
export function isTagged({ tagClass, type }: DerValue, tag: number): boolean {
  return tagClass === asn1.Class.CONTEXT_SPECIFIC && (type as number) === tag;
}
