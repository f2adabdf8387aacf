import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext, writeKubeconfig } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import { labPaths } from "../environment.ts";
import { deployAll, stacksOf, update, updatesOf } from "../federate.ts";
import type { Lab } from "../lab.ts";
import { step, type Log } from "../progress.ts";
import { hostOf, partyNamed, type ProofContext } from "../proofs/proof.ts";
import { Stack } from "../pulumi.ts";
import type { Scenario } from "../scenarios.ts";
import { expectAnswered, Load, type Route } from "../workloads/load.ts";
import type { ClusterObjects } from "./clusterObjects.ts";
import { createGuest } from "./guest.ts";
import { FEDERATED_NAMESPACES, moveToNextRevision } from "./moveRevision.ts";
import { installOwnersIstio, type OwnedCluster } from "./ownersIstio.ts";
import { expectPeersRefused, expectUnchanged, readObjects } from "./traces.ts";
import { upgradeByRevision } from "./upgrade.ts";

/** Clusters whose owners run Istio, and others, in a federation that the former leave again. Calls within the former go on all the while. */
export class JoinedClusters {
  readonly context: ProofContext;
  readonly #lab: Lab;
  readonly #log: Log;
  readonly #owned: readonly OwnedCluster[];
  readonly #before: ReadonlyMap<string, ClusterObjects>;
  readonly #load: Load;
  /** `cluster namespace` of restarted Pods. */
  readonly #restarted = new Set<string>();
  /** Names of clusters that were moved to another revision. */
  readonly #moved = new Set<string>();

  private constructor(lab: Lab, log: Log, stacks: Stack[], before: ReadonlyMap<string, ClusterObjects>) {
    this.context = { lab, stacks };
    this.#lab = lab;
    this.#log = log;
    this.#owned = lab.clusters.filter(isOwned);
    this.#before = before;
    this.#load = new Load(this.#owned.map(localRoute));
  }

  /** Installs the owners' Istio and workloads, and starts the calls. No stack has been updated yet. */
  static async prepare(lab: Lab, log: Log, scenario: Scenario): Promise<JoinedClusters> {
    const owned = lab.clusters.filter(isOwned);
    await step(log, "installing the owners' Istio by Helm", () =>
      Promise.all(owned.map((cluster) => installOwnersIstio(lab, cluster))),
    );
    await step(log, "deploying the workloads, those of owners with sidecars", () => deployAll(lab, log));
    const guests = await Promise.all(owned.map(({ name }) => createGuest(lab.kubeconfig, name)));
    writeKubeconfig(labPaths(lab.dir).guestKubeconfig, guests);
    return new JoinedClusters(lab, log, stacksOf(lab, scenario), await readObjects(lab, owned));
  }

  /** Federates the clusters by the scenario's updates, and restarts the Pods that the stacks name. */
  async join(scenario: Scenario): Promise<void> {
    for (const stack of updatesOf(scenario, [...this.context.stacks])) await update(stack, this.#log);
    await step(this.#log, "restarting the Pods that the stacks name", () => this.#restartPods());
  }

  /** Moves the clusters whose owners have a next revision to it. */
  async move(): Promise<void> {
    for (const cluster of this.#owned) {
      const { nextRevision } = cluster.owner;
      if (nextRevision === undefined) continue;
      this.#moved.add(cluster.name);
      for (const namespace of FEDERATED_NAMESPACES) this.#restarted.add(`${cluster.name} ${namespace}`);
      await moveToNextRevision(this.#lab, this.#log, cluster, this.#peerOf(cluster), nextRevision);
    }
  }

  /** Upgrades the clusters whose Istio is the program's, by revision. */
  async upgrade(): Promise<void> {
    for (const cluster of this.#lab.clusters.filter((each) => !isOwned(each)))
      await upgradeByRevision(this.#lab, this.#log, cluster, this.#peerOf(cluster));
  }

  /**
   * Takes the clusters of owners out of the federation.
   *
   * @throws LabError when a former peer is still believed, or an object is another one than before.
   */
  async leave(): Promise<void> {
    for (const { name } of this.#owned.toReversed())
      await step(this.#log, `pulumi destroy -s ${name}`, () => new Stack(name, this.#lab).destroy());
    await step(this.#log, "calling as the former peers", () => expectPeersRefused(this.#lab, this.#owned));
    await step(this.#log, "comparing every object with those before joining", async () => {
      expectUnchanged(this.#before, await readObjects(this.#lab, this.#owned), (cluster) => ({
        restarted: new Set(FEDERATED_NAMESPACES.filter((name) => this.#restarted.has(`${cluster} ${name}`))),
        moved: new Set(this.#moved.has(cluster) ? FEDERATED_NAMESPACES : []),
      }));
    });
  }

  /** Ends the calls within the clusters. @throws LabError when one failed. */
  async expectUninterrupted(): Promise<void> {
    expectAnswered(await this.#load.end(), "local calls", this.#log);
  }

  /** Ends the calls within the clusters, whatever their results. */
  async stop(): Promise<void> {
    await this.#load.end();
  }

  #peerOf(cluster: LabCluster): LabCluster {
    const peer = this.#lab.clusters.find((other) => other !== cluster);
    if (peer === undefined) throw new Error(`${cluster.name} has no peer`);
    return peer;
  }

  /** Restarts the Pods in the stacks' output `restarts`, as their teams would. */
  async #restartPods(): Promise<void> {
    for (const stack of this.context.stacks) {
      const pods = ((await stack.output("restarts")) ?? []) as string[];
      const core = loadContext(this.#lab.kubeconfig, stack.name).makeApiClient(CoreV1Api);
      for (const pod of pods) {
        const [namespace = "", name = ""] = pod.split("/");
        await core.deleteNamespacedPod({ namespace, name });
        this.#restarted.add(`${stack.name} ${namespace}`);
      }
    }
    await deployAll(this.#lab, this.#log);
  }
}

function isOwned(cluster: LabCluster): cluster is OwnedCluster {
  return cluster.owner !== undefined;
}

/** Calls within a cluster between workloads that take no part in the federation. */
function localRoute(cluster: LabCluster): Route {
  const [from, to] = [partyNamed(cluster, "cart"), partyNamed(cluster, "stock")];
  return { from, host: hostOf(to), port: to.port };
}
