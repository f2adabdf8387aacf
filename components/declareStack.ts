import type { RootPlan } from "../federation/authority/rootPlan.ts";
import type { ContractStackPlan } from "../federation/contractStack.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import type { ClusterPlan, WaitingPlan } from "../federation/plan.ts";

/** Plan of a stack of any kind. */
export type StackPlan = ClusterPlan | WaitingPlan | RootPlan | ContractStackPlan;

/** Fixed resource name, so renaming the stack keeps the key. */
const ROOT_NAME = "root-ca";

/** Declares a stack; loads only what its kind needs, and a contract stack that notifies nobody needs no plugin. @returns the stack's outputs. */
export async function declareStack(plan: StackPlan): Promise<Record<string, unknown>> {
  // The SDK warns of an undefined output each time.
  return { ...withoutUndefined(await outputsOf(plan)) };
}

async function outputsOf(plan: StackPlan): Promise<object> {
  switch (plan.kind) {
    case "contract": {
      if (plan.notify.length > 0) {
        const { notifyOf } = await import("./contractNotifications.ts");
        notifyOf(plan.notify, plan.outputs.federation as object | undefined, []);
      }
      return plan.outputs;
    }
    case "root": {
      const { RootAuthority } = await import("./rootAuthority.ts");
      return new RootAuthority(ROOT_NAME, plan).outputs;
    }
    case "waiting": {
      const { WaitingCluster } = await import("./waitingCluster.ts");
      return new WaitingCluster(plan.config.cluster.name, plan).outputs;
    }
    case "cluster": {
      const { FederatedCluster } = await import("./federatedCluster.ts");
      const cluster = new FederatedCluster(plan.config.cluster.name, plan);
      if (plan.config.notify.length > 0) {
        const { notifyOf } = await import("./contractNotifications.ts");
        notifyOf(plan.config.notify, cluster.outputs.federation, [cluster]);
      }
      return cluster.outputs;
    }
  }
}
