import * as pulumi from "@pulumi/pulumi";
import { behindNote } from "../federation/ownContractStack.ts";
import type { ClusterPlan, WaitingPlan } from "../federation/plan.ts";

/**
 * Says after an update that the cluster's contract stack is behind what this update publishes; a preview has it in its plan.
 * @param contract undefined of a cluster that waits for its certificate.
 */
export function compareContractStack(
  plan: ClusterPlan | WaitingPlan,
  contract: pulumi.Output<{ revision: number }> | undefined,
  request: pulumi.Output<string> | undefined,
): void {
  const { config, contractStack } = plan;
  const {
    contract: { stack },
    cluster: { trustDomain },
  } = config;
  if (stack === undefined || contractStack === undefined || pulumi.runtime.isDryRun()) return;
  pulumi.all([contract, request]).apply(async ([published, pem]) => {
    const note = behindNote(stack, contractStack, {
      revision: published?.revision,
      request: pem,
      trustDomain,
      pinned: "pinned" in plan ? plan.pinned : undefined,
    });
    if (note !== undefined) await pulumi.log.warn(note);
  });
}
