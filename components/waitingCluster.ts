import * as pulumi from "@pulumi/pulumi";
import { CERTIFICATE_AUTHORITY } from "./certificateAuthority.ts";
import { compareContractStack } from "./contractStack.ts";
import { FEDERATED_CLUSTER } from "./federatedCluster.ts";
import { requestIntermediate } from "./ownAuthority.ts";
import type { WaitingPlan } from "../federation/plan.ts";

/**
 * A cluster waiting for its intermediate: its key and its signing request, with their names in the `FederatedCluster`, so that nothing is
 * replaced later.
 */
export class WaitingCluster extends pulumi.ComponentResource {
  /** Certificate signing request, PEM. */
  readonly certificateRequest: pulumi.Output<string>;

  constructor(name: string, plan: WaitingPlan, opts?: pulumi.ComponentResourceOptions) {
    super(FEDERATED_CLUSTER, name, {}, opts);
    const { config, intermediate } = plan;
    const authority = new pulumi.ComponentResource(CERTIFICATE_AUTHORITY, `${name}-ca`, {}, { parent: this });
    const owner = {
      organization: config.cluster.trustDomain,
      algorithm: config.certificateAuthority.algorithm,
    };
    this.certificateRequest = requestIntermediate(`${name}-ca`, intermediate, owner, {
      parent: authority,
    }).request;
    compareContractStack(plan, undefined, this.certificateRequest);
    this.registerOutputs({});
  }

  /** Outputs of the stack. */
  get outputs() {
    return { certificateRequest: this.certificateRequest };
  }
}
