import type { LabCluster } from "../clusters.ts";
import type { RunningLab } from "../lab.ts";
import type { Stack } from "../pulumi.ts";
import { serviceOf, workloadsOf, type Workload } from "../workloads/workload.ts";

/** A running, federated lab: what proofs work on. */
export interface ProofContext {
  readonly lab: RunningLab;
  readonly stacks: readonly Stack[];
}

/** Result of a proof. */
export interface Outcome {
  readonly passed: boolean;
  /** Short result for the table: `200`, `503 refused`, `no change`. */
  readonly status: string;
  /** Identity of the caller as the server saw it; undefined where no server was reached. */
  readonly identity?: string | undefined;
  readonly latencyMs?: number;
  /** Expected and actual result; shown when the proof failed. */
  readonly reason?: string;
}

/** One claim about the federation, and how to check it by doing. */
export interface Proof {
  /** The claim, as a sentence. */
  readonly claim: string;
  /** The one that acts, e.g. `cluster-a abc/foo`. */
  readonly caller: string;
  /** On whom. */
  readonly callee: string;
  run(context: ProofContext): Promise<Outcome>;
}

/** A workload and its cluster. */
export interface Party extends Workload {
  readonly cluster: string;
  /** Cluster domain. */
  readonly domain: string;
  /** Trust domain of its identity. Default: the cluster domain. */
  readonly trustDomain?: string | undefined;
  /** Domain of its name at peers with the same cluster domain; undefined where there are none. */
  readonly meshDomain?: string | undefined;
}

/** A cluster's workload of this name. */
export function partyNamed(cluster: LabCluster, name: string): Party {
  return findParty(cluster, `named ${name}`, (workload) => workload.name === name);
}

/** A cluster's first workload that is exported, or that is not. */
export function partyIn(cluster: LabCluster, exported: boolean): Party {
  const what = `that is ${exported ? "" : "not "}exported`;
  return findParty(cluster, what, (workload) => workload.exported === exported);
}

function findParty(
  { name: cluster, network, domain, trustDomain, meshDomain }: LabCluster,
  what: string,
  matches: (workload: Workload) => boolean,
): Party {
  const workload = workloadsOf(cluster, network).find(matches);
  if (workload === undefined) throw new Error(`${cluster} has no workload ${what}`);
  return { ...workload, cluster, domain, trustDomain, meshDomain };
}

/** Name of a workload in tables and messages. */
export function nameOf({ cluster, namespace, name }: Party): string {
  return `${cluster} ${namespace}/${name}`;
}

/** Addresses of the Pods behind the workload's Service. */
export function serversOf(party: Party): string[] {
  const [first, second] = party.address.split(".");
  const beside = workloadsOf(party.cluster, `${first}.${second}`).filter(
    (other) => other.namespace === party.namespace && serviceOf(other) === serviceOf(party),
  );
  return [...new Set([party, ...beside].map(({ address }) => address))];
}

/** Full DNS name of the workload's Service. */
export function hostOf(party: Party): string {
  return `${serviceOf(party)}.${party.namespace}.svc.${party.domain}`;
}

/** Name of the workload's Service at peers with replicated control planes. */
export function globalHostOf(party: Party): string {
  return `${serviceOf(party)}.${party.namespace}.global`;
}

/** Name of the workload's Service at peers of a federation that have the same cluster domain. */
export function meshHostOf(party: Party): string {
  const { namespace, name, meshDomain } = party;
  if (meshDomain === undefined) throw new Error(`the cluster of ${namespace}/${name} has no mesh domain`);
  return `${serviceOf(party)}.${namespace}.svc.${meshDomain}`;
}

/** Identity that the workload's sidecar proves. */
export function identityOf(party: Party): string {
  const { namespace, domain, trustDomain = domain } = party;
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceOf(party)}`;
}
