import { type KeyObject, createPrivateKey } from "node:crypto";

/** A private key in PEM; `undefined` if it is none: why stays untold, as OpenSSL's and Node's errors may quote what they read. */
export function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
