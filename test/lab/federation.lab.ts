import assert from "node:assert/strict";
import { CoreV1Api, type V1Service } from "@kubernetes/client-node";
import { execa } from "execa";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { EngineStandIn } from "../../lab/engine.ts";
import { CHECKOUT } from "../../lab/environment.ts";
import { startLab } from "../../lab/lab.ts";
import { FEDERATION } from "../../lab/scenarios.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import { importedHosts } from "./importedHosts.ts";
import { log, sharedLab, type FederatedLab } from "./sharedLab.ts";
import { testProofs } from "./testProofs.ts";

/** For three runs on a busy machine. */
const REST_SECONDS = 180;

describe("two federated clusters", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  testProofs(FEDERATION, () => federated);

  it("that notify each other of new contracts come to rest: an export and its end are three runs each", async () => {
    const { lab } = federated;
    const engine = await EngineStandIn.start(lab, log);
    const namespace = "xyz";
    const services = loadContext(lab.kubeconfig, "cluster-b").makeApiClient(CoreV1Api);
    const queue: V1Service = {
      metadata: { name: "queue", labels: { "istio-federation.dev/export": "true" } },
      spec: { selector: { app: "bar" }, ports: [{ name: "http", port: SERVICE_PORT }] },
    };
    const rested = async () => {
      await engine.rest(REST_SECONDS);
      return engine.runs.splice(0).map(({ stack }) => stack);
    };
    try {
      await services.createNamespacedService({ namespace, body: queue });
      engine.request("cluster-b");
      // The exporter's new contract runs the importer, whose contract then lists the import, and runs the exporter, whose stays.
      assert.deepEqual(await rested(), ["cluster-b", "cluster-a", "cluster-b"]);
      const hosts = ["bar", "queue"].map((name) => `${name}.xyz.svc.cluster-b.local`);
      assert.deepEqual(await importedHosts(lab, "cluster-a"), hosts);

      await services.deleteNamespacedService({ namespace, name: "queue" });
      engine.request("cluster-b");
      assert.deepEqual(await rested(), ["cluster-b", "cluster-a", "cluster-b"]);
      assert.deepEqual(await importedHosts(lab, "cluster-a"), hosts.slice(0, 1));
    } finally {
      await engine.stop();
    }
  });

  it("can be worked on from another shell, by `npm run lab -- exec`", async () => {
    const args = [
      "lab/main.ts",
      "exec",
      "pulumi",
      "stack",
      "output",
      "peers",
      "--json",
      "--stack",
      "cluster-a",
    ];
    const { stdout } = await execa(process.execPath, args, { cwd: CHECKOUT });
    assert.deepEqual(JSON.parse(stdout.slice(stdout.indexOf("{"))), {
      "cluster-b": { state: "ready", reason: "", since: "", imported: 1 },
    });
  });

  it("pass on the exit code of a command that another shell runs", async () => {
    const args = ["lab/main.ts", "exec", "sh", "-c", "exit 7"];
    const { exitCode } = await execa(process.execPath, args, { cwd: CHECKOUT, reject: false });
    assert.equal(exitCode, 7);
  });

  it("keep a second lab out of their folder, naming it and the process", async () => {
    const { dir } = federated.lab;
    const expected = new RegExp(`running already in ${dir} \\(process ${process.pid}\\)`);
    await assert.rejects(startLab({ dir, log, plugins: "auto" }), expected);
  });
});
