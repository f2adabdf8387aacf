import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext, writeKubeconfig } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import { labPaths } from "../environment.ts";
import { deployAll, stacksOf, update, updatesOf } from "../federate.ts";
import type { Lab } from "../lab.ts";
import { LabError, step, type Log } from "../progress.ts";
import { callAs, mintLeaf, stealAuthority } from "../proofs/forgery.ts";
import { hostOf, identityOf, nameOf, partyNamed } from "../proofs/proof.ts";
import { callsBetweenEquals } from "../proofs/proofs.ts";
import { prove } from "../proofs/prove.ts";
import { Stack } from "../pulumi.ts";
import { readUntil } from "../ready.ts";
import type { Scenario } from "../scenarios.ts";
import { LEAST_SHARE, Load, type Route } from "../workloads/load.ts";
import { compareObjects, readClusterObjects, unexplained, type ClusterObjects } from "./clusterObjects.ts";
import { createGuest } from "./guest.ts";
import { FEDERATED_NAMESPACES, moveToNextRevision } from "./moveRevision.ts";
import { installOwnersIstio, type OwnedCluster } from "./ownersIstio.ts";

/** Time for removed trust anchors to reach the sidecars. */
const PROPAGATION_SECONDS = 30;

/**
 * Federates clusters whose owners run Istio, and others, proves it, and takes the former out again: every object of theirs is as it was, and
 * calls within them never failed.
 *
 * @throws LabError when a proof fails, an object is another one than before, or a local call failed.
 */
export async function joinAndLeave(lab: Lab, log: Log, scenario: Scenario): Promise<void> {
  await installOwners(lab, log);
  const owned = lab.clusters.filter(isOwned);
  const before = await readAll(lab, owned);
  const load = new Load(owned.map(localRoute));
  const stacks = stacksOf(lab, scenario);
  const restarted = new Set<string>();
  try {
    for (const stack of updatesOf(scenario, stacks)) await update(stack, log);
    await step(log, "restarting the Pods that the stacks name", () =>
      restartPods(lab, stacks, restarted, log),
    );
    await prove({ lab, stacks }, log, scenario);
    const moved = await moveOwners(lab, log, owned);
    for (const cluster of moved)
      for (const namespace of FEDERATED_NAMESPACES) restarted.add(`${cluster} ${namespace}`);
    for (const { name } of owned.toReversed())
      await step(log, `pulumi destroy -s ${name}`, () => new Stack(name, lab).destroy());
    await step(log, "calling as the former peers", () => expectPeersRefused(lab, owned));
    await step(log, "comparing every object with those before joining", () =>
      expectUnchanged(lab, before, restarted, moved),
    );
  } finally {
    await load.end();
  }
  await expectUninterrupted(load, log);
}

/** Brings the clusters to where their owners have them: Istio, workloads with sidecars, and a user for the stacks. */
async function installOwners(lab: Lab, log: Log): Promise<void> {
  const owned = lab.clusters.filter(isOwned);
  await step(log, "installing the owners' Istio by Helm", () =>
    Promise.all(owned.map((cluster) => installOwnersIstio(lab, cluster))),
  );
  await step(log, "deploying the workloads with sidecars", () => deployAll(lab, log));
  const guests = await Promise.all(owned.map(({ name }) => createGuest(lab.kubeconfig, name)));
  writeKubeconfig(labPaths(lab.dir).guestKubeconfig, guests);
}

function isOwned(cluster: LabCluster): cluster is OwnedCluster {
  return cluster.owner !== undefined;
}

/** Calls within a cluster between workloads that take no part in the federation. */
function localRoute(cluster: LabCluster): Route {
  const [from, to] = [partyNamed(cluster, "cart"), partyNamed(cluster, "stock")];
  return { from, host: hostOf(to), port: to.port };
}

