import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { InstalledAuthority, ProvidedPlan, SharedPlan } from "../federation/authority/authority.ts";
import { type RotationRecord, signedUntil } from "../federation/authority/rotation.ts";
import { MANAGED_BY, MANAGED_BY_LABEL, SIGNED_UNTIL_ANNOTATION } from "../federation/core/labels.ts";
import { AUTHORITY_SECRET } from "../federation/core/wellKnown.ts";
import { type KeyOwner, type Signer, ownAuthority, requestIntermediate } from "./ownAuthority.ts";

/** Arguments of a `CertificateAuthority`. */
export interface CertificateAuthorityArgs extends KeyOwner {
  plan: InstalledAuthority;
  /** Name of istiod's namespace, which gets the Secret. */
  namespace: pulumi.Input<string>;
}

/** A certificate authority of any source; all PEM, keys are secrets. */
export interface AuthorityParts {
  /** CA certificate that istiod signs with. */
  readonly certificate: pulumi.Output<string>;
  /** Its private key. */
  readonly key: pulumi.Output<string>;
  /** Certificates between it and the root, the nearest first. */
  readonly chain: readonly string[];
  /** Roots that peers must trust. */
  readonly roots: pulumi.Output<string[]>;
  /** Roots that the cluster's own workloads trust, the signing one first: without a root that is only announced. */
  readonly trusted: pulumi.Output<string[]>;
  /** Root that signs trust anchors; undefined when this stack has no root key. */
  readonly issuer: Readonly<Signer> | undefined;
  /** Certificate signing request, by which the stack of a shared root can certify the key. */
  readonly request: pulumi.Output<string>;
  /** Phase of its own roots; undefined with another source. */
  readonly rotation: pulumi.Output<RotationRecord> | undefined;
}

/** Type token: part of the URNs of its resources. */
export const CERTIFICATE_AUTHORITY = "istio-federation:index:CertificateAuthority";

/**
 * The cluster's certificate authority, and the Secret `cacerts` for istiod. Private keys are encrypted in this stack's state; the Secret has
 * that of the intermediate.
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  readonly parts: AuthorityParts;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super(CERTIFICATE_AUTHORITY, name, {}, opts);
    const child = { parent: this };
    const parts = authorityParts(name, args, child);
    this.parts = parts;
    const join = (pems: readonly string[]): string => pems.join("");
    new kubernetes.core.v1.Secret(
      `${name}-cacerts`,
      {
        metadata: {
          name: AUTHORITY_SECRET,
          namespace: args.namespace,
          labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
          ...signers(args.plan),
        },
        stringData: {
          "ca-cert.pem": parts.certificate,
          "ca-key.pem": parts.key,
          "root-cert.pem": parts.trusted.apply(join),
          "cert-chain.pem": pulumi.concat(
            parts.certificate,
            ...parts.chain,
            parts.issuer?.certificate ?? parts.roots.apply(join),
          ),
        },
      },
      child,
    );
    this.registerOutputs({ roots: parts.roots });
  }
}

/** Returns the record of former signers, beside the signing certificate: it survives an update that fails later. */
function signers(plan: InstalledAuthority): { annotations?: Record<string, string> } {
  const until = plan.source === "own" ? signedUntil(plan.rotation) : {};
  // An empty map would be a difference to the object in the cluster, which has none.
  if (Object.keys(until).length === 0) return {};
  return { annotations: { [SIGNED_UNTIL_ANNOTATION]: JSON.stringify(until) } };
}

function authorityParts(
  name: string,
  { plan, ...owner }: CertificateAuthorityArgs,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  switch (plan.source) {
    case "own":
      return { ...ownAuthority(name, owner, plan.rotation, opts), chain: [] };
    case "provided":
      return providedParts(name, owner, plan, opts);
    case "shared":
      return sharedParts(name, owner, plan, opts);
  }
}

function providedParts(
  name: string,
  owner: KeyOwner,
  { authority: { certificate, key, chain, roots, issuer } }: ProvidedPlan,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  return {
    certificate: pulumi.output(certificate),
    key: pulumi.secret(key),
    chain,
    roots: pulumi.output(roots),
    trusted: pulumi.output(roots),
    issuer: issuer && { certificate: pulumi.output(issuer.certificate), key: pulumi.secret(issuer.key) },
    // A later move under a shared root needs the signed request first.
    request: requestIntermediate(name, 1, owner, opts).request,
    rotation: undefined,
  };
}

function sharedParts(
  name: string,
  owner: KeyOwner,
  { authority: { certificate, rootCertificates, intermediate, former } }: SharedPlan,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  return {
    ...requestIntermediate(name, intermediate, owner, opts),
    certificate: pulumi.output(certificate),
    chain: [],
    roots: pulumi.output(rootCertificates),
    trusted: pulumi.output([...rootCertificates, ...(former?.rootCertificates ?? [])]),
    issuer: undefined,
    rotation: undefined,
  };
}
