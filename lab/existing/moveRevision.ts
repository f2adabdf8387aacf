import { CoreV1Api, KubernetesObjectApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { LabCluster } from "../clusters.ts";
import { update } from "../federate.ts";
import type { Lab } from "../lab.ts";
import { LabError, step, type Log } from "../progress.ts";
import { meshHostOf, partyNamed } from "../proofs/proof.ts";
import { Stack } from "../pulumi.ts";
import { waitFor } from "../ready.ts";
import { editStackFile } from "../stackFile.ts";
import { freshConnectionsOf, patchSidecars } from "../workloads/envoyFilters.ts";
import { expectAnswered, Load } from "../workloads/load.ts";
import { workloadEntry } from "../workloads/manifests.ts";
import { APP_PORT, workloadsOf, type Workload } from "../workloads/workload.ts";
import { deletePods, podsOf } from "../workloads/workloads.ts";

/** Namespaces of the workloads that take part in the federation. */
export const FEDERATED_NAMESPACES = ["bar", "foo"] as const;

const GATEWAY_NAMESPACE = "istio-gateway";
const SECONDS = 60;
const MERGE = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** Annotation of injected Pods with the revision that injected them. */
const REVISION = "istio.io/rev";

/**
 * Calls a cluster from a peer and the peer from the cluster, all the while that `work` moves the cluster's workloads to another revision.
 * Each call has a connection of its own: one that is kept would not notice that no further one succeeds.
 *
 * @throws LabError when a call failed.
 */
export async function whileCalling(
  lab: Lab,
  log: Log,
  [cluster, peer]: readonly [LabCluster, LabCluster],
  work: (traffic: Traffic) => Promise<void>,
): Promise<void> {
  const [from, to] = [partyNamed(peer, "sleep"), partyNamed(cluster, "httpbin")];
  const inwards = { from, host: meshHostOf(to), port: to.port };
  const place = { context: peer.name, namespace: from.namespace, service: inwards.host };
  const restore = await patchSidecars(lab, place, [freshConnectionsOf(from.name)]);
  const caller = new RunningCaller([partyNamed(cluster, "sleep"), partyNamed(cluster, "sleep-2")]);
  const called = partyNamed(peer, "httpbin");
  const load = new Load([inwards, { from: caller, host: meshHostOf(called), port: called.port }]);
  try {
    await work({ load, caller });
  } finally {
    await load.end();
    await restore();
  }
  expectAnswered(await load.end(), `calls between ${cluster.name} and ${peer.name}`, log);
}

/**
 * Moves a cluster from its owner's revision to the next one: the stack's gateway by an update, then the workloads. Calls from and to a peer go
 * on meanwhile.
 *
 * @throws LabError when a call failed.
 */
export async function moveToNextRevision(
  lab: Lab,
  log: Log,
  cluster: LabCluster,
  peer: LabCluster,
  revision: string,
): Promise<void> {
  const configFile = await editStackFile(lab, cluster.name, lab.dir, (config) => {
    config["istio-federation:istio"] = {
      ...(config["istio-federation:istio"] as object),
      existing: { revision },
    };
  });
  await whileCalling(lab, log, [cluster, peer], async (traffic) => {
    await update(new Stack(cluster.name, lab, { configFile }), log);
    await moveWorkloads(lab, log, cluster, revision, traffic);
  });
}

/** Calls that go on while workloads are restarted. */
interface Traffic {
  readonly load: Load;
  readonly caller: RunningCaller;
}

/** The calling workload that is not being restarted. */
class RunningCaller {
  readonly #workloads: readonly Workload[];
  #restarting: string | undefined;

  constructor(workloads: readonly Workload[]) {
    this.#workloads = workloads;
  }

  get address(): string {
    const running = this.#workloads.find(({ address }) => address !== this.#restarting);
    if (running === undefined) throw new LabError("no other workload calls meanwhile");
    return running.address;
  }

  /** Leaves out a workload until the next call. */
  leave({ address }: Pick<Workload, "address">): void {
    this.#restarting = address;
  }

  /** Calls by any workload again. */
  return(): void {
    this.#restarting = undefined;
  }
}

/**
 * Moves the workloads of a cluster that take part in the federation to another revision as their teams would: new labels of the namespaces, then
 * one Pod after the other.
 *
 * @throws LabError when a Pod is injected by another revision.
 */
export async function moveWorkloads(
  lab: Lab,
  log: Log,
  cluster: LabCluster,
  revision: string,
  { load, caller }: Traffic,
): Promise<void> {
  const core = loadContext(lab.kubeconfig, cluster.name).makeApiClient(CoreV1Api);
  const moving = workloadsOf(cluster.name, cluster.network).filter(({ namespace }) => isFederated(namespace));
  await step(log, `moving the workloads of ${cluster.name} to revision ${revision}`, async () => {
    for (const name of FEDERATED_NAMESPACES) {
      const labels = { [REVISION]: revision, "istio-injection": null };
      await core.patchNamespace({ name, body: { metadata: { labels } } }, MERGE);
    }
    for (const workload of moving) {
      const endpoint = new Endpoint(lab, cluster, workload);
      await endpoint.remove();
      caller.leave(workload);
      await load.settle();
      await restart(core, cluster, workload);
      caller.return();
      await endpoint.restore();
    }
  });
  const { items } = await core.listPodForAllNamespaces();
  const others = items.filter(
    ({ metadata: { namespace = "", annotations, deletionTimestamp } = {} }) =>
      (isFederated(namespace) || namespace === GATEWAY_NAMESPACE) &&
      deletionTimestamp === undefined &&
      annotations?.[REVISION] !== revision,
  );
  if (others.length > 0) {
    const names = others.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    throw new LabError(`${cluster.name}: not injected by revision ${revision}: ${names.join(", ")}`);
  }
}

function isFederated(namespace: string): boolean {
  return FEDERATED_NAMESPACES.some((name) => name === namespace);
}

/** Deletes the Pod of a workload, and waits until another one is ready. */
async function restart(core: CoreV1Api, { name: cluster }: LabCluster, workload: Workload): Promise<void> {
  const old = await podsOf(core, workload);
  const uids = old.map(({ metadata }) => metadata?.uid);
  await deletePods(core, old);
  const isReady = async () => {
    const [pod, ...others] = await podsOf(core, workload);
    const ready = pod?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
    const isNew = others.length === 0 && !uids.includes(pod?.metadata?.uid);
    return isNew && ready === "True" && (await answers(workload));
  };
  await waitFor(
    `${cluster}: the Pod of ${workload.namespace}/${workload.name} is not ready`,
    isReady,
    SECONDS,
  );
}

/** Whether the app of a workload answers. */
async function answers({ address }: Workload): Promise<boolean> {
  return (await fetch(`http://${address}:${APP_PORT}/`)).ok;
}

/** The endpoint of a workload, which the lab itself keeps in place of EndpointSlices: it goes before its Pod does. */
class Endpoint {
  readonly #objects: KubernetesObjectApi;
  readonly #cluster: LabCluster;
  readonly #workload: Workload;

  constructor({ kubeconfig }: Lab, cluster: LabCluster, workload: Workload) {
    this.#objects = KubernetesObjectApi.makeApiClient(loadContext(kubeconfig, cluster.name));
    this.#cluster = cluster;
    this.#workload = workload;
  }

  /** Removes the endpoint, and waits until no gateway has it. */
  async remove(): Promise<void> {
    await this.#objects.delete(workloadEntry(this.#workload));
    if (this.#workload.exported) await this.#waitForGateways(false);
  }

  /** Adds the endpoint again, and waits until all gateways have it. */
  async restore(): Promise<void> {
    await this.#objects.create(workloadEntry(this.#workload));
    if (this.#workload.exported) await this.#waitForGateways(true);
  }

  async #waitForGateways(present: boolean): Promise<void> {
    const { name: cluster, network } = this.#cluster;
    const { address, port, name } = this.#workload;
    const endpoint = `::${address}:${port}::`;
    const what = `${cluster}: the gateways ${present ? "do not have" : "have"} the endpoint of ${name}`;
    await waitFor(
      what,
      async () => {
        const gateways = await Promise.all([3, 5].map((host) => clustersOf(`${network}.0.${host}`)));
        const running = gateways.filter((clusters) => clusters !== undefined);
        return running.length > 0 && running.every((clusters) => clusters.includes(endpoint) === present);
      },
      SECONDS,
    );
  }
}

/** Clusters and endpoints of a proxy; undefined where none runs. */
async function clustersOf(address: string): Promise<string | undefined> {
  const answer = await fetch(`http://${address}:15000/clusters`).catch(() => undefined);
  return answer?.text();
}