/** Restarts the Pods in the stacks' output `restarts`, as their teams would. @param restarted receives `cluster namespace`. */
async function restartPods(
  lab: Lab,
  stacks: readonly Stack[],
  restarted: Set<string>,
  log: Log,
): Promise<void> {
  for (const stack of stacks) {
    const pods = ((await stack.output("restarts")) ?? []) as string[];
    const core = loadContext(lab.kubeconfig, stack.name).makeApiClient(CoreV1Api);
    for (const pod of pods) {
      const [namespace = "", name = ""] = pod.split("/");
      await core.deleteNamespacedPod({ namespace, name });
      restarted.add(`${stack.name} ${namespace}`);
    }
  }
  await deployAll(lab, log);
}

/** Moves the clusters whose owners have a next revision there, and proves the calls again. @returns their names. */
async function moveOwners(lab: Lab, log: Log, owned: readonly OwnedCluster[]): Promise<string[]> {
  const moved: string[] = [];
  for (const cluster of owned) {
    const peer = owned.find((other) => other !== cluster);
    const { nextRevision } = cluster.owner;
    if (peer === undefined || nextRevision === undefined) continue;
    await moveToNextRevision(lab, log, cluster, peer, nextRevision);
    const proofs = () => [...callsBetweenEquals(cluster, peer), ...callsBetweenEquals(peer, cluster)];
    await prove({ lab, stacks: [] }, log, { proofs });
    moved.push(cluster.name);
  }
  return moved;
}

async function readAll(
  { kubeconfig }: Lab,
  clusters: readonly LabCluster[],
): Promise<Map<string, ClusterObjects>> {
  const read = clusters.map(async ({ name }) => [name, await readClusterObjects(kubeconfig, name)] as const);
  return new Map(await Promise.all(read));
}

/** @throws LabError with each object that is another one than before. */
async function expectUnchanged(
  lab: Lab,
  before: ReadonlyMap<string, ClusterObjects>,
  restarted: ReadonlySet<string>,
  moved: readonly string[],
): Promise<void> {
  const differences: string[] = [];
  for (const [cluster, after] of await readAll(lab, lab.clusters.filter(isOwned))) {
    const namespaces = [...restarted].flatMap((each) => {
      const [of, namespace = ""] = each.split(" ");
      return of === cluster ? [namespace] : [];
    });
    const { added, removed, changed } = unexplained(compareObjects(before.get(cluster) ?? new Map(), after), {
      restarted: new Set(namespaces),
      moved: new Set(moved.includes(cluster) ? FEDERATED_NAMESPACES : []),
    });
    differences.push(
      ...added.map((object) => `${cluster}: ${object} is left behind`),
      ...removed.map((object) => `${cluster}: ${object} is gone`),
      ...changed.map(({ object, fields }) => `${cluster}: ${object} was written: ${fields.join(", ")}`),
    );
  }
  if (differences.length > 0) throw new LabError(`the stacks left traces:\n  ${differences.join("\n  ")}`);
}

/** @throws LabError when a sidecar still takes the identity of a former peer, with which its trust anchor has gone. */
async function expectPeersRefused({ kubeconfig, clusters }: Lab, left: readonly LabCluster[]): Promise<void> {
  for (const here of left)
    for (const there of clusters.filter((each) => each !== here)) {
      const [caller, called] = [partyNamed(there, "sleep"), partyNamed(here, "httpbin")];
      const leaf = await mintLeaf(await stealAuthority(kubeconfig, there.name), identityOf(caller));
      const call = () => callAs(`${called.address}:${called.port}`, hostOf(called), leaf, called.port);
      const answer = await readUntil(call, (text) => text.startsWith("refused"), PROPAGATION_SECONDS);
      if (!answer.startsWith("refused"))
        throw new LabError(`${nameOf(called)} answers its former peer ${nameOf(caller)} still: ${answer}`);
    }
}

async function expectUninterrupted(load: Load, log: Log): Promise<void> {
  const { calls, due, failures } = await load.end();
  log(`${failures.length} of ${calls} local calls failed meanwhile`);
  if (failures.length > 0) throw new LabError(`local calls failed:\n  ${failures.slice(0, 10).join("\n  ")}`);
  if (calls < due * LEAST_SHARE) throw new LabError(`only ${calls} of ${due} local calls were made`);
}
