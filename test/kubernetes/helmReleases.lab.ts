import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { readHelmReleases } from "../../kubernetes/helmReleases.ts";
import { CONFIG_MAP, SECRET } from "../../kubernetes/kinds.ts";
import { createProgress } from "../../lab/progress.ts";
import { waitFor } from "../../lab/ready.ts";
import { prepareTools } from "../../lab/tools/tools.ts";
import { sharedCluster } from "../providers/support/sharedCluster.ts";
import type { TestCluster } from "../providers/support/testCluster.ts";

const RELEASE = { namespace: "default", name: "istiod" };

/** A ConfigMap, and a Deployment that never gets ready: the cluster has no nodes. */
const TEMPLATE = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {containers: [{name: discovery, image: "none"}]}
`;

describe("Helm, after an interrupted installation or upgrade", () => {
  let cluster: TestCluster;
  let helm: string;
  let chart: string;

  before(async () => {
    cluster = await sharedCluster();
    helm = (await prepareTools(createProgress())).programs.helm;
    chart = join(cluster.folder, "chart");
    mkdirSync(join(chart, "templates"), { recursive: true });
    writeFileSync(join(chart, "Chart.yaml"), "{apiVersion: v2, name: istiod, version: 1.0.0}");
    writeFileSync(join(chart, "templates", "all.yaml"), TEMPLATE);
  });

  after(async () => {
    await start("uninstall", RELEASE.name);
    await cluster.clear();
  });

  const start = (...words: string[]) =>
    execa(helm, [...words, "--kubeconfig", cluster.kubeconfig.path], { reject: false });
  const deploy = (verb: string, ...flags: string[]) => start(verb, RELEASE.name, chart, ...flags);
  const read = async () => (await readHelmReleases(cluster.client, [RELEASE]))[0];

  /** Kills Helm while it waits for the Deployment. */
  async function interrupt(verb: string, status: string): Promise<void> {
    const running = deploy(verb, "--wait");
    await waitFor(`no release in status ${status}`, async () => (await read())?.status === status, 30);
    // Helm writes its record before the objects.
    await waitFor("no ConfigMap", async () => (await configMap()) !== undefined, 30);
    running.kill("SIGKILL");
    await running;
  }

  const configMap = () => cluster.client.get(CONFIG_MAP, RELEASE.namespace, "istio");

  async function deleteRecords(labelSelector: string): Promise<void> {
    const secrets = await cluster.client.list(SECRET, { namespace: RELEASE.namespace, labelSelector });
    for (const secret of secrets) await cluster.client.delete(SECRET, secret);
  }

  it("refuses to install, also with --replace, until its record is deleted; then adopts the objects", async () => {
    await interrupt("install", "pending-install");
    const before = await configMap();
    for (const flags of [[], ["--replace"]]) {
      assert.match((await deploy("install", ...flags)).stderr, /cannot re-use a name that is still in use/);
    }
    await deleteRecords("owner=helm,name=istiod");
    assert.equal((await deploy("install")).stderr, "");
    assert.deepEqual(await read(), { ...RELEASE, status: "deployed", revision: 1 });
    assert.equal((await configMap())?.metadata.uid, before?.metadata.uid);
  });

  it("refuses to upgrade until the record of the revision is deleted", async () => {
    await interrupt("upgrade", "pending-upgrade");
    assert.match(
      (await deploy("upgrade")).stderr,
      /another operation \(install\/upgrade\/rollback\) is in progress/,
    );
    await deleteRecords("owner=helm,name=istiod,version=2");
    assert.equal((await deploy("upgrade")).stderr, "");
    assert.deepEqual(await read(), { ...RELEASE, status: "deployed", revision: 2 });
  });
});
