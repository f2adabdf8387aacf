import { type CertificateFields, extensionValue } from "./certificateFields.ts";
import { contentOf, isTagged, oidOf, partsOf, toDer } from "./der.ts";

const ANY_POLICY = "2.5.29.32.0";

/** A CA whose certificate policies refuse leaves, and the rule that its certificate breaks. */
export interface PolicyFault {
  /** Place in the chain. */
  index: number;
  /** Completes "<the certificate> ...". */
  rule: string;
}

/**
 * Validates that leaves without certificate policies, as istiod issues them, are valid under a chain (RFC 5280, 6.1; RFC 9618).
 * @param chain from the CA that issues leaves to its root, whose own policies do not count.
 */
export function policyFaults(chain: readonly CertificateFields[]): PolicyFault[] {
  const faults: PolicyFault[] = [];
  let remaining = chain.length + 1;
  let origin: number | undefined;
  for (let index = chain.length - 2; index >= 0; index--) {
    const fields = chain[index];
    if (fields === undefined) continue;
    const isSelfIssued = toDer(fields.issuer).equals(toDer(fields.subject));
    if (!isSelfIssued && remaining > 0) remaining--;
    const skipped = explicitPolicyAfter(fields);
    if (skipped !== undefined && skipped < remaining) {
      remaining = skipped;
      origin = index;
    }
    if (mapsAnyPolicy(fields))
      faults.push({ index, rule: "has policyMappings of anyPolicy, which are invalid" });
  }
  // One is for the leaf itself.
  if (origin !== undefined && remaining < 2) {
    const rule = "has policyConstraints that require a policy, and istiod's certificates have none";
    faults.push({ index: origin, rule });
  }
  return faults;
}

/** Certificates after which an explicit policy is required; undefined where none is. */
function explicitPolicyAfter(fields: CertificateFields): number | undefined {
  const required = partsOf(extensionValue(fields, "policyConstraints")).find((part) => isTagged(part, 0));
  if (required === undefined) return undefined;
  const content = contentOf(required);
  return content.length > 4 ? undefined : content.readIntBE(0, content.length);
}

function mapsAnyPolicy(fields: CertificateFields): boolean {
  return partsOf(extensionValue(fields, "policyMappings")).some((mapping) =>
    partsOf(mapping).some((policy) => oidOf(policy) === ANY_POLICY),
  );
}
