import * as z from "zod";
import { type TextRule, text } from "./schema.ts";

/** Schema of a text that follows a rule once what tools print around such a value is removed. */
export function pasted(clean: (value: string) => string, rule: TextRule) {
  return z.string().overwrite(clean).pipe(text(rule));
}

/** Removes a byte order mark, blanks and line ends around a value, and a pair of quotes. */
export function cleanText(value: string): string {
  const trimmed = value.trim();
  const [, , inner] = /^(["'`])([^]*)\1$/.exec(trimmed) ?? [];
  return inner?.trim() ?? trimmed;
}

/** Removes the scheme and final slash of a URL without a port or a path, and the brackets of IPv6. */
export function cleanHost(value: string): string {
  return cleanText(value)
    .replace(/^(?:https?|tcp|tls):\/\/([^/]*)\/?$/i, "$1")
    .replace(/^\[([^\]]*)\]$/, "$1");
}

/** Removes the scheme of a trust domain or URL, a final slash or dot, and upper case, which DNS ignores. */
export function cleanDomain(value: string): string {
  return cleanText(value)
    .replace(/^(?:spiffe|https?):\/\/([^/]*)\/?$/i, "$1")
    .replace(/\.$/, "")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Removes the name of the digest before a fingerprint (`SHA256 Fingerprint=`, `sha256:`, `SHA2-256(stdin)= `), the file name after it (`sha256sum`), and blanks in it. */
export function cleanFingerprint(value: string): string {
  return cleanText(value)
    .replace(/^sha-?(?:2-)?256(?:\s+fingerprint)?(?:\s*\([^)]*\))?\s*[:=]\s*/i, "")
    .replace(/^\\?([0-9a-f]{64})\s+(?![0-9a-f:\s]+$)\S.*$/i, "$1")
    .replace(/\s+/g, "");
}

/** Longest base64 of PEM that is decoded: more than any bundle has. */
const BASE64_LIMIT = 1024 * 1024;

/**
 * Returns PEM as OpenSSL writes it: decoded where it is base64 as in a Secret, from a JSON text, with indented lines or Windows' line ends.
 * Other text is returned unchanged, e.g. the name of a file.
 */
export function cleanPem(value: string): string {
  const pem = decodedPem(cleanText(value));
  if (pem === undefined) return value;
  const lines = pem
    .replaceAll(/\\r\\n|\\n/g, "\n")
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  return `${lines.join("\n").trim()}\n`;
}

function decodedPem(value: string): string | undefined {
  if (value.includes("-----BEGIN ")) return value;
  const base64 = value.replace(/\s+/g, "");
  // "-----BEGIN", in base64.
  if (!base64.startsWith("LS0tLS1CRUdJT") || base64.length > BASE64_LIMIT) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const decoded = Buffer.from(base64, "base64").toString("utf8");
  return decoded.includes("-----BEGIN ") ? decoded : undefined;
}
