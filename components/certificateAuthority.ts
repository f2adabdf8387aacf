import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AuthorityParts } from "./authorityParts.ts";
import { ownAuthority, requestIntermediate } from "./ownAuthority.ts";
import { sharedAuthority } from "./sharedAuthority.ts";
import type { ProvidedAuthority } from "../federation/authority/provided.ts";
import { signedUntil } from "../federation/authority/rotation.ts";
import type { AuthoritySource } from "../federation/authority/source.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { SIGNED_UNTIL_ANNOTATION } from "../federation/core/labels.ts";
import { AUTHORITY_SECRET } from "../federation/core/wellKnown.ts";

/** What a `CertificateAuthority` is made from. */
export interface CertificateAuthorityArgs {
  /** Organization in the subjects of certificates that it makes: the SPIFFE trust domain that they stand for. */
  trustDomain: string;
  /** Name of the cluster, where it shares its trust domain with others. */
  organizationalUnit?: string;
  /** Of keys that it makes: ECDSA on P-256, or RSA of 4096 bits. */
  algorithm: StackConfig["certificateAuthority"]["algorithm"];
  /** Where it comes from: made here, with these roots, given from outside, or signed under a shared root. */
  source: AuthoritySource;
  /** Name of the namespace that istiod runs in, where it looks for the Secret. */
  namespace: pulumi.Input<string>;
}

/** Its type: part of its resources' names. */
export const CERTIFICATE_AUTHORITY = "istio-federation:index:CertificateAuthority";

/**
 * The cluster's certificate authority, its own or one from outside, and the Secret `cacerts` by which istiod signs with it. Private
 * keys stay in this stack's state, encrypted, and that of the intermediate in the Secret; they go nowhere else.
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  readonly parts: AuthorityParts;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super(CERTIFICATE_AUTHORITY, name, {}, opts);
    const child = { parent: this };
    const parts = partsOf(name, args, child);
    this.parts = parts;
    const trusted = parts.trusted.apply((pems) => pems.join(""));
    // Istio's names of the files.
    new kubernetes.core.v1.Secret(
      `${name}-cacerts`,
      {
        metadata: { name: AUTHORITY_SECRET, namespace: args.namespace, ...annotations(args.source) },
        stringData: {
          "ca-cert.pem": parts.certificate,
          "ca-key.pem": parts.key,
          "root-cert.pem": trusted,
          "cert-chain.pem": pulumi.concat(
            parts.certificate,
            ...parts.chain,
            parts.issuer?.certificate ?? parts.roots.apply((pems) => pems.join("")),
          ),
        },
      },
      child,
    );
    this.registerOutputs({ roots: parts.roots });
  }
}

/** Goes with what istiod signs with, so that also an update that fails later on leaves a trace of who signed before. */
function annotations(source: AuthoritySource): { annotations?: Record<string, string> } {
  const until = "rotation" in source ? signedUntil(source.rotation) : {};
  if (Object.keys(until).length === 0) return {};
  return { annotations: { [SIGNED_UNTIL_ANNOTATION]: JSON.stringify(until) } };
}

function partsOf(
  name: string,
  { trustDomain: organization, organizationalUnit, algorithm, source }: CertificateAuthorityArgs,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  if ("provided" in source) {
    // For the day when it is to come under a shared root, which must have signed before.
    const { request } = requestIntermediate(name, 1, { organization, algorithm }, opts);
    return { ...outputs(source.provided), request };
  }
  if ("shared" in source)
    return sharedAuthority(name, { organization, algorithm, shared: source.shared }, opts);
  const owner = { organization, ...(organizationalUnit === undefined ? {} : { organizationalUnit }) };
  return ownAuthority(name, { ...owner, algorithm, rotation: source.rotation }, opts);
}

function outputs({
  certificate,
  key,
  chain,
  roots,
  issuer,
}: ProvidedAuthority): Omit<AuthorityParts, "request"> {
  return {
    certificate: pulumi.output(certificate),
    key: pulumi.secret(key),
    chain,
    roots: pulumi.output(roots),
    trusted: pulumi.output(roots),
    ...(issuer === undefined
      ? {}
      : { issuer: { certificate: pulumi.output(issuer.certificate), key: pulumi.secret(issuer.key) } }),
  };
}
