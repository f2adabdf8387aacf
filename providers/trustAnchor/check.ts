import type { X509Certificate } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DNS_LABEL } from "../../federation/core/names.ts";
import { TRUST_DOMAIN } from "../../federation/core/spiffe.ts";
import { checkFields, text } from "../checkFields.ts";
import { authorityFault, issuerFaults, judged, readCertificate } from "../issuerFields.ts";
import type { Inputs } from "./inputs.ts";

const SAME_NAME =
  "has the subject of our own root, for which verifiers could take it: make a root with another one";

/**
 * Validates the inputs; whether a root has run out is judged when its anchor is made. No failure quotes what was given for
 * a certificate or a key: it could be the key.
 * @returns every failure.
 */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  const issuer = readCertificate(news.issuerCertificate);
  const rootFault = (pem: string): string | undefined => {
    const root = readCertificate(pem);
    return (
      authorityFault(root) ?? (root && issuer && nameOf(root) === nameOf(issuer) ? SAME_NAME : undefined)
    );
  };
  const fields = {
    peer: text(DNS_LABEL),
    trustDomain: text(TRUST_DOMAIN),
    rootCertificates: z.array(judged(rootFault)).min(1, "must hold at least one root certificate"),
  };
  return {
    inputs: news,
    failures: [
      ...checkFields(fields, { ...news }),
      // The engine prints a property's value along with the reason: that of the peer's name tells nothing.
      ...issuerFaults(news).map((reason) => ({ property: "peer", reason })),
    ],
  };
}

/** As far as verifiers tell names apart: RFC 5280, section 7.1, folds case and blanks. */
function nameOf(certificate: X509Certificate): string {
  return certificate.subject.toLowerCase().replace(/\s/g, "");
}
