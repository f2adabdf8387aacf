import * as pulumi from "@pulumi/pulumi";
import { CERTIFICATE_AUTHORITY } from "./certificateAuthority.ts";
import { FEDERATED_CLUSTER } from "./federatedCluster.ts";
import { requestIntermediate } from "./ownAuthority.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";

/** What a `WaitingCluster` is made from. */
export interface WaitingClusterArgs {
  /** The stack's config. */
  config: StackConfig;
  /** Number of its intermediate's key. */
  intermediate: number;
}

/**
 * A cluster that waits for its certificate under a shared root: its key and its request, under the very names that they will have in
 * the `FederatedCluster`, so that nothing is made anew when it comes.
 */
export class WaitingCluster extends pulumi.ComponentResource {
  /** PEM. */
  readonly certificateRequest: pulumi.Output<string>;

  constructor(
    name: string,
    { config, intermediate }: WaitingClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(FEDERATED_CLUSTER, name, {}, opts);
    const authority = new pulumi.ComponentResource(CERTIFICATE_AUTHORITY, `${name}-ca`, {}, { parent: this });
    const { trustDomain: organization } = config.cluster;
    const { algorithm } = config.certificateAuthority;
    const args = { organization, algorithm };
    this.certificateRequest = requestIntermediate(`${name}-ca`, intermediate, args, {
      parent: authority,
    }).request;
    this.registerOutputs({});
  }
}
