import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Contract } from "../../federation/contract/contract.ts";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import type { LabCluster } from "../../lab/clusters.ts";
import type { Lab } from "../../lab/lab.ts";
import { GATEWAY_PORT, whoAnswers } from "../../lab/proofs/gateway.ts";
import { type Party, hostOf } from "../../lab/proofs/proof.ts";
import { Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import type { Scenario } from "../../lab/scenarios.ts";
import { editedStackFile } from "./stackFile.ts";

/** For a change to reach the gateway. */
const PROPAGATION_SECONDS = 90;
const MERGE = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** A cluster of a federation whose exports a test changes, by its stack's config and by the labels of what it has. */
export class OfferingCluster {
  readonly lab: Lab;
  readonly #cluster: LabCluster;
  readonly #scenario: Scenario;

  /** @param scenario whose stacks are named as the clusters. */
  constructor(lab: Lab, cluster: LabCluster, scenario: Scenario) {
    this.lab = lab;
    this.#cluster = cluster;
    this.#scenario = scenario;
  }

  /** Updates this cluster to these exports, then its peers. @param exports default: those of its file. */
  async offer(exports?: readonly object[]): Promise<void> {
    const [own, ...peers] = await this.stacks(exports);
    await own.up();
    await Promise.all(peers.map((peer) => peer.up()));
  }

  /** The stacks of all clusters, this one's first. @param exports this one's. Default: those of its file. */
  async stacks(exports?: readonly object[]): Promise<[own: Stack, ...peers: Stack[]]> {
    const others = this.#scenario.clusters.filter(({ name }) => name !== this.#cluster.name);
    return [
      await this.stack(exports),
      ...(await Promise.all(others.map(({ name }) => this.#stackOf(name, {})))),
    ];
  }

  /** This cluster's stack alone. */
  async stack(exports?: readonly object[]): Promise<Stack> {
    return this.#stackOf(this.#cluster.name, exports === undefined ? {} : { exports });
  }

  /** The hosts in the contract, sorted. */
  async offered(): Promise<string[]> {
    const { services } = (await (await this.stack()).output("federation")) as Contract;
    return Object.keys(services).sort();
  }

  /** Waits until the gateway leads to a service no more. */
  async closed(to: Party): Promise<void> {
    const door = `${this.#cluster.network}.0.3:${GATEWAY_PORT}`;
    const isClosed = async () => (await whoAnswers(door, hostOf(to)).catch(ifNobodyListens)) === undefined;
    await waitFor(`the gateway still leads to ${hostOf(to)}`, isClosed, PROPAGATION_SECONDS);
  }

  /** Sets labels of a Service. */
  async labelService({ namespace, name }: Party, labels: Record<string, string>): Promise<void> {
    await this.#core().patchNamespacedService({ namespace, name, body: { metadata: { labels } } }, MERGE);
  }

  /** Sets annotations of a Service; null takes one away. */
  async annotateService(
    { namespace, name }: Party,
    annotations: Record<string, string | null>,
  ): Promise<void> {
    await this.#core().patchNamespacedService(
      { namespace, name, body: { metadata: { annotations } } },
      MERGE,
    );
  }

  /** Sets labels of a Namespace; null takes one away. */
  async labelNamespace(name: string, labels: Record<string, string | null>): Promise<void> {
    await this.#core().patchNamespace({ name, body: { metadata: { labels } } }, MERGE);
  }

  async #stackOf(name: string, { exports }: { exports?: readonly object[] }): Promise<Stack> {
    const configFile = await editedStackFile(this.lab, name, (config) => {
      if (exports !== undefined) config["istio-federation:exports"] = exports;
    });
    return new Stack(name, this.lab, { configFile });
  }

  #core(): CoreV1Api {
    return loadContext(this.lab.kubeconfig, this.#cluster.name).makeApiClient(CoreV1Api);
  }
}

/** With nothing exported the gateway has no listener at all. */
function ifNobodyListens(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
}
