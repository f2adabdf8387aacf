import * as pulumi from "@pulumi/pulumi";

/** What a `SignedAuthority` is made from. */
export interface SignedAuthorityArgs {
  /** The cluster's name, for messages. */
  cluster: string;
  /** SPIFFE trust domain of the cluster: the only one that its certificate authority may speak for. */
  trustDomain: string;
  /** DNS names and IP addresses by which its istiod is reached, beside `<service>.istio-system.svc`. */
  istiodHosts: string[];
  /** The cluster's certificate signing request, PEM. */
  request: string;
  /** The shared root, PEM; it issues the certificate. */
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
    const handlers = "./providers/signedAuthority/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/**
 * The certificate with which a cluster's istiod signs under a shared root, for that cluster's trust domain only. It stays the
 * same, byte for byte, as long as nothing that it depends on changes, until its last year.
 */
export class SignedAuthority extends pulumi.dynamic.Resource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;

  constructor(name: string, args: SignedAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    const props = { ...args, issuerKey: pulumi.secret(args.issuerKey), certificate: undefined };
    super(shim, name, props, opts, undefined, "SignedAuthority");
  }
}
