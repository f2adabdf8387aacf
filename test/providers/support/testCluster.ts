import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { type ControlPlane, startControlPlane } from "../../../lab/cluster/controlPlane.ts";
import { ProcessTable } from "../../../lab/process.ts";
import { type Log, createProgress } from "../../../lab/progress.ts";
import { waitFor } from "../../../lab/ready.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { loadKubeconfig } from "../../../providers/cluster/kubeconfig.ts";
import { ClusterClient } from "../../../providers/cluster/clusterClient.ts";
import {
  type KubernetesObject,
  NODE,
  type ResourceKind,
  SERVICE_ENTRY,
} from "../../../providers/cluster/kinds.ts";

const CRD: ResourceKind = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};
const NAMESPACE: ResourceKind = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };

/** A real API server of its own, without nodes, with Istio's CRDs on request. */
export class TestCluster {
  readonly client: ClusterClient;
  readonly kubeconfig: { path: string; context: string };
  private readonly controlPlane: ControlPlane;
  private readonly folder: string;
  private readonly charts: string;

  private constructor(client: ClusterClient, controlPlane: ControlPlane, folder: string, charts: string) {
    this.client = client;
    this.controlPlane = controlPlane;
    this.folder = folder;
    this.charts = charts;
    this.kubeconfig = { path: controlPlane.kubeconfigFile, context: controlPlane.kubeconfig.name };
  }

  /** @param address loopback address that no other cluster uses, e.g. 127.30.0.1. */
  static async start(name: string, address: string, log: Log = createProgress()): Promise<TestCluster> {
    const folder = mkdtempSync(join(tmpdir(), `istio-federation-${name}-`));
    const tools = await prepareTools(log);
    const processes = new ProcessTable(join(folder, "processes.json"));
    const controlPlane = await startControlPlane({ name, address, dir: folder, tools, processes, log });
    const client = await ClusterClient.connect({ path: controlPlane.kubeconfigFile });
    return new TestCluster(client, controlPlane, folder, tools.charts);
  }

  async stop(): Promise<void> {
    await this.controlPlane.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes Istio's kinds known, and waits until the API server serves them. */
  async installIstioKinds(): Promise<void> {
    const file = readFileSync(join(this.charts, "base/files/crd-all.gen.yaml"), "utf8");
    const objects = parseAllDocuments(file).map((document) => document.toJS() as KubernetesObject);
    const wanted = objects.filter((object) => object.metadata.name.endsWith(".networking.istio.io"));
    await Promise.all(wanted.map((object) => this.client.apply(CRD, object, true)));
    const sample = { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", spec: { hosts: ["a.b"] } };
    await waitFor(
      "ServiceEntries are not served",
      async () => {
        const metadata = { name: "sample", namespace: "default" };
        await this.client.apply(SERVICE_ENTRY, { ...sample, metadata }, true);
        const made = await this.client.get(SERVICE_ENTRY, "default", "sample");
        return made !== undefined && (await this.client.delete(SERVICE_ENTRY, made));
      },
      30,
    );
  }

  async makeNamespace(name: string): Promise<void> {
    await this.make(NAMESPACE, undefined, name, {});
  }

  /** @param fields what the object has beside its metadata; its labels too. */
  async make(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    { labels = {}, ...fields }: { labels?: Record<string, string>; spec?: object },
  ): Promise<void> {
    const metadata = { name, labels, ...(namespace === undefined ? {} : { namespace }) };
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    await this.client.apply(kind, { apiVersion, kind: kind.kind, metadata, ...fields }, true);
  }

  /** Writes the status of a Service or Node, as their controllers would: there are none here. */
  async setStatus(kind: ResourceKind, namespace: string, name: string, status: object): Promise<void> {
    const api = (await loadKubeconfig(this.kubeconfig)).makeApiClient(CoreV1Api);
    const body = { metadata: { name }, status } as never;
    if (kind === NODE) await api.replaceNodeStatus({ name, body });
    else await api.replaceNamespacedServiceStatus({ name, namespace, body });
  }
}
