import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { CustomObjectsApi } from "@kubernetes/client-node";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { SERVICE_ENTRY } from "../../../kubernetes/kinds.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { createProgress } from "../../../lab/progress.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { ImportedServices, type ImportedServicesArgs } from "../../../providers/importedServices.ts";
import { SecretSearch, expectNoSecrets } from "../../lab/secretSearch.ts";
import { importsOf } from "../../federation/imports/importOf.ts";
import { type Entry, NAMESPACE, NO_IMPORTS } from "./importsFixture.ts";
import { TestCluster } from "./testCluster.ts";

/** Arguments of `ImportedServices`, with the line of each service by host. */
export type DeclaredArgs = Partial<Omit<ImportedServicesArgs, "services">> & {
  services?: Record<string, string>;
};

/** Pulumi's engine with a state of its own, and a real API server to work on. */
export class EngineFixture {
  readonly cluster: TestCluster;
  /** Output of the last operations. */
  readonly output: string[] = [];
  /** Secrets that may be neither printed nor in a state in clear; tests add their own keys. */
  readonly secrets = { keys: new Map<string, string>(), texts: new Map<string, string>() };
  /** All output so far. */
  private everything = "";
  private readonly folder: string;
  private readonly path = process.env.PATH ?? "";

  private constructor(cluster: TestCluster, pulumi: string) {
    this.cluster = cluster;
    this.folder = mkdtempSync(join(tmpdir(), "istio-federation-engine-"));
    this.secrets.texts.set(cluster.admin.token, "the administrator's token");
    const launcher = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
    process.env.PATH = [dirname(pulumi), launcher, this.path].join(delimiter);
  }

  /** Starts the API server, with Istio's kinds and the namespace of the imports. */
  static async start(name: string): Promise<EngineFixture> {
    const cluster = await TestCluster.start(name);
    await cluster.installIstioKinds();
    await cluster.makeNamespace(NAMESPACE);
    const { programs } = await prepareTools(createProgress());
    return new EngineFixture(cluster, programs.pulumi);
  }

  /** @throws Error when a secret was printed, or is left in the backend in clear. */
  async stop(): Promise<void> {
    process.env.PATH = this.path;
    await this.cluster.stop();
    const search = new SecretSearch(this.secrets);
    const findings = await search.inFolders(join(this.folder, ".pulumi"));
    findings.push(...search.inText("what was printed", this.everything));
    rmSync(this.folder, { recursive: true });
    expectNoSecrets(findings);
  }

  /** Makes a stack of a program that runs in this process. */
  makeStack(stackName: string, program: () => Promise<Record<string, unknown>>): Promise<Stack> {
    return LocalWorkspace.createOrSelectStack(
      { stackName, projectName: "engine-test", program },
      {
        envVars: {
          PULUMI_BACKEND_URL: `file://${this.folder}`,
          PULUMI_HOME: join(this.folder, "home"),
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
        },
      },
    );
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

  /** Options of an operation whose output is kept. With `diff`, messages are on standard error. */
  get printing(): { onOutput: (text: string) => void; onError: (text: string) => void; color: "never" } {
    const keep = (text: string): void => {
      this.output.push(text);
      this.everything += text;
    };
    return { onOutput: keep, onError: keep, color: "never" };
  }

  /** Returns the output since the last call. */
  printed(): string {
    return this.output.splice(0).join("");
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
    const { path, context } = this.cluster.kubeconfig;
    const api = loadContext(path, context).makeApiClient(CustomObjectsApi);
    const place = { group, version, plural, namespace: NAMESPACE, name };
    await api.replaceNamespacedCustomObjectStatus({ ...place, body: { ...entry, status } });
  }
}
