import { X509Certificate } from "node:crypto";
import { messageOf } from "../core/text.ts";
import { SERIAL_BYTES, issueIntermediate, parseIssuer } from "../x509/issuer.ts";
import { parseRequest } from "../x509/request.ts";
import {
  type IntermediateSource,
  type SignedIntermediate,
  isIntermediateCurrent,
  intermediateSource,
} from "./signedIntermediate.ts";

/** Sources of an intermediate, with the key of its issuer. */
export interface IntermediateRequest extends IntermediateSource {
  /** Name of the cluster, for messages. */
  cluster: string;
  /** Key of the shared root, PEM. */
  issuerKey: string;
}

/**
 * Signs a cluster's request, unless the intermediate of the last update is still right. In a file of its own, as a preview needs no issuer.
 * @param last undefined the first time.
 * @param random returns the given number of random bytes.
 * @throws Error with the reason why the root cannot sign.
 */
export function signRequest(
  asked: IntermediateRequest,
  last: SignedIntermediate | undefined,
  now: Date,
  random: (bytes: number) => Uint8Array,
): SignedIntermediate {
  if (last !== undefined && isIntermediateCurrent(last, asked, now)) return last;
  const { cluster, trustDomain, istiodHosts: hosts, issuerKey } = asked;
  const request = parseRequest(asked.request);
  const root = new X509Certificate(asked.issuerCertificate);
  try {
    const issuer = parseIssuer(root, issuerKey);
    const serial = random(SERIAL_BYTES);
    return {
      ...intermediateSource(asked),
      certificate: issueIntermediate(request, issuer, { trustDomain, hosts }, now, serial),
    };
  } catch (error) {
    const message = `no certificate for cluster ${cluster}: the shared root ${messageOf(error)}`;
    throw new Error(message, { cause: error });
  }
}
