import { EQUAL_CLUSTERS, type LabCluster } from "../clusters.ts";
import { type Workload, workloadsOf } from "../workloads/workload.ts";
import { allowedCall } from "./allowedCall.ts";
import { equalBelieved } from "./equalBelieved.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { plaintextRefused } from "./plaintext.ts";
import { type Party, type Proof, globalHostOf, hostOf } from "./proof.ts";
import { unchanged } from "./unchanged.ts";
import { unofferedRefused } from "./unoffered.ts";

/**
 * Every claim about replicated control planes: two clusters with one domain, each with the same services, which tell each other apart by name.
 * @param stacks to be found up to date.
 */
export function replicatedProofs(stacks: readonly string[]): Proof[] {
  const [one, two] = EQUAL_CLUSTERS.map(sideOf) as [Side, Side];
  return [...callsBetween(one, two), ...callsBetween(two, one), ...stacks.map((stack) => unchanged(stack))];
}

interface Side {
  readonly sleep: Party;
  readonly httpbin: Party;
  readonly internal: Party;
  /** `address:port` of the east-west gateway. */
  readonly gateway: string;
}

function callsBetween(here: Side, there: Side): Proof[] {
  return [
    allowedCall(
      here.sleep,
      there.httpbin,
      "a peer's service is called by its global name, and sees its caller's identity",
      globalHostOf(there.httpbin),
    ),
    allowedCall(
      here.sleep,
      here.httpbin,
      "a call of a service by its local name stays in the cluster",
      hostOf(here.httpbin),
    ),
    unofferedRefused(here.sleep, there.internal, there.httpbin, there.gateway),
    plaintextRefused(here.sleep, there.httpbin, there.gateway, "the gateway"),
    equalBelieved(here.sleep, there.httpbin, there.gateway),
  ];
}

function sideOf({ name: cluster, network, domain }: LabCluster): Side {
  const named = (name: string): Party => {
    const workload: Workload | undefined = workloadsOf(cluster, network).find((each) => each.name === name);
    if (workload === undefined) throw new Error(`${cluster} has no workload ${name}`);
    return { ...workload, cluster, domain };
  };
  return {
    sleep: named("sleep"),
    httpbin: named("httpbin"),
    internal: named("internal"),
    gateway: `${network}.0.3:${GATEWAY_PORT}`,
  };
}
