import { X509Certificate, randomBytes } from "node:crypto";
import { SERIAL_BYTES, readIssuer } from "../../federation/x509/certify.ts";
import { signIntermediate } from "../../federation/x509/intermediate.ts";
import { readRequest } from "../../federation/x509/request.ts";
import type { Inputs, State } from "./inputs.ts";
import { isStanding, sourceOf } from "./standing.ts";

/**
 * Signs a cluster's request, unless the certificate that the last update made still stands.
 * @param olds outputs of the last update; left out at the first.
 * @throws Error that says why the root can sign none now.
 */
export function signRequest(inputs: Inputs, olds: State | undefined, now: Date): State {
  if (olds !== undefined && isStanding(olds, inputs, now)) return olds;
  const { trustDomain, istiodHosts: hosts } = inputs;
  const request = readRequest(inputs.request);
  const root = new X509Certificate(inputs.issuerCertificate);
  return {
    ...sourceOf(inputs),
    certificate: ofRoot(inputs.cluster, () => {
      const issuer = readIssuer(root, inputs.issuerKey);
      return signIntermediate(request, issuer, { trustDomain, hosts }, now, randomBytes(SERIAL_BYTES));
    }),
  };
}

function ofRoot(cluster: string, make: () => string): string {
  try {
    return make();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no certificate for cluster ${cluster}: the shared root ${why}`, { cause: error });
  }
}
