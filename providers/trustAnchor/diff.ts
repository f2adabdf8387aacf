import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { containsUnknown } from "../checkFields.ts";
import type { Inputs, State } from "./inputs.ts";
import { standingAnchors } from "./standing.ts";

/**
 * Compares what the anchors in the state were made from with what is asked for, and looks at them. The issuer's key counts
 * only by its certificate: the same key written otherwise changes nothing.
 * @param now an anchor that has run out by then is a change.
 */
export function diff(
  olds: State,
  { trustDomain, rootCertificates, issuerCertificate }: Inputs,
  now: Date,
): pulumi.dynamic.DiffResult {
  const source = { trustDomain, rootCertificates, issuerCertificate };
  if (containsUnknown(source)) return { changes: true };
  return { changes: !isDeepStrictEqual(standingAnchors(olds, source, now), olds.certificates) };
}
