import type { LabCluster } from "../clusters.ts";
import { waitFor } from "../ready.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { hostOf, nameOf, type Party, type Proof } from "./proof.ts";

const PROPAGATION_SECONDS = 60;

/**
 * A sidecar sends calls of another cluster's workload to the gateway of its network, and never to the workload itself, which on one machine
 * would answer too.
 * @param there the cluster of `to`.
 */
export function crossesGateway(from: Party, to: Party, there: LabCluster): Proof {
  const gateway = `${there.network}.0.3:${GATEWAY_PORT}`;
  const direct = `${to.address}:${to.port}`;
  return {
    claim: "calls of another cluster's workloads cross by the gateway of their network",
    caller: nameOf(from),
    callee: `${nameOf(to)}, by ${gateway}`,
    run: async () => {
      const isRight = async () => {
        const endpoints = await endpointsAt(from, to);
        return endpoints.includes(gateway) && !endpoints.includes(direct);
      };
      await waitFor("the sidecar does not know the gateway", isRight, PROPAGATION_SECONDS).catch(
        () => undefined,
      );
      const passed = await isRight();
      const reason = `expected ${gateway} and not ${direct}, got ${(await endpointsAt(from, to)).join(", ")}`;
      return { passed, status: passed ? "by gateway" : "other", ...(passed ? {} : { reason }) };
    },
  };
}

/** Where a sidecar's Envoy sends calls of a Service: `address:port` each. */
async function endpointsAt(from: Party, to: Party): Promise<string[]> {
  const clusters = await (await fetch(`http://${from.address}:15000/clusters`)).text();
  const lines = clusters.split("\n").filter((line) => line.includes(hostOf(to)));
  return [...new Set(lines.flatMap((line) => /::(\d+\.\d+\.\d+\.\d+:\d+)::/.exec(line)?.[1] ?? []))];
}
