import type * as pulumi from "@pulumi/pulumi";
import { containsUnknown } from "../checkFields.ts";
import type { Inputs, State } from "./inputs.ts";
import { isStanding } from "./standing.ts";

/**
 * Compares what the certificate in the state was made from with what is asked for, and looks at it. The issuer's key counts only by its
 * certificate: the same key written otherwise changes nothing.
 * @param now a certificate that is in its last year by then is a change.
 */
export function diff(
  olds: State,
  { trustDomain, istiodHosts, request, issuerCertificate }: Inputs,
  now: Date,
): pulumi.dynamic.DiffResult {
  const source = { trustDomain, istiodHosts, request, issuerCertificate };
  return { changes: containsUnknown(source) || !isStanding(olds, source, now) };
}
