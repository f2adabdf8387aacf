import * as pulumi from "@pulumi/pulumi";
import type { AuthorityParts } from "./authorityParts.ts";
import { type OwnAuthorityArgs, requestIntermediate } from "./ownAuthority.ts";
import type { SharedAuthority } from "../federation/authority/shared.ts";

/** What a certificate authority under a shared root is made from. */
export interface SharedAuthorityArgs extends Pick<OwnAuthorityArgs, "organization" | "algorithm"> {
  /** What the root's stack has signed. */
  shared: SharedAuthority;
}

/** Makes the key of a cluster's intermediate, which never leaves this stack, and its request: both as before it was signed. */
export function sharedAuthority(
  name: string,
  { shared, ...args }: SharedAuthorityArgs,
  opts: pulumi.CustomResourceOptions,
): AuthorityParts {
  const { certificate, rootCertificates, intermediate, former } = shared;
  return {
    ...requestIntermediate(name, intermediate, args, opts),
    certificate: pulumi.output(certificate),
    chain: [],
    roots: pulumi.output(rootCertificates),
    trusted: pulumi.output([...rootCertificates, ...(former?.rootCertificates ?? [])]),
  };
}
