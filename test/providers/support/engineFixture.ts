import { CustomObjectsApi } from "@kubernetes/client-node";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { SERVICE_ENTRY } from "../../../kubernetes/kinds.ts";
import { ImportedServices, type ImportedServicesArgs } from "../../../providers/importedServices.ts";
import { importsOf } from "../../federation/imports/importOf.ts";
import { type Entry, NAMESPACE, NO_IMPORTS } from "./importsFixture.ts";
import { PulumiEngine } from "./pulumiEngine.ts";
import { sharedCluster } from "./sharedCluster.ts";
import type { TestCluster } from "./testCluster.ts";

/** Arguments of `ImportedServices`, with the line of each service by host. */
export type DeclaredArgs = Partial<Omit<ImportedServicesArgs, "services">> & {
  services?: Record<string, string>;
};

/** Pulumi's engine, and the shared API server to work on, with the namespace of imports. */
export class EngineFixture extends PulumiEngine {
  readonly cluster: TestCluster;

  private constructor(cluster: TestCluster) {
    super();
    this.cluster = cluster;
    this.secrets.texts.set(cluster.admin.token, "the administrator's token");
  }

  static override async start(): Promise<EngineFixture> {
    const cluster = await sharedCluster();
    await cluster.makeNamespace(NAMESPACE);
    const fixture = new EngineFixture(cluster);
    await fixture.extendPath();
    return fixture;
  }

  override async stop(): Promise<void> {
    await this.cluster.clear();
    await super.stop();
  }

  /** Declares the imports from peer cluster-b; by default none. */
  declare(
    { services = {}, ...args }: DeclaredArgs,
    name = "imports",
    options: CustomResourceOptions = {},
  ): ImportedServices {
    const defaults = {
      ...NO_IMPORTS,
      kubeconfig: this.cluster.kubeconfig,
      namespace: NAMESPACE,
      peer: "cluster-b",
      gateways: [{ address: "203.0.113.10", port: 15443 }],
    };
    return new ImportedServices(name, { ...defaults, ...args, services: importsOf(services) }, options);
  }

  /** Returns the ServiceEntries, by name. */
  async entries(): Promise<Record<string, Entry>> {
    const found = await this.cluster.client.list<Entry>(SERVICE_ENTRY, { namespace: NAMESPACE });
    return Object.fromEntries(found.map((entry) => [entry.metadata.name, entry]));
  }

  /** Adds a manual copy of one of our entries, with its labels. */
  async addEntry(name: string, { apiVersion, kind, metadata: { labels }, spec }: Entry): Promise<void> {
    const metadata = { name, namespace: NAMESPACE, ...(labels === undefined ? {} : { labels }) };
    const own = { ...spec, hosts: [name] };
    await this.cluster.client.apply(SERVICE_ENTRY, { apiVersion, kind, metadata, spec: own } as Entry, true);
  }

  /** Writes an entry's status, as istiod does. */
  async setStatus(entry: Entry, status: object): Promise<void> {
    const { group, version, plural } = SERVICE_ENTRY;
    const { name } = entry.metadata;
    const api = this.cluster.context.makeApiClient(CustomObjectsApi);
    const place = { group, version, plural, namespace: NAMESPACE, name };
    await api.replaceNamespacedCustomObjectStatus({ ...place, body: { ...entry, status } });
  }
}
