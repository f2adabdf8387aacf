import assert from "node:assert/strict";
import type { ExportRule } from "../../federation/config/exports.ts";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readServices } from "../../discovery/services.ts";
import { CAPTURES_ALL } from "../../federation/exports/inboundCapture.ts";
import type { FoundServices } from "../../federation/exports/clusterServices.ts";
import { POD, SERVICE, SERVICE_ACCOUNT, WORKLOAD_ENTRY } from "../../kubernetes/kinds.ts";
import { sharedCluster } from "../providers/support/sharedCluster.ts";
import type { TestCluster } from "../providers/support/testCluster.ts";
import { valueOf } from "./support.ts";

/** Fields of a workload that Istio has not injected. */
const NO_SIDECAR = { addresses: [], hostNetwork: false, inject: undefined, capture: CAPTURES_ALL };
const EXPORT = { "istio-federation.dev/export": "true" };

describe("readServices on a real API server", () => {
  let cluster: TestCluster;

  before(async () => {
    cluster = await sharedCluster(false);
    for (const namespace of ["xyz", "other"]) await cluster.makeNamespace(namespace);
    const ports = [{ name: "http", port: 8080, appProtocol: "http" }];
    await cluster.make(SERVICE, "xyz", "bar", { labels: EXPORT, spec: { selector: { app: "bar" }, ports } });
    await cluster.make(SERVICE, "xyz", "hidden", { spec: { selector: { app: "hidden" }, ports } });
    await cluster.make(SERVICE, "other", "foo", {
      labels: EXPORT,
      spec: { clusterIP: "None", selector: { app: "foo" }, ports },
    });
    await cluster.make(SERVICE_ACCOUNT, "xyz", "bar", {});
    await cluster.make(POD, "xyz", "bar-1", {
      labels: { app: "bar" },
      spec: {
        serviceAccountName: "bar",
        containers: [{ name: "a", image: "a", ports: [{ name: "web", containerPort: 8000 }] }],
      },
    });
  });

  after(() => cluster.clear());

  async function read(rules: ExportRule[]): Promise<FoundServices> {
    return valueOf(await new ClusterReader(cluster.kubeconfig).read((client) => readServices(client, rules)));
  }

  function names({ services }: FoundServices): string[] {
    return services.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  }

  it("reads Services where Istio's CRDs are not installed", async () => {
    const { services, workloads } = await read([{ namespaces: ["xyz"], services: ["bar"] }]);
    const bar = services.find(({ name }) => name === "bar");
    assert.deepEqual(bar?.ports, [
      { name: "http", port: 8080, protocol: "TCP", appProtocol: "http", targetPort: 8080 },
    ]);
    assert.deepEqual(bar.selector, { app: "bar" });
    const pod = {
      kind: "Pod",
      namespace: "xyz",
      name: "bar-1",
      labels: { app: "bar" },
      serviceAccount: "bar",
    };
    assert.deepEqual(workloads, [{ ...pod, ready: false, ports: { web: 8000 }, ...NO_SIDECAR }]);
  });

  it("finds labelled Services in all namespaces, each once", async () => {
    assert.deepEqual(names(await read([{ selector: EXPORT }, { selector: EXPORT, namespaces: ["xyz"] }])), [
      "other/foo",
      "xyz/bar",
    ]);
  });

  it("finds labelled Services in one namespace", async () => {
    assert.deepEqual(names(await read([{ selector: EXPORT, namespaces: ["other"] }])), ["other/foo"]);
  });

  it("reads WorkloadEntries with the labels that Istio gives them", async () => {
    await cluster.installIstioKinds();
    await cluster.make(WORKLOAD_ENTRY, "xyz", "vm", {
      labels: { app: "bar" },
      spec: { address: "127.0.0.9", serviceAccount: "bar-vm", labels: { app: "x", version: "v1" } },
    });
    const { workloads } = await read([{ namespaces: ["xyz"], services: ["bar"] }]);
    assert.deepEqual(workloads[1], {
      ...NO_SIDECAR,
      kind: "WorkloadEntry",
      namespace: "xyz",
      name: "vm",
      labels: { app: "bar", version: "v1" },
      serviceAccount: "bar-vm",
      ready: true,
      ports: {},
    });
  });
});
