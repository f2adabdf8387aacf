import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { CHECKOUT, labEnvironment, labPaths, stackEnvironment } from "../../../lab/environment.ts";
import { ClusterApi } from "../../../lab/plugins/kubernetes/clusterApi.ts";
import { readConnection, readSettings } from "../../../lab/plugins/kubernetes/connection.ts";
import { kubernetesObjects } from "../../../lab/plugins/kubernetes/objects.ts";
import { preparePlugins } from "../../../lab/plugins/pluginPath.ts";
import { reveal, type Properties } from "../../../lab/plugins/protocol/values.ts";
import { createProgress } from "../../../lab/progress.ts";
import { readUntil } from "../../../lab/ready.ts";
import { compileCacheFolder } from "../../../lab/tools/cache.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { privateKeysIn } from "../../../lab/proofs/secretForms.ts";
import { SecretSearch } from "../../../lab/proofs/secretSearch.ts";
import { TestCluster } from "../../providers/support/testCluster.ts";

const PROJECT = `
name: plugins
main: index.ts
runtime: { name: nodejs, options: { typescript: false } }
config:
  pulumi:disable-default-providers: { value: [kubernetes] }
  kubeconfig: { type: object }
  labels: { type: array, items: { type: string }, default: [] }
`;

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import * as kubernetes from "@pulumi/kubernetes";
import * as tls from "@pulumi/tls";
const config = new pulumi.Config();
const { path, context } = config.requireObject<{ path: string; context: string }>("kubeconfig");
const labels = Object.fromEntries(config.requireObject<string[]>("labels").map((label) => [label, "yes"]));
const provider = new kubernetes.Provider("cluster", { kubeconfig: path, context, clusterIdentifier: "plugins" });
const namespace = new kubernetes.core.v1.Namespace("made", { metadata: { name: "made", labels } }, { provider });
const key = new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const inNamespace = { namespace: namespace.metadata.name };
new kubernetes.core.v1.Secret("key", { metadata: inNamespace, stringData: { key: key.privateKeyPem } }, { provider });
const service = new kubernetes.core.v1.Service(
  "gateway",
  { metadata: { ...inNamespace, annotations: { "pulumi.com/skipAwait": "true" } },
    spec: { selector: { app: "gateway" }, ports: [{ port: 15443 }] } },
  { provider },
);
const release = new kubernetes.helm.v3.Release(
  "tiny",
  { chart: "./chart", ...inNamespace, skipAwait: true, values: { labels } },
  { provider },
);
if (config.getBoolean("stray")) new kubernetes.core.v1.Namespace("stray");
export const { clusterIP } = service.spec;
export const { revision } = release.status;
`;

const CHART: Record<string, string> = {
  "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 1.2.3\n",
  "templates/map.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: tiny }\ndata: { labels: {{ toJson .Values.labels | quote }} }\n",
};

/** Writes of others to a field of an object. */
const EDITS: Record<string, { manager: string; apply: boolean }> = {
  "a controller's apply": { manager: "argocd-controller", apply: true },
  "a controller's patch": { manager: "argo", apply: false },
  "kubectl patch": { manager: "kubectl-patch", apply: false },
};

/** One ConfigMap of the Kubernetes stand-in, which somebody else edits. */
class EditedObject {
  readonly #api: ClusterApi;
  readonly #objects: ReturnType<typeof kubernetesObjects>;
  readonly #subject: { urn: string; type: string; name: string; id: string };
  #state: Properties = {};

  constructor(kubeconfig: string, name: string, config: Properties = {}) {
    const settings = readSettings({ kubeconfig, ...config });
    this.#api = new ClusterApi(() => readConnection(settings));
    this.#objects = kubernetesObjects(this.#api, settings);
    this.#subject = { urn: `urn:${name}`, type: "kubernetes:core/v1:ConfigMap", name, id: `default/${name}` };
  }

  #inputs(value: string, metadata: Properties = {}) {
    const named = { name: this.#subject.name, namespace: "default", ...metadata };
    return { apiVersion: "v1", kind: "ConfigMap", metadata: named, data: { value } };
  }

  async create(): Promise<void> {
    const call = { ...this.#subject, inputs: this.#inputs("first"), preview: false, timeoutSeconds: 0 };
    this.#state = (await this.#objects.create(call)).outputs;
  }

  async update(value: string, preview = false, metadata: Properties = {}): Promise<void> {
    const news = this.#inputs(value, metadata);
    const call = {
      ...this.#subject,
      olds: this.#state,
      oldInputs: {},
      ignoreChanges: [],
      news,
      preview,
      timeoutSeconds: 0,
    };
    const outputs = await this.#objects.update(call);
    if (!preview) this.#state = outputs;
  }

  async edit({ manager, apply }: { manager: string; apply: boolean }): Promise<void> {
    const contentType = apply ? "application/apply-patch+yaml" : "application/merge-patch+json";
    const query = { fieldManager: manager, ...(apply ? { force: "true" } : {}) };
    await this.#api.request("PATCH", this.#path, { query, contentType, body: this.#inputs("theirs") });
  }

  async value(): Promise<unknown> {
    return ((await this.#api.request("GET", this.#path))["data"] as Properties)["value"];
  }

  get #path(): string {
    return `/api/v1/namespaces/default/configmaps/${this.#subject.name}`;
  }
}

