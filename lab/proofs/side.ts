import type { LabCluster } from "../clusters.ts";
import { type Workload, workloadsOf } from "../workloads/workload.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import type { Party } from "./proof.ts";

/** Of clusters that have one domain each has the same workloads: who calls, who is called, and who is not exported. */
export interface Side {
  readonly sleep: Party;
  readonly httpbin: Party;
  readonly internal: Party;
  /** `address:port` of the east-west gateway. */
  readonly gateway: string;
}

/** The workloads of such a cluster, and its gateway. */
export function sideOf({ name: cluster, network, domain, trustDomain, meshDomain }: LabCluster): Side {
  const named = (name: string): Party => {
    const workload: Workload | undefined = workloadsOf(cluster, network).find((each) => each.name === name);
    if (workload === undefined) throw new Error(`${cluster} has no workload ${name}`);
    return {
      ...{ ...workload, cluster, domain },
      ...(trustDomain === undefined ? {} : { trustDomain }),
      ...(meshDomain === undefined ? {} : { meshDomain }),
    };
  };
  return {
    sleep: named("sleep"),
    httpbin: named("httpbin"),
    internal: named("internal"),
    gateway: `${network}.0.3:${GATEWAY_PORT}`,
  };
}
