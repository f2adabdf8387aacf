import { Name, SubjectAlternativeNameExtension } from "@peculiar/x509";
import type { JsonGeneralNames } from "@peculiar/x509";
import type { Properties } from "../protocol/values.ts";

/** Parts of a distinguished name in the order in which Go writes them, with their object identifiers. */
const PARTS: readonly (readonly [property: string, oid: string])[] = [
  ["country", "2.5.4.6"],
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["locality", "2.5.4.7"],
  ["province", "2.5.4.8"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"],
  ["commonName", "2.5.4.3"],
  ["serialNumber", "2.5.4.5"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
];

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/** The names that a certificate or a request is about. */
export interface Names {
  readonly subject: Name;
  /** Absent if there are none. */
  readonly alternatives: SubjectAlternativeNameExtension | undefined;
}

/** Reads `subject`, `dnsNames`, `ipAddresses` and `uris` of the inputs. */
export function namesOf(inputs: Properties): Names {
  const subject = (inputs["subject"] ?? {}) as Record<string, string | readonly string[]>;
  const parts = PARTS.flatMap(([property, oid]) =>
    [subject[property] ?? []].flat().map((text) => ({ [oid]: [encodedString(oid, text)] })),
  );
  const list = (property: string) => (inputs[property] ?? []) as readonly string[];
  return names(new Name(parts), [
    ...list("dnsNames").map((value) => ({ type: "dns" as const, value })),
    ...list("ipAddresses").map((value) => ({ type: "ip" as const, value })),
    ...list("uris").map((value) => ({ type: "url" as const, value })),
  ]);
}

/** Puts names together; the alternative names are critical when there is no subject (RFC 5280, 4.2.1.6). */
export function names(subject: Name, alternatives: JsonGeneralNames): Names {
  const critical = subject.toString() === "";
  return {
    subject,
    alternatives:
      alternatives.length === 0 ? undefined : new SubjectAlternativeNameExtension(alternatives, critical),
  };
}

function encodedString(oid: string, text: string) {
  if (oid === EMAIL_ADDRESS) {
    return { ia5String: text };
  }
  return Name.isPrintableString(text) ? { printableString: text } : { utf8String: text };
}
