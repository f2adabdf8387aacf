import { type X509Certificate, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { DNS_LABEL } from "../federation/core/names.ts";
import { TRUST_DOMAIN } from "../federation/core/spiffe.ts";
import { type AnchorScope, type TrustAnchors, currentAnchors } from "../federation/trust/anchors.ts";
import type { AnchorRequest } from "../federation/trust/issueAnchors.ts";
import { authorityFault, issuerFaults, readCertificate } from "../federation/x509/keys.ts";
import { DynamicResource } from "./dynamicResource.ts";
import { checkFields, containsUnknown, known, domainText, validText } from "./inputChecks.ts";

/** Arguments of `TrustAnchor`. */
export interface TrustAnchorArgs {
  /** The peer's name, for messages. */
  peer: string;
  /** SPIFFE trust domain of the peer: the only one for which its roots are trusted here. */
  trustDomain: string;
  /** `allBut`: for all others instead; the root is then its own issuer, without a constraint yet. */
  scope: AnchorScope;
  /** The peer's root certificates, PEM, one each. RSA, or ECDSA on P-256, P-384 or P-521. */
  rootCertificates: pulumi.Input<string[]>;
  /** Our own root certificate, PEM; it issues the anchors. */
  issuerCertificate: pulumi.Input<string>;
  /** Its private key: unencrypted PEM, PKCS #1, SEC 1 or PKCS #8. Kept as a secret input, in no output. */
  issuerKey: pulumi.Input<string>;
}

/**
 * The certificates by which a peer's workloads are trusted here: the peer's roots, certified anew by our own root and
 * constrained to the peer's trust domain, so that no identity which the peer signs for another one is accepted. An anchor
 * stays the same, byte for byte, as long as nothing that it depends on changes.
 */
export class TrustAnchor extends DynamicResource {
  /** PEM, one for each root, in the order of the sorted roots. */
  declare readonly certificates: pulumi.Output<string[]>;

  constructor(name: string, args: TrustAnchorArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, issuerKey: pulumi.secret(args.issuerKey), certificates: undefined };
    super("./providers/trustAnchor.ts", "TrustAnchor", name, props, opts);
  }
}

const SAME_NAME =
  "has the subject of our own root, so verifiers could confuse them: make a root with another subject";

/**
 * Validates the inputs, but for the roots' expiry, which counts when anchors are issued. No failure quotes a certificate or a key
 * as given: it could be the key.
 */
function check(news: AnchorRequest): pulumi.dynamic.CheckResult<AnchorRequest> {
  const issuer = readCertificate(news.issuerCertificate);
  const rootFault = (pem: string): string | undefined => {
    const root = readCertificate(pem);
    return (
      authorityFault(root) ??
      (news.scope === "only" && root && issuer && nameOf(root) === nameOf(issuer) ? SAME_NAME : undefined)
    );
  };
  const fields = {
    peer: domainText(DNS_LABEL),
    trustDomain: domainText(TRUST_DOMAIN),
    scope: z.enum(["only", "allBut"]),
    rootCertificates: z.array(validText(rootFault)).min(1, "must hold at least one root certificate"),
  };
  const failures = [
    ...checkFields(fields, { ...news }),
    // At `peer`, as the engine prints the property's value along with the reason.
    ...issuerFaults(known(news.issuerCertificate), known(news.issuerKey)).map((reason) => ({
      property: "peer",
      reason,
    })),
  ];
  return { inputs: news, failures };
}

/** Folds case and blanks of a subject, as verifiers do when they compare names (RFC 5280, section 7.1). */
function nameOf(certificate: X509Certificate): string {
  return certificate.subject.toLowerCase().replace(/\s/g, "");
}

/**
 * Compares the source of the anchors in the state with the inputs, and validates the anchors: an expired one is a change. The
 * issuer's key counts only by its certificate: the same key in another encoding changes nothing.
 */
function diff(
  olds: TrustAnchors,
  { trustDomain, scope, rootCertificates, issuerCertificate }: AnchorRequest,
): pulumi.dynamic.DiffResult {
  const source = { trustDomain, scope, rootCertificates, issuerCertificate };
  if (containsUnknown(source)) return { changes: true };
  return { changes: !isDeepStrictEqual(currentAnchors(olds, source, new Date()), olds.certificates) };
}

/** Loads the code that issues certificates on demand: a preview needs none of it. */
async function issue(inputs: AnchorRequest, last: TrustAnchors | undefined): Promise<TrustAnchors> {
  const { issueAnchors } = await import("../federation/trust/issueAnchors.ts");
  return issueAnchors(inputs, last, new Date(), randomBytes);
}

export const provider = {
  check: (_olds: object, news) => Promise.resolve(check(news)),
  diff: (_id, olds, news) => Promise.resolve(diff(olds, news)),
  create: async (inputs) => ({ id: inputs.peer, outs: await issue(inputs, undefined) }),
  update: async (_id, olds, news) => ({ outs: await issue(news, olds) }),
  // Only the state holds anchors: there is nothing to look at, and nothing to delete.
  read: (id, state) => Promise.resolve({ id, props: state as TrustAnchors }),
  delete: () => Promise.resolve(),
} satisfies pulumi.dynamic.ResourceProvider<AnchorRequest, TrustAnchors>;
