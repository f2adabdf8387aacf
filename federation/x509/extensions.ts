import type { Authority } from "./authority.ts";
import { EXTENSIONS } from "./extensionIds.ts";
import { type Asn1, encode, integer, objectIdentifier, plain, sequence, tagged } from "./der.ts";

const TRUE = "\xff";

/** keyCertSign and cRLSign, the bits 5 and 6 (RFC 5280, 4.2.1.3); the first byte counts unused bits. */
const CA_USES = "\x01\x06";

/** The extensions of a CA's certificate, for certain names only. */
export function caExtensions(subject: Authority, issuer: Authority, constraints: Asn1): Asn1 {
  const pathLength = subject.pathLength === undefined ? [] : [integer(subject.pathLength)];
  const extensions = sequence(
    extension("basicConstraints", true, sequence(plain("BOOLEAN", TRUE), ...pathLength)),
    extension("keyUsage", true, plain("BITSTRING", CA_USES)),
    extension("nameConstraints", true, constraints),
    extension("subjectKeyIdentifier", false, plain("OCTETSTRING", subject.keyIdentifier)),
    extension("authorityKeyIdentifier", false, sequence(tagged(0, issuer.keyIdentifier))),
  );
  return tagged(3, [extensions]);
}

/** FALSE is the default of `critical`, which DER leaves out. */
function extension(name: keyof typeof EXTENSIONS, isCritical: boolean, value: Asn1): Asn1 {
  const critical = isCritical ? [plain("BOOLEAN", TRUE)] : [];
  return sequence(objectIdentifier(EXTENSIONS[name]), ...critical, plain("OCTETSTRING", encode(value)));
}