describe("The lab's stand-ins under Pulumi's engine", function () {
  this.timeout(900_000);
  let cluster: TestCluster;
  let folder: string;
  let environment: Record<string, string>;
  let pulumi: string;
  /** Output of the command. */
  let told = "";

  before(async () => {
    const log = createProgress();
    cluster = await TestCluster.start("plugins", log);
    folder = mkdtempSync(join(tmpdir(), "istio-federation-plugins-"));
    const { programs } = await prepareTools(log);
    ({ pulumi } = programs);
    const paths = labPaths(folder);
    await preparePlugins({ mode: "stand-in", pulumi, pulumiHome: paths.pulumiHome, binDir: paths.bin, log });
    const path = process.env.PATH ?? "";
    environment = stackEnvironment(labEnvironment(paths, true, path, compileCacheFolder()), "test");
    environment["LAB_HELM"] = programs.helm;
    mkdirSync(paths.state);
    const files = { "Pulumi.yaml": PROJECT, "index.ts": PROGRAM, "package.json": '{ "type": "module" }' };
    const chart = Object.entries(CHART).map(([name, text]) => [join("chart", name), text] as const);
    mkdirSync(join(folder, "chart/templates"), { recursive: true });
    for (const [name, text] of [...Object.entries(files), ...chart]) {
      writeFileSync(join(folder, name), text);
    }
    symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
    await run("stack", "init", "test");
    await run("config", "set", "--path", "kubeconfig.path", cluster.kubeconfig.path);
    await run("config", "set", "--path", "kubeconfig.context", cluster.kubeconfig.context);
  });

  after(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true });
  });

  async function run(...words: string[]): Promise<string> {
    const options = { cwd: folder, env: environment, all: true, reject: false } as const;
    const { stdout, all, failed } = await execa(pulumi, [...words, "--non-interactive"], options);
    told += all;
    if (failed) throw new Error(all);
    return stdout;
  }

  /** The keys in the state, decrypted; of this nothing is kept. */
  async function keysInState(): Promise<Map<string, string>> {
    const options = { cwd: folder, env: environment };
    const { stdout } = await execa(pulumi, ["stack", "export", "--show-secrets"], options);
    return new Map(privateKeysIn(stdout).map((pem) => [pem, "the key"]));
  }

  async function preview(): Promise<Record<string, number>> {
    return (JSON.parse(await run("preview", "--json")) as { changeSummary: Record<string, number> })
      .changeSummary;
  }

  it("preview without a change in the cluster, then make everything", async () => {
    assert.deepEqual(await preview(), { create: 7 });
    await assert.rejects(run("stack", "output", "revision"));
    await run("up", "--yes", "--skip-preview");
    assert.match(await run("stack", "output", "clusterIP"), /^10\./);
  });

  it("find nothing to do in a second preview, nor after a refresh", async () => {
    assert.deepEqual(await preview(), { same: 7 });
    await run("refresh", "--yes", "--skip-preview");
    assert.deepEqual(await preview(), { same: 7 });
  });

  it("update objects and releases in place", async () => {
    await run("config", "set", "--path", "labels[0]", "reviewed");
    assert.deepEqual(await preview(), { same: 5, update: 2 });
    await run("up", "--yes", "--skip-preview");
    assert.equal(await run("stack", "output", "revision"), "2");
    await run("config", "rm", "labels");
    await run("up", "--yes", "--skip-preview");
    const made = await cluster.client.get(
      { group: "", version: "v1", kind: "Namespace", plural: "namespaces" },
      "",
      "made",
    );
    assert.equal(made?.metadata.labels?.["reviewed"], undefined);
  });

  it("leave the default provider disabled as the project says", async () => {
    await run("config", "set", "stray", "true");
    await assert.rejects(run("preview"), /Default provider for 'kubernetes' disabled/);
    await run("config", "rm", "stray");
  });

  for (const [what, edit] of Object.entries(EDITS)) {
    it(`conflict with ${what}, unless the provider or the object says to take fields over`, async () => {
      const { path } = cluster.kubeconfig;
      const conflict = new RegExp(
        `"default/${edit.manager}" failed to fully initialize or become live: server-side apply field conflict detected, see \\S+ for troubleshooting help\n` +
          `The resource managed by field manager "pulumi-kubernetes-[0-9a-f]{8}" had an apply conflict: ` +
          `Apply failed with 1 conflict: conflict with "${edit.manager}".*: \\.data\\.value`,
      );
      const edited = new EditedObject(path, edit.manager);
      await edited.create();
      await edited.edit(edit);
      // The real provider forces in a preview as long as an object was only created.
      await edited.update("second", true);
      const isKubectl = edit.manager.startsWith("kubectl");
      if (!isKubectl) await assert.rejects(edited.update("second"), conflict);
      await edited.update("second", false, { annotations: { "pulumi.com/patchForce": "true" } });
      assert.equal(await edited.value(), "second");

      await edited.edit(edit);
      await assert.rejects(edited.update("third", true), conflict);
      if (!isKubectl) await assert.rejects(edited.update("third"), conflict);
      else await edited.update("third");
      assert.equal(await edited.value(), isKubectl ? "third" : "theirs");

      const forced = new EditedObject(path, `${edit.manager}-forced`, { enablePatchForce: "true" });
      await forced.create();
      for (const value of ["second", "third"]) {
        await forced.edit(edit);
        await forced.update(value, true);
        await forced.update(value);
        assert.equal(await forced.value(), value);
      }
    });
  }

  it("wait for the token that a controller writes into a Secret", async () => {
    const settings = readSettings({ kubeconfig: cluster.kubeconfig.path });
    const api = new ClusterApi(() => readConnection(settings));
    const annotations = { "kubernetes.io/service-account.name": "default" };
    const metadata = { name: "token", namespace: "default", annotations };
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata,
    };
    const subject = { urn: "urn:token", type: "kubernetes:core/v1:Secret", name: "token" };
    const creating = kubernetesObjects(api, settings).create({
      ...{ ...subject, inputs, preview: false, timeoutSeconds: 0 },
    });
    const body = { ...inputs, data: { token: Buffer.from("given").toString("base64") } };
    const write = async () =>
      api.request("PATCH", "/api/v1/namespaces/default/secrets/token", {
        ...{ body, contentType: "application/merge-patch+json" },
      });
    await readUntil(write, () => true, 10);
    const { outputs } = await creating;
    assert.deepEqual(reveal(outputs["data"]), body.data);
  });

  it("delete everything, and wait until it is gone, with no private key printed or stored in clear meanwhile", async () => {
    const keys = await keysInState();
    assert.ok(keys.size > 0, "there is a key to look for");
    await run("destroy", "--yes", "--skip-preview");
    const kind = { group: "", version: "v1", kind: "Namespace", plural: "namespaces" };
    assert.equal(await cluster.client.get(kind, "", "made"), undefined);
    const search = new SecretSearch({ keys });
    assert.deepEqual(await search.inFolders(labPaths(folder).state), []);
    assert.deepEqual(search.inText("what was printed", told), []);
  });
});
