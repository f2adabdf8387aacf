import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiException, CoreV1Api, CustomObjectsApi, type KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { ClusterClient } from "../../../kubernetes/client.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  NAMESPACE,
  NODE,
  type ResourceKind,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
  WORKLOAD_ENTRY,
} from "../../../kubernetes/kinds.ts";
import { startControlPlane, type ControlPlane } from "../../../lab/cluster/controlPlane.ts";
import { type KubeconfigEntry, loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { identify, ProcessTable, type LabProcess } from "../../../lab/process.ts";
import { createProgress, type Log } from "../../../lab/progress.ts";
import { waitFor } from "../../../lab/ready.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { nextAddress } from "./addresses.ts";
import { writeContext } from "./kubeconfigFile.ts";

const CRD: ResourceKind = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};

/** Istio's kinds that the program reads or writes in these suites: each CRD costs the API server as much as fifty writes. */
const ISTIO_KINDS = [DESTINATION_RULE, SERVICE_ENTRY, VIRTUAL_SERVICE, WORKLOAD_ENTRY];

/** An object that a test made. */
interface MadeObject {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** A real API server without nodes, with Istio's kinds on request. Suites share one: see `sharedCluster`. */
export class TestCluster {
  readonly client: ClusterClient;
  readonly kubeconfig: { path: string; context: string };
  /** Folder for files, deleted on stop. */
  readonly folder: string;
  private readonly controlPlane: ControlPlane;
  private readonly processes: ProcessTable;
  private readonly charts: string;
  private readonly made: MadeObject[] = [];
  private hasIstioKinds = false;
  /** The API server that was started after the first one was killed. */
  private restarted: LabProcess | undefined;

  private constructor(
    client: ClusterClient,
    controlPlane: ControlPlane,
    processes: ProcessTable,
    folder: string,
    charts: string,
  ) {
    this.client = client;
    this.controlPlane = controlPlane;
    this.processes = processes;
    this.folder = folder;
    this.charts = charts;
    this.kubeconfig = { path: controlPlane.kubeconfigFile, context: controlPlane.kubeconfig.name };
  }

  /** Starts a control plane on an address of its own. */
  static async start(name: string, log: Log = createProgress()): Promise<TestCluster> {
    const address = nextAddress();
    const folder = mkdtempSync(join(tmpdir(), `istio-federation-${name}-`));
    const tools = await prepareTools(log);
    const processes = new ProcessTable(join(folder, "processes.json"));
    const controlPlane = await startControlPlane({ name, address, dir: folder, tools, processes, log });
    const client = await ClusterClient.connect({ path: controlPlane.kubeconfigFile });
    return new TestCluster(client, controlPlane, processes, folder, tools.charts);
  }

