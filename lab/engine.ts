import { setTimeout as sleep } from "node:timers/promises";
import { ClusterClient } from "../kubernetes/client.ts";
import { CUSTOM_RESOURCE_DEFINITION, OPERATOR_STACK, type KubernetesObject } from "../kubernetes/kinds.ts";
import { labPaths } from "./environment.ts";
import type { RunningLab } from "./lab.ts";
import { LabError, type Log } from "./progress.ts";
import { type LineListener, Stack } from "./pulumi.ts";
import { waitFor } from "./ready.ts";
import { editStackFile } from "./stackFile.ts";

/** Annotation whose new value makes the Pulumi Kubernetes Operator run a Stack at once. */
const REQUEST = "pulumi.com/reconciliation-request";
const NAMESPACE = "default";

/** Pause between two looks at the Stacks; the operator watches. */
const POLL_MILLISECONDS = 50;

/** The kind of the operator's Stacks, without its schema: tests validate `deploy/` against that. */
const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: CUSTOM_RESOURCE_DEFINITION.kind,
  metadata: { name: `${OPERATOR_STACK.plural}.${OPERATOR_STACK.group}` },
  spec: {
    group: OPERATOR_STACK.group,
    scope: "Namespaced",
    names: { kind: OPERATOR_STACK.kind, plural: OPERATOR_STACK.plural, singular: "stack" },
    versions: [
      {
        name: OPERATOR_STACK.version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/** A run of a cluster's stack and of its contract stack, where that is behind. */
export interface EngineRun {
  readonly stack: string;
  /** When its trigger was seen, and when it began, by `performance.now()`. */
  readonly requested: number;
  readonly started: number;
}

/**
 * Stands for the Pulumi Kubernetes Operator: runs `pulumi up` of a cluster's stack, and of its contract stack, whenever the annotation of
 * its Stack changes. The Stacks are objects in the first cluster of the lab, which the other clusters' contract stacks notify.
 */
export class EngineStandIn {
  readonly #lab: RunningLab;
  readonly #client: ClusterClient;
  readonly #log: Log;
  readonly #stacks: readonly Stack[];
  /** By stack: value of the annotation that was acted on. */
  readonly #handled = new Map<string, string>();
  /** By stack: when a run that has not begun was asked for. */
  readonly #requested = new Map<string, number>();
  readonly #running = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #failures: Error[] = [];
  readonly #stopped = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  /** All runs, in the order in which they began. */
  readonly runs: EngineRun[] = [];

  private constructor(lab: RunningLab, client: ClusterClient, log: Log, onLine: LineListener | undefined) {
    this.#lab = lab;
    this.#client = client;
    this.#log = log;
    this.#stacks = lab.clusters.map(({ name }) => new Stack(name, lab, { onLine }));
  }

  /** Creates the Stacks, has each contract stack notify those of the other clusters, and begins to watch. */
  static async start(lab: RunningLab, log: Log, onLine?: LineListener): Promise<EngineStandIn> {
    const [{ name: context } = { name: "" }] = lab.clusters;
    const client = await ClusterClient.connect({ path: lab.kubeconfig, context });
    await client.apply(CUSTOM_RESOURCE_DEFINITION, CRD, true);
    const engine = new EngineStandIn(lab, client, log, onLine);
    for (const { name } of lab.clusters) {
      const stack = {
        apiVersion: `${OPERATOR_STACK.group}/${OPERATOR_STACK.version}`,
        kind: OPERATOR_STACK.kind,
        metadata: { name, namespace: NAMESPACE },
        spec: { stack: name },
      };
      const isMade = () => client.apply(OPERATOR_STACK, stack, true).then(() => true);
      await waitFor("Stacks are not served", isMade, 30);
      const others = lab.clusters.filter((other) => other.name !== name);
      await engine.#notify(
        name,
        others.map((other) => ({
          operatorStack: { namespace: NAMESPACE, name: other.name, path: lab.kubeconfig, context },
        })),
      );
    }
    engine.#watching = engine.#watch().catch((error: unknown) => {
      engine.#fail(error);
    });
    return engine;
  }

  /** Asks for a run as a commit does. */
  request(stack: string): void {
    this.#requested.set(stack, performance.now());
  }

  /** Keeps runs of a stack from beginning, until {@link resume}. */
  pause(stack: string): void {
    this.#paused.add(stack);
  }

  resume(stack: string): void {
    this.#paused.delete(stack);
  }

  /**
   * Waits until nothing runs and no trigger is left that was not acted on.
   *
   * @throws LabError after the deadline: the clusters trigger each other without an end. The error of a run that failed.
   */
  async rest(deadlineSeconds: number): Promise<void> {
    await waitFor("the stacks still run", async () => await this.#atRest(), deadlineSeconds);
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure;
  }

  /** Ends the watch, and removes the Stacks and what notifies them. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    await waitFor("a stack still runs", () => Promise.resolve(this.#running.size === 0), 120);
    for (const { name } of this.#stacks) {
      await this.#notify(name, undefined);
      await new Stack(`${name}-contract`, this.#lab).up();
    }
    const crd = await this.#client.get(CUSTOM_RESOURCE_DEFINITION, undefined, CRD.metadata.name);
    if (crd !== undefined) await this.#client.delete(CUSTOM_RESOURCE_DEFINITION, crd);
  }

  async #notify(cluster: string, targets: object[] | undefined): Promise<void> {
    await editStackFile(this.#lab, `${cluster}-contract`, labPaths(this.#lab.dir).stacks, (config) => {
      if (targets === undefined) delete config["istio-federation:notify"];
      else config["istio-federation:notify"] = targets;
    });
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      for (const [name, value] of await this.#annotations()) {
        if (value === "" || this.#handled.get(name) === value) continue;
        this.#handled.set(name, value);
        this.request(name);
      }
      for (const stack of this.#stacks) this.#begin(stack);
      await sleep(POLL_MILLISECONDS);
    }
  }

  async #annotations(): Promise<[name: string, value: string][]> {
    const stacks = await this.#client.list<KubernetesObject>(OPERATOR_STACK);
    return stacks.map(({ metadata }) => [metadata.name, metadata.annotations?.[REQUEST] ?? ""]);
  }

  async #atRest(): Promise<boolean> {
    const left = (await this.#annotations()).filter(
      ([name, value]) => (this.#handled.get(name) ?? "") !== value,
    );
    return this.#failures.length > 0 || this.#running.size + this.#requested.size + left.length === 0;
  }

  #begin(stack: Stack): void {
    const { name } = stack;
    const requested = this.#requested.get(name);
    if (requested === undefined || this.#running.has(name) || this.#paused.has(name)) return;
    this.#requested.delete(name);
    this.#running.add(name);
    this.runs.push({ stack: name, requested, started: performance.now() });
    this.#log(`engine: pulumi up -s ${name}`);
    void stack
      .up()
      .catch((error: unknown) => {
        this.#fail(error);
      })
      .finally(() => this.#running.delete(name));
  }

  #fail(error: unknown): void {
    this.#failures.push(error instanceof Error ? error : new LabError(String(error)));
  }
}
