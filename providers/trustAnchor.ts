import * as pulumi from "@pulumi/pulumi";

/** What a `TrustAnchor` is made from. */
export interface TrustAnchorArgs {
  /** The peer's name, for messages. */
  peer: string;
  /** SPIFFE trust domain of the peer: the only one for which its roots are trusted here. */
  trustDomain: string;
  /** The peer's root certificates, PEM, one each. RSA, or ECDSA on P-256, P-384 or P-521. */
  rootCertificates: string[];
  /** Our own root certificate, PEM; it issues the anchors. */
  issuerCertificate: pulumi.Input<string>;
  /** Its private key: unencrypted PEM, PKCS #1, SEC 1 or PKCS #8. Kept as a secret input, in no output. */
  issuerKey: pulumi.Input<string>;
}

// Types in the method would be blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/** As it is kept in the stack's state: see `ImportedServices`. */
const provider = {
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const handlers = "./providers/trustAnchor/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/**
 * The certificates by which a peer's workloads are trusted here: the peer's roots, certified anew by our own root and
 * constrained to the peer's trust domain, so that no identity which the peer signs for another one is believed. An anchor
 * stays the same, byte for byte, as long as nothing that it depends on changes.
 */
export class TrustAnchor extends pulumi.dynamic.Resource {
  /** PEM, one for each root, in the order of the sorted roots. */
  declare readonly certificates: pulumi.Output<string[]>;

  constructor(name: string, args: TrustAnchorArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    const props = { ...args, issuerKey: pulumi.secret(args.issuerKey), certificates: undefined };
    super(shim, name, props, opts, undefined, "TrustAnchor");
  }
}