  async stop(): Promise<void> {
    await this.restarted?.stop();
    await this.controlPlane.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Installs Istio's CRDs where they are missing and waits until the API server serves them. */
  async installIstioKinds(): Promise<void> {
    if (this.hasIstioKinds) return;
    const file = readFileSync(join(this.charts, "base/files/crd-all.gen.yaml"), "utf8");
    const names = new Set(ISTIO_KINDS.map(crdName));
    const wanted = file
      .split(/^---$/m)
      .filter((text) => names.has(/^ {2}name: (\S+)$/m.exec(text)?.[1] ?? ""))
      .map((text) => parse(text) as KubernetesObject);
    await Promise.all(wanted.map((object) => this.client.apply(CRD, object, true)));
    const sample = { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", spec: { hosts: ["a.b"] } };
    await waitFor(
      "ServiceEntries are not served",
      async () => {
        if ((await this.servedIstioKinds()) < ISTIO_KINDS.length) return false;
        const metadata = { name: "sample", namespace: "default" };
        await this.client.apply(SERVICE_ENTRY, { ...sample, metadata }, true);
        const made = await this.client.get(SERVICE_ENTRY, "default", "sample");
        return made !== undefined && (await this.client.delete(SERVICE_ENTRY, made));
      },
      30,
    );
    this.hasIstioKinds = true;
  }

  /** Removes Istio's kinds with all their objects, and waits until the API server does not serve them any more. */
  async removeIstioKinds(): Promise<void> {
    if (!this.hasIstioKinds) return;
    this.hasIstioKinds = false;
    for (const kind of ISTIO_KINDS) await this.remove(CRD, undefined, crdName(kind));
    await waitFor("Istio's kinds are served", async () => (await this.servedIstioKinds()) === 0, 60);
  }

  /** Number of Istio's kinds that the API server serves. */
  private async servedIstioKinds(): Promise<number> {
    const api = this.context.makeApiClient(CustomObjectsApi);
    const { group, version } = SERVICE_ENTRY;
    const served = await api.getAPIResources({ group, version }).catch((error: unknown) => {
      if (error instanceof ApiException && error.code === 404) return { resources: [] };
      throw error;
    });
    const plurals = new Set(served.resources.map(({ name }) => name));
    return ISTIO_KINDS.filter(({ plural }) => plurals.has(plural)).length;
  }

  async makeNamespace(name: string): Promise<void> {
    const metadata = { name };
    await this.client.apply(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata }, true);
  }

  /** Deletes a namespace where it exists, and waits until it is gone. */
  async removeNamespace(name: string): Promise<void> {
    await this.remove(NAMESPACE, undefined, name);
    await this.namespaceGone(name);
  }

  /** Waits until a deleted namespace is gone. */
  async namespaceGone(name: string): Promise<void> {
    const isGone = async () => (await this.client.get(NAMESPACE, undefined, name)) === undefined;
    await waitFor(`namespace ${name} is still there`, isGone, 60);
  }

  /** The administrator's context, for the Kubernetes client. */
  get context(): KubeConfig {
    return loadContext(this.kubeconfig.path, this.kubeconfig.context);
  }

  /** The administrator's access. */
  get admin(): KubeconfigEntry {
    return this.controlPlane.kubeconfig;
  }

  /**
   * Writes another kubeconfig for this cluster, of one context.
   * @param name of the context, its cluster and its user.
   * @param user as in a kubeconfig. @default the administrator
   * @param via where else to reach the API server, and what to trust there.
   */
  writeKubeconfig(
    name: string,
    user: object = { token: this.admin.token },
    via: { server: string; certificateAuthority: string } = this.admin,
  ): { path: string; context: string } {
    const { server, certificateAuthority } = via;
    const cluster = {
      server,
      "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
    };
    return writeContext(join(this.folder, `kubeconfig-${name}`), name, cluster, user);
  }

  /**
   * Kills the API server as a crash would.
   * @returns a function that starts it again and waits until it is ready.
   */
  async killApiServer(): Promise<() => Promise<void>> {
    const name = `${this.admin.name}/kube-apiserver`;
    const table = JSON.parse(readFileSync(join(this.folder, "processes.json"), "utf8")) as {
      name: string;
      pid: number;
    }[];
    const { pid = 0 } = table.find((entry) => entry.name === name) ?? {};
    const [command = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    process.kill(pid, "SIGKILL");
    await waitFor("the API server still runs", () => Promise.resolve(identify(pid) === undefined), 10);
    return async () => {
      const log = join(this.folder, "logs/kube-apiserver-again.log");
      this.restarted = await this.processes.start({ name, command, args, log });
      await waitFor("the API server is not back", () => this.client.probe().then(() => true), 60);
    };
  }

  /** Switches etcd's alarm that refuses all writes, as with an exhausted disk quota. */
  async setReadOnly(readOnly: boolean): Promise<void> {
    const etcd = this.admin.server.replace("https:", "http:").replace(/:\d+$/, ":2379");
    const body = JSON.stringify({ action: readOnly ? "ACTIVATE" : "DEACTIVATE", alarm: "NOSPACE" });
    const answer = await fetch(`${etcd}/v3/maintenance/alarm`, { method: "POST", body });
    if (!answer.ok) throw new Error(`etcd: ${answer.status} ${await answer.text()}`);
  }

  /** @param fields what the object has beside its metadata; its labels too. */
  async make(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    { labels = {}, ...fields }: { labels?: Record<string, string>; [field: string]: unknown },
  ): Promise<void> {
    const metadata = { name, labels, ...(namespace === undefined ? {} : { namespace }) };
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    await this.client.apply(kind, { apiVersion, kind: kind.kind, metadata, ...fields }, true);
    this.made.push({ kind, namespace, name });
  }

  /** Deletes an object where it exists. */
  async remove(kind: ResourceKind, namespace: string | undefined, name: string): Promise<void> {
    const live = await this.client.get(kind, namespace, name);
    if (live !== undefined) await this.client.delete(kind, live);
  }

  /** Deletes what tests made, and all objects of Istio's kinds; namespaces stay. */
  async clear(): Promise<void> {
    for (const { kind, namespace, name } of this.made.splice(0)) await this.remove(kind, namespace, name);
    if (!this.hasIstioKinds) return;
    const api = this.context.makeApiClient(CustomObjectsApi);
    for (const { group, version, plural, kind } of ISTIO_KINDS) {
      const live = await this.client.list({ group, version, plural, kind }, { metadataOnly: true });
      for (const namespace of new Set(live.map(({ metadata }) => metadata.namespace ?? "")))
        await api.deleteCollectionNamespacedCustomObject({ group, version, plural, namespace });
    }
  }

  /** Creates a ServiceEntry of another owner, or with our labels one that is in no state. */
  async makeEntry(namespace: string, name: string, labels: Record<string, string> = {}): Promise<void> {
    const ports = [{ number: 80, name: "http", protocol: "HTTP" }];
    const spec = { hosts: [name], ports, resolution: "NONE" };
    await this.make(SERVICE_ENTRY, namespace, name, { labels, spec });
  }

  /** Writes the status of a Service or Node, as their controllers would: there are none here. */
  async setStatus(kind: ResourceKind, namespace: string, name: string, status: object): Promise<void> {
    const api = this.context.makeApiClient(CoreV1Api);
    const body = { metadata: { name }, status } as never;
    if (kind === NODE) await api.replaceNodeStatus({ name, body });
    else await api.replaceNamespacedServiceStatus({ name, namespace, body });
  }
}

function crdName({ group, plural }: ResourceKind): string {
  return `${plural}.${group}`;
}
