import type { Contract } from "../contract.ts";
import type { Fault } from "../fault.ts";
import type { Topology } from "../topology.ts";
import { TRAITS } from "./traits.ts";

/**
 * A cluster and its peers are connected in one and the same way, and have a root in common where that is what connects them.
 * @param ownRoots PEM, those that peers may have too.
 */
export function judgePeerTopology(
  { topology = "federation", rootCertificates }: Contract,
  own: Topology,
  ownRoots: readonly string[] = [],
): Fault[] {
  if (topology === own) return TRAITS[own].oneRoot ? judgeRoot(rootCertificates, ownRoots) : [];
  const rule = `is not '${own}', which is that of this cluster: they would call each other's services by different names, and trust each other differently`;
  const remedy = "Write the same topology into the config of both stacks, or remove the peer";
  return [{ path: "topology", value: topology, rule, remedy }];
}

function judgeRoot(rootCertificates: readonly string[], ownRoots: readonly string[]): Fault[] {
  if (rootCertificates.some((pem) => ownRoots.includes(pem))) return [];
  const rule = "have none in common with this cluster, and in this topology all clusters are under one root";
  return [{ path: "rootCertificates", rule, remedy: "Have both clusters certified under the same root" }];
}
