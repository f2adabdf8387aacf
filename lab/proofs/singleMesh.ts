import { AppsV1Api, CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import type { RunningLab } from "../lab.ts";
import { readUntil, waitFor } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { meshManifests } from "../workloads/manifests.ts";
import { deployWorkloads } from "../workloads/workloads.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import { leastPrivilege, peerRemoved, synced } from "./peerCredential.ts";
import { hostOf, nameOf, partyNamed, type Party, type Proof } from "./proof.ts";
import { unchanged } from "./proofs.ts";

/** Calls in a row, all of which must be answered. */
const CALLS = 20;
/** Time for endpoints of the other cluster to reach the sidecars, or to leave them. */
const PROPAGATION_SECONDS = 60;
const GONE_SECONDS = 60;

/**
 * All claims about a single mesh: two clusters with one Service, of which each has a version.
 *
 * @param stacks of the clusters, for a second `pulumi up`.
 */
export function singleMeshProofs(clusters: readonly LabCluster[], stacks: readonly string[]): Proof[] {
  const [east, west] = clusters as [LabCluster, LabCluster];
  const clients = clusters.map((cluster) => partyNamed(cluster, "sleep"));
  const [v1, v2] = [partyNamed(east, "helloworld"), partyNamed(west, "helloworld")];
  const names = clusters.map(({ name }) => name);
  const fromBoth = (answering: readonly Party[], claim: string) =>
    clients.map((client) => reached(client, [v1, v2], answering, claim));
  return [
    ...clusters.map((cluster) => synced(cluster, names)),
    ...fromBoth([v1, v2], "calls of one Service reach its endpoints in both clusters"),
    crossesGateway(partyNamed(east, "sleep"), v2, west),
    crossesGateway(partyNamed(west, "sleep"), v1, east),
    endpointsGone(v2),
    ...fromBoth([v1], "calls go on when all endpoints in one cluster are gone"),
    endpointsBack(v2),
    ...fromBoth([v1, v2], "calls reach them again when they are back"),
    leastPrivilege(east, west),
    leastPrivilege(west, east),
    ...stacks.map(unchanged),
    // Last: it ends the mesh.
    peerRemoved(east, west, stacks[0] ?? ""),
  ];
}

/**
 * Repeated calls of one Service are all answered, by these of its workloads.
 *
 * @param to the Service's workloads, in both clusters.
 */
function reached(
  from: Party,
  to: readonly [Party, Party],
  answering: readonly Party[],
  claim: string,
): Proof {
  const host = hostOf(to[0]);
  const expected = answering.map(({ version }) => version).join(", ");
  return {
    claim,
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const isExpected = ({ versions, failures }: Answers) =>
        failures.length === 0 && [...versions.keys()].sort().join(", ") === expected;
      const call = () => callAll(from, host, to);
      const answers = await readUntil(call, isExpected, PROPAGATION_SECONDS);
      const counts = [...answers.versions].sort().map(([version, count]) => `${count} × ${version}`);
      const status = counts.join(", ");
      const reason = `expected ${CALLS} answers of ${expected}, got ${status}; failed: ${answers.failures.slice(0, 3).join("; ")}`;
      return { passed: isExpected(answers), status, reason };
    },
  };
}

/** Number of calls that each version answered, and the answers of failed calls. */
interface Answers {
  versions: Map<string, number>;
  failures: string[];
}

async function callAll(from: Party, host: string, to: readonly Party[]): Promise<Answers> {
  const answers: Answers = { versions: new Map(), failures: [] };
  for (let call = 0; call < CALLS; call++) {
    const { status, server, body, error = "" } = await callService(from, host, from.port);
    const version = to.find(({ address }) => address === server)?.version;
    if (status === 200 && version !== undefined) {
      answers.versions.set(version, (answers.versions.get(version) ?? 0) + 1);
    } else answers.failures.push(`${status} ${error} ${body.trim().slice(0, 200)}`);
  }
  return answers;
}

/**
 * A sidecar sends calls of another cluster's workload to that cluster's gateway, and never to the workload itself, which on one
 * machine would answer too.
 *
 * @param there the cluster of `to`.
 */
function crossesGateway(from: Party, to: Party, there: LabCluster): Proof {
  const gateway = `${there.network}.0.3:${GATEWAY_PORT}`;
  const direct = `${to.address}:${to.port}`;
  const isRight = (endpoints: readonly string[]) =>
    endpoints.includes(gateway) && !endpoints.includes(direct);
  return {
    claim: "calls of another cluster's workloads cross by the gateway of their network",
    caller: nameOf(from),
    callee: `${nameOf(to)}, by ${gateway}`,
    run: async () => {
      const endpoints = await readUntil(() => endpointsAt(from, to), isRight, PROPAGATION_SECONDS);
      const passed = isRight(endpoints);
      const reason = `expected ${gateway} and not ${direct}, got ${endpoints.join(", ")}`;
      return { passed, status: passed ? "by gateway" : "other", reason };
    },
  };
}

/** Endpoints of a Service in a sidecar's Envoy: `address:port` each. */
async function endpointsAt(from: Party, to: Party): Promise<string[]> {
  const clusters = await (await fetch(`http://${from.address}:15000/clusters`)).text();
  const lines = clusters.split("\n").filter((line) => line.includes(hostOf(to)));
  return [...new Set(lines.flatMap((line) => /::(\d+\.\d+\.\d+\.\d+:\d+)::/.exec(line)?.[1] ?? []))];
}

/** Removes all endpoints of a workload, as when its Pods crash. */
function endpointsGone(party: Party): Proof {
  return {
    claim: "all endpoints of one version go",
    caller: "the lab",
    callee: nameOf(party),
    run: async ({ lab }) => {
      await removeEndpoints(lab, party);
      return { passed: true, status: "gone" };
    },
  };
}

/** Restores the endpoints of a workload. */
function endpointsBack(party: Party): Proof {
  return {
    claim: "the endpoints of that version come back",
    caller: "the lab",
    callee: nameOf(party),
    run: async ({ lab: { kubeconfig } }) => {
      await deployWorkloads({ kubeconfig, context: party.cluster, workloads: [party], log: () => undefined });
      return { passed: true, status: "back" };
    },
  };
}

async function removeEndpoints({ kubeconfig }: RunningLab, party: Party): Promise<void> {
  const { cluster, namespace, name } = party;
  const config = loadContext(kubeconfig, cluster);
  const entry = meshManifests(party).find(({ kind }) => kind === "WorkloadEntry");
  if (entry === undefined) throw new Error(`${name} has no WorkloadEntry`);
  await config.makeApiClient(CustomObjectsApi).deleteNamespacedCustomObject({
    ...{ group: "networking.istio.io", version: "v1", plural: "workloadentries" },
    ...{ namespace, name: entry.metadata?.name ?? "" },
  });
  await config.makeApiClient(AppsV1Api).deleteNamespacedDeployment({ namespace, name });
  const core = config.makeApiClient(CoreV1Api);
  const isGone = async () =>
    (await core.listNamespacedPod({ namespace, labelSelector: `app=${name}` })).items.length === 0;
  await waitFor(`the Pods of ${nameOf(party)} are still there`, isGone, GONE_SECONDS);
}
