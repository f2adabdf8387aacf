import assert from "node:assert/strict";
import { SERVICE_ENTRY } from "../../../kubernetes/kinds.ts";
import { jsonOf } from "../../federation/imports/importOf.ts";
import { FaultProxy } from "./faultProxy.ts";
import type { FaultsFixture } from "./faultsFixture.ts";
import { BAR_LINE, type Entry } from "./importsFixture.ts";
import { type InitFailure, initFailure } from "./providerProcess.ts";

type Properties = Record<string, unknown>;

const GATEWAY = { address: "127.20.0.3", port: 15443 };
const OTHER_GATEWAY = { address: "127.20.0.4", port: 15443 };

/** The failure of a call to the provider. */
export interface Failed {
  /** The message for the user. */
  readonly text: string;
  /** The new state; undefined if the state stays unchanged. */
  readonly state: Properties | undefined;
  readonly seconds: number;
}

/** One namespace of a test cluster, with the services of one peer, reached through a proxy that makes faults. */
export class FaultSite {
  readonly namespace: string;
  readonly proxy: FaultProxy;
  /** The resource's. */
  readonly id: string;
  private readonly fixture: FaultsFixture;
  private readonly kubeconfig: { path: string; context: string };

  private constructor(fixture: FaultsFixture, namespace: string, proxy: FaultProxy) {
    this.fixture = fixture;
    this.namespace = namespace;
    this.proxy = proxy;
    this.id = `${namespace}/cluster-b`;
    this.kubeconfig = this.kubeconfigOf(namespace);
  }

  static async open(fixture: FaultsFixture, namespace: string): Promise<FaultSite> {
    const { server, certificateAuthority } = fixture.cluster.admin;
    return new FaultSite(fixture, namespace, await FaultProxy.start(server, certificateAuthority));
  }

  /** Inputs with this many services. */
  inputs(services: number, gateway = GATEWAY): Properties {
    return {
      kubeconfig: this.kubeconfig,
      namespace: this.namespace,
      peer: "cluster-b",
      exportTo: ["*"],
      gateways: [gateway],
      otherGateways: {},
      services: jsonOf(servicesOf(services)),
      notAsDeclared: {},
      siblings: [],
      handedOver: [],
      braked: "",
    };
  }

  /** Inputs with another gateway, so that every entry changes. */
  changed(services: number): Properties {
    return this.inputs(services, OTHER_GATEWAY);
  }

  /** Returns the inputs with another user's kubeconfig. @param name of its context. */
  as(name: string, user: object, inputs: Properties): Properties {
    return { ...inputs, kubeconfig: this.kubeconfigOf(name, user) };
  }

  /** @returns the state. */
  async create(inputs: Properties): Promise<Properties> {
    return (await this.fixture.provider.create(inputs)).outs;
  }

  /** @returns the state. */
  update(olds: Properties, inputs: Properties): Promise<Properties> {
    return this.fixture.provider.update(this.id, olds, inputs);
  }

  delete(state: Properties): Promise<void> {
    return this.fixture.provider.delete(this.id, state);
  }

  entries(): Promise<Entry[]> {
    return this.fixture.cluster.client.list<Entry>(SERVICE_ENTRY, { namespace: this.namespace });
  }

  /** Deletes the entries of the last test. */
  async clear(): Promise<void> {
    this.proxy.heal();
    await this.delete(this.inputs(0));
    await this.assertThere(this.inputs(0));
    this.proxy.heal();
  }

  /** Exactly the declared entries are there, all as declared. */
  async assertThere(inputs: Properties): Promise<void> {
    const entries = await this.entries();
    const names = entries.map(({ metadata }) => metadata.name).sort();
    assert.deepEqual(names, Object.keys(inputs.services as object).sort());
    const [gateway] = inputs.gateways as (typeof GATEWAY)[];
    const others = entries.filter(({ spec }) => spec.endpoints[0]?.address !== gateway?.address);
    assert.deepEqual(
      others.map(({ metadata }) => metadata.name),
      [],
      `not at ${gateway?.address}`,
    );
  }

  /** The state knows how many entries are there, and the next update, with these inputs, finishes what a failed one began. */
  async assertFinishes({ state }: Failed, inputs: Properties): Promise<void> {
    assert.ok(state, "there is no state to go on from");
    assert.equal((await this.fixture.provider.diff(this.id, state, inputs)).changes, true, "must go on");
    const outs = await this.update(state, inputs);
    assert.equal(outs.imported, Object.keys(inputs.services as object).length);
    await this.assertThere(inputs);
    assert.equal((await this.fixture.provider.diff(this.id, outs, inputs)).changes, false);
  }

  /** Leads to the API server through the proxy. */
  private kubeconfigOf(name: string, user?: object): { path: string; context: string } {
    const { url: server, certificate: certificateAuthority } = this.proxy;
    return this.fixture.cluster.writeKubeconfig(name, user, { server, certificateAuthority });
  }
}

/** Lines of that many services, by host name. */
export function servicesOf(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}.xyz.svc.cluster-b.local`, BAR_LINE]),
  );
}

/** Returns the failure of a call that must fail. */
export async function failing(call: Promise<unknown>): Promise<Failed> {
  const start = performance.now();
  const error = await call.then(
    () => assert.fail("must fail"),
    (reason: unknown) => reason,
  );
  const seconds = (performance.now() - start) / 1000;
  const partial: InitFailure | undefined = initFailure(error);
  if (partial === undefined) return { text: (error as Error).message, state: undefined, seconds };
  return { text: partial.reasons.join("\n"), state: partial.properties, seconds };
}
