import type * as pulumi from "@pulumi/pulumi";
import type { RotationRecord } from "../federation/authority/rotation.ts";

/** A root or an intermediate, and its key; both PEM. */
export interface Signer {
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
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
  /** What the cluster's own workloads trust: not yet the root that is only announced. The one that signs is the first. */
  readonly trusted: pulumi.Output<string[]>;
  /** The root that signs what is trusted here; undefined when nobody gave us its key. */
  readonly issuer?: Readonly<Signer>;
  /** By which the stack of a shared root certifies, or could certify, a key that is made here. */
  readonly request: pulumi.Output<string>;
  /** Where its roots are, if they are its own. */
  readonly rotation?: pulumi.Output<RotationRecord>;
}
