import type { KeyObject, X509Certificate } from "node:crypto";
import { type Authority, readAuthority } from "./authority.ts";
import { parsePrivateKey } from "./privateKey.ts";
import { type SignatureAlgorithm, signatureAlgorithm } from "./signatureAlgorithm.ts";
import { type Validity, validityOf } from "./validity.ts";

/** Our own root, ready to issue. */
export interface Issuer {
  authority: Authority;
  validity: Validity;
  key: KeyObject;
  algorithm: SignatureAlgorithm;
}

/**
 * @param keyPem its private key.
 * @throws Error, completing "our own root ...", when it can issue no CA's certificate.
 */
export function readIssuer(certificate: X509Certificate, keyPem: string): Issuer {
  const key = parsePrivateKey(keyPem);
  const algorithm = key && signatureAlgorithm(key);
  if (key === undefined || algorithm === undefined) throw new Error("has no key that it can sign with");
  const authority = readAuthority(certificate);
  if (authority.pathLength === 0) throw new Error("may issue no CA's certificate: its path length is 0");
  return { authority, validity: validityOf(certificate), key, algorithm };
}
