import "reflect-metadata";
import { KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { type KeyKind, type Subject, makeKeys, signatureOf } from "./testAuthority.ts";

/** Certificate signing request of a test, with its key. */
export interface TestRequest {
  /** PEM. */
  pem: string;
  /** Private key, PEM. */
  key: string;
  /** Raw SubjectPublicKeyInfo. */
  publicKey: Buffer;
}

/**
 * Makes a request for an intermediate.
 * @param name subject, e.g. `O=b.local, CN=Intermediate CA`.
 * @param extensions that it asks for.
 */
export async function testRequest(
  name: Subject,
  kind: KeyKind = "P-256",
  extensions: x509.Extension[] = [],
): Promise<TestRequest> {
  const keys = await makeKeys(kind);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: signatureOf(kind),
    extensions,
  });
  return {
    pem: `${request.toString("pem")}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: Buffer.from(request.publicKey.rawData),
  };
}
