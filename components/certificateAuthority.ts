import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config.ts";
import type { ProvidedAuthority } from "../federation/providedAuthority.ts";
import { ownAuthority } from "./ownAuthority.ts";

/** What a `CertificateAuthority` is made from. */
export interface CertificateAuthorityArgs {
  /** Organization in the subjects of certificates that it makes: the SPIFFE trust domain that they stand for. */
  trustDomain: string;
  /** Key algorithm of root and intermediate, where it makes them: ECDSA on P-256, or RSA of 4096 bits. */
  algorithm: StackConfig["certificateAuthority"]["algorithm"];
  /** Given from outside: then nothing is made. */
  provided?: ProvidedAuthority | undefined;
  /** Name of the namespace that istiod runs in, where it looks for the Secret. */
  namespace: pulumi.Input<string>;
}

/** A certificate authority, wherever it comes from; all PEM, keys are secrets. */
export interface AuthorityParts {
  /** What istiod signs with. */
  readonly certificate: pulumi.Output<string>;
  /** Its private key. */
  readonly key: pulumi.Output<string>;
  /** Certificates between it and the root, the nearest first. */
  readonly chain: readonly string[];
  /** What peers must trust. */
  readonly roots: pulumi.Output<string[]>;
  /** The root that signs what is trusted here; undefined when nobody gave us its key. */
  readonly issuer?: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> };
}

/**
 * The cluster's certificate authority, its own or one from outside, and the Secret `cacerts` by which istiod signs with it. Private
 * keys stay in this stack's state, encrypted, and that of the intermediate in the Secret; they go nowhere else.
 */
export class CertificateAuthority extends pulumi.ComponentResource implements AuthorityParts {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
  readonly chain: readonly string[];
  readonly roots: pulumi.Output<string[]>;
  readonly issuer?: { readonly certificate: pulumi.Output<string>; readonly key: pulumi.Output<string> };
  /** The Secret with `ca-cert.pem`, `ca-key.pem`, `root-cert.pem` and `cert-chain.pem`, as Istio names them. */
  readonly secret: kubernetes.core.v1.Secret;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:CertificateAuthority", name, {}, opts);
    const child = { parent: this };
    const parts =
      args.provided === undefined
        ? ownAuthority(name, args.trustDomain, args.algorithm, child)
        : outputs(args.provided);
    this.certificate = parts.certificate;
    this.key = parts.key;
    this.chain = parts.chain;
    this.roots = parts.roots;
    if (parts.issuer !== undefined) this.issuer = parts.issuer;
    const roots = parts.roots.apply((pems) => pems.join(""));
    this.secret = new kubernetes.core.v1.Secret(
      `${name}-cacerts`,
      {
        metadata: { name: "cacerts", namespace: args.namespace },
        stringData: {
          "ca-cert.pem": parts.certificate,
          "ca-key.pem": parts.key,
          "root-cert.pem": roots,
          "cert-chain.pem": pulumi.concat(parts.certificate, ...parts.chain, roots),
        },
      },
      child,
    );
    this.registerOutputs({ roots: this.roots });
  }
}

function outputs({ certificate, key, chain, roots, issuer }: ProvidedAuthority): AuthorityParts {
  return {
    certificate: pulumi.output(certificate),
    key: pulumi.secret(key),
    chain,
    roots: pulumi.output(roots),
    ...(issuer === undefined
      ? {}
      : { issuer: { certificate: pulumi.output(issuer.certificate), key: pulumi.secret(issuer.key) } }),
  };
}
