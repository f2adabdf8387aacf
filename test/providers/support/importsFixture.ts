import assert from "node:assert/strict";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  SERVICE,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../../../kubernetes/kinds.ts";
import { DEFAULT_BRAKE } from "../../../federation/imports/brake.ts";
import { ImportedServices } from "../../../providers/importedServices.ts";
import { inputsOfB } from "../importedServices/support.ts";
import { ProviderProcess, providerText } from "./providerProcess.ts";
import { sharedCluster } from "./sharedCluster.ts";
import type { TestCluster } from "./testCluster.ts";

export const NAMESPACE = "istio-federation";
export const BAR = "bar.xyz.svc.cluster-b.local";
export const BAZ = "baz.xyz.svc.cluster-b.local";
export const BAR_LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";
export const BAZ_LINE = "9000/TCP tcp as spiffe://cluster-b.local/ns/xyz/sa/baz";
/** The resource's id. */
export const ID = `${NAMESPACE}/cluster-b`;

/** The fields of a ServiceEntry that tests use. */
export type Entry = KubernetesObject & {
  spec: { ports: { number: number; name: string }[]; endpoints: { address: string }[]; hosts: string[] };
};

/** The fields of a DestinationRule that tests use. */
export type Rule = KubernetesObject & {
  spec: { host: string; exportTo: string[]; trafficPolicy: Record<string, unknown> };
};

/** The fields of a Service or VirtualService that tests use. */
export type LocalService = KubernetesObject & { spec: Record<string, unknown> & { clusterIP?: string } };

/** Arguments of an `ImportedServices` that registers nothing. */
export const NO_IMPORTS = {
  kubeconfig: {},
  namespace: "",
  peer: "",
  exportTo: ["*"],
  gateways: [],
  otherGateways: {},
  siblings: [],
  movable: "",
  held: "",
  services: {},
  pending: undefined,
  brake: DEFAULT_BRAKE,
  acceptRemoval: undefined,
  required: false,
};

/** The provider's text in the state, which does not depend on the inputs. */
export function importsText(): Promise<string> {
  return providerText(() => new ImportedServices("text", NO_IMPORTS));
}

/** The shared API server, and the provider process of `ImportedServices`. */
export class ImportsFixture {
  cluster!: TestCluster;
  provider!: ProviderProcess;

  /** @param hasIstioKinds whether there are Istio's kinds and the namespace of imports. */
  async start(hasIstioKinds: boolean): Promise<void> {
    this.cluster = await sharedCluster(hasIstioKinds);
    if (hasIstioKinds) await this.cluster.makeNamespace(NAMESPACE);
    this.provider = await ProviderProcess.start(await importsText());
  }

  async stop(): Promise<void> {
    await this.provider.stop();
    await this.cluster.clear();
  }

  async clear(): Promise<void> {
    for (const entry of await this.entries()) await this.cluster.client.delete(SERVICE_ENTRY, entry);
    for (const rule of await this.rules()) await this.cluster.client.delete(DESTINATION_RULE, rule);
    for (const routes of await this.routes()) await this.cluster.client.delete(VIRTUAL_SERVICE, routes);
    for (const service of await this.services()) await this.cluster.client.delete(SERVICE, service);
  }

  /** @param lines the line of each service, by host. */
  inputs(lines: Record<string, string>, more: object = {}): Record<string, unknown> {
    const { kubeconfig } = this.cluster;
    const gateways = [{ address: "127.20.0.3", port: 15443 }];
    return {
      ...inputsOfB(lines, { kubeconfig, namespace: NAMESPACE, peer: "cluster-b", gateways }),
      ...more,
    };
  }

  entries(): Promise<Entry[]> {
    return this.cluster.client.list<Entry>(SERVICE_ENTRY, { namespace: NAMESPACE });
  }

  rules(): Promise<Rule[]> {
    return this.cluster.client.list<Rule>(DESTINATION_RULE, { namespace: NAMESPACE });
  }

  services(): Promise<LocalService[]> {
    return this.cluster.client.list<LocalService>(SERVICE, { namespace: NAMESPACE });
  }

  /** The VirtualServices. */
  routes(): Promise<LocalService[]> {
    return this.cluster.client.list<LocalService>(VIRTUAL_SERVICE, { namespace: NAMESPACE });
  }

  async names(): Promise<string[]> {
    return (await this.entries()).map(({ metadata }) => metadata.name).sort();
  }

  async entry(name: string): Promise<Entry> {
    const found = await this.cluster.client.get<Entry>(SERVICE_ENTRY, NAMESPACE, name);
    assert.ok(found, `${name} is not there`);
    return found;
  }

  /** Creates an entry of another owner. */
  async foreign(name: string, labels: Record<string, string> = {}): Promise<Entry> {
    await this.cluster.makeEntry(NAMESPACE, name, labels);
    return this.entry(name);
  }
}

/**
 * An {@link ImportsFixture} that is started before the tests of a `describe`, emptied after each and stopped after all.
 * @param hasIstioKinds whether the API server has Istio's kinds and the namespace of imports.
 */
export function importsFixture(hasIstioKinds = true): ImportsFixture {
  const fixture = new ImportsFixture();
  before(() => fixture.start(hasIstioKinds));
  after(() => fixture.stop());
  if (hasIstioKinds) afterEach(() => fixture.clear());
  return fixture;
}
