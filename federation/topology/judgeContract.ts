import type { Contract } from "../contract.ts";
import type { Fault } from "../fault.ts";
import type { Topology } from "../topology.ts";

/** A cluster and its peers are connected in one and the same way. */
export function judgePeerTopology({ topology = "federation" }: Contract, own: Topology): Fault[] {
  if (topology === own) return [];
  const rule = `is not '${own}', which is that of this cluster: they would call each other's services by different names, and trust each other differently`;
  const remedy = "Write the same topology into the config of both stacks, or remove the peer";
  return [{ path: "topology", value: topology, rule, remedy }];
}
