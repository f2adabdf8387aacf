import type { Topology } from "../../federation/core/topology.ts";
import type { LabCluster } from "../clusters.ts";
import type { Proof } from "../proofs/proof.ts";
import type { StackFileConfig } from "../stackFile.ts";

/** What a lab shows of one topology. */
export interface Scenario {
  /** As it is asked for; that of the topology where it is its only or usual case. */
  readonly name: string;
  readonly topology: Topology;
  readonly clusters: readonly LabCluster[];
  /** Stacks by name, in the order in which they are updated. One that another had to come before is there once more. */
  readonly updates: readonly string[];
  /** What a stack's file is to say otherwise than in the checkout. Default: nothing. */
  readonly changeStackFile?: (stack: string, config: StackFileConfig) => void;
  /** What is claimed of it, in the order in which it is checked. @param clusters of the lab that runs. */
  readonly proofs: (clusters: readonly LabCluster[]) => Proof[];
}
