import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { startControlPlane, type ControlPlane } from "../../../lab/cluster/controlPlane.ts";
import { nextAddress } from "../../providers/support/addresses.ts";
import { ProcessTable } from "../../../lab/process.ts";
import { waitFor } from "../../../lab/ready.ts";
import { prepareTools, type Tools } from "../../../lab/tools/tools.ts";

const log = (line: string) => process.stderr.write(`      ${line}\n`);

describe("a control plane of the lab", function () {
  this.timeout(900_000);
  let dir: string;
  let tools: Tools;
  let processes: ProcessTable;
  let controlPlane: ControlPlane;
  let config: KubeConfig;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "control-plane-"));
    tools = await prepareTools(log);
    processes = new ProcessTable(join(dir, "processes.json"));
    const options = { name: "cluster-t", address: nextAddress(), dir: join(dir, "t"), tools, processes, log };
    controlPlane = await startControlPlane(options);
    config = new KubeConfig();
    config.loadFromFile(controlPlane.kubeconfigFile);
  });

  after(async () => {
    await controlPlane.stop();
    assert.equal(await readFile(join(dir, "processes.json"), "utf8"), "[]\n", "a program is still running");
    await rm(dir, { recursive: true });
  });

  it("makes Pods from Deployments, with the namespace's service account", async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespace({ body: { metadata: { name: "abc" } } });
    const labels = { app: "foo" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } };
    await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
      namespace: "abc",
      body: { metadata: { name: "foo" }, spec: { selector: { matchLabels: labels }, template } },
    });
    const pods = async () => (await core.listNamespacedPod({ namespace: "abc" })).items;
    await waitFor("no Pod", async () => (await pods()).length === 1, 20);
    assert.equal((await pods())[0]!.spec!.serviceAccountName, "default");
  });

  it("removes a namespace with all that is in it", async () => {
    const core = config.makeApiClient(CoreV1Api);
    const body = { metadata: { name: "doomed" } };
    await core.createNamespace({ body });
    await core.createNamespacedConfigMap({ namespace: "doomed", body: { metadata: { name: "left" } } });
    await core.deleteNamespace({ name: "doomed" });
    const gone = async () =>
      !(await core.listNamespace()).items.some(({ metadata }) => metadata?.name === "doomed");
    await waitFor("the namespace is still there", gone, 30);
  });

  it("issues service account tokens for the audience of Istio's certificate authority", async () => {
    const core = config.makeApiClient(CoreV1Api);
    const account = { name: "default", namespace: "default" };
    const accounts = async () =>
      (await core.listNamespacedServiceAccount({ namespace: "default" })).items.length;
    await waitFor("no service account", async () => (await accounts()) === 1, 20);
    const { status } = await core.createNamespacedServiceAccountToken({
      ...account,
      body: { spec: { audiences: ["istio-ca"] } },
    });
    const [, claims = ""] = String(status?.token).split(".");
    const { iss, aud } = JSON.parse(Buffer.from(claims, "base64url").toString()) as {
      iss: string;
      aud: string[];
    };
    assert.equal(iss, "https://kubernetes.default.svc.cluster-t.local");
    assert.deepEqual(aud, ["istio-ca"]);
  });

  it("answers nobody without its credentials, and keeps them to their owner", async () => {
    const anonymous = new KubeConfig();
    anonymous.loadFromOptions({
      clusters: config.clusters,
      users: [{ name: "nobody" }],
      contexts: [{ name: "nobody", cluster: "cluster-t", user: "nobody" }],
      currentContext: "nobody",
    });
    const listing = anonymous.makeApiClient(CoreV1Api).listSecretForAllNamespaces();
    await assert.rejects(listing, (error: { code?: number }) => error.code === 403);
    for (const file of [
      controlPlane.kubeconfigFile,
      join(dir, "t/tokens.csv"),
      join(dir, "t/service-account.key"),
    ]) {
      assert.equal((await stat(file)).mode & 0o077, 0, file);
    }
  });

  it("says which program failed, where its log is and how it ends, and leaves nothing running", async () => {
    const blocker = createServer();
    const address = nextAddress();
    await once(blocker.listen({ host: address, port: 2379 }), "listening");
    const options = { name: "cluster-u", address, dir: join(dir, "u"), tools, processes, log };
    await assert.rejects(startControlPlane(options), (error: Error) => {
      assert.match(
        error.message,
        /^cluster-u\/etcd ended with exit code 1\nLast lines of .*cluster-u-etcd\.log:/,
      );
      assert.match(error.message, /address already in use/);
      return true;
    });
    blocker.close();
    assert.ok(!(await readFile(join(dir, "processes.json"), "utf8")).includes("cluster-u"));
  });
});
