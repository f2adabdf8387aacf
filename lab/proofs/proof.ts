import type { RunningLab } from "../lab.ts";
import type { LabCluster } from "../clusters.ts";
import type { Stack } from "../pulumi.ts";
import { workloadsOf, type Workload } from "../workloads/workload.ts";

/** What a proof may use: the running lab, federated. */
export interface ProofContext {
  readonly lab: RunningLab;
  readonly stacks: readonly Stack[];
}

/** What was seen, for the table and for the person who has to find out why it was not as it should be. */
export interface Outcome {
  readonly passed: boolean;
  /** What happened, short: `200`, `503 refused`, `no change`. */
  readonly status: string;
  /** Identity of the caller as the server saw it; absent where no server was reached. */
  readonly identity?: string;
  readonly latencyMs?: number;
  /** What was expected, and what came instead; absent when it passed. */
  readonly reason?: string;
}

/** One claim about the federation, and how to check it by doing. */
export interface Proof {
  /** The claim, as a sentence. */
  readonly claim: string;
  /** Who acts, e.g. `cluster-a abc/foo`. */
  readonly caller: string;
  /** On whom. */
  readonly callee: string;
  run(context: ProofContext): Promise<Outcome>;
}

/** A workload and where it runs. */
export interface Party extends Workload {
  readonly cluster: string;
  /** Cluster domain. */
  readonly domain: string;
  /** Of its identity. @default the cluster domain */
  readonly trustDomain?: string;
  /** Where peers with the same cluster domain register it; left out where none do. */
  readonly meshDomain?: string;
}

/** A cluster's workload that is exported, or the one that is not. */
export function partyIn(
  { name: cluster, network, domain }: Pick<LabCluster, "name" | "network" | "domain">,
  exported: boolean,
): Party {
  const workload = workloadsOf(cluster, network).find((candidate) => candidate.exported === exported);
  if (workload === undefined) {
    throw new Error(`${cluster} has no workload that is ${exported ? "" : "not "}exported`);
  }
  return { ...workload, cluster, domain };
}

/** How the table names a workload. */
export function nameOf({ cluster, namespace, name }: Party): string {
  return `${cluster} ${namespace}/${name}`;
}

/** Full DNS name of the workload's Service. */
export function hostOf({ namespace, name, domain }: Party): string {
  return `${name}.${namespace}.svc.${domain}`;
}

/** Name of the workload's Service in clusters that have replicated control planes. */
export function globalHostOf({ namespace, name }: Party): string {
  return `${name}.${namespace}.global`;
}

/** Name of the workload's Service in clusters of a federation that have the same domain as its own. */
export function meshHostOf({ namespace, name, meshDomain }: Party): string {
  if (meshDomain === undefined) throw new Error(`the cluster of ${namespace}/${name} has no mesh domain`);
  return `${name}.${namespace}.svc.${meshDomain}`;
}

/** Identity that the workload's sidecar proves. */
export function identityOf({ namespace, name, domain, trustDomain = domain }: Party): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${name}`;
}
