import assert from "node:assert/strict";
import { meshManifests, workloadManifests } from "../../../lab/workloads/manifests.ts";
import { egressAddress, workloadsOf } from "../../../lab/workloads/workload.ts";

/** A listener of a Sidecar. */
interface Listener {
  port: { number: number; protocol: string };
  defaultEndpoint?: string;
}

describe("the lab's workloads", () => {
  const clusters: [cluster: string, network: string][] = [
    ["cluster-a", "127.10"],
    ["cluster-b", "127.20"],
    ["cluster-c", "127.60"],
  ];
  for (const [cluster, network] of clusters) {
    it(`of ${cluster} are one that is exported and one that is not, each with addresses of its own`, () => {
      const workloads = workloadsOf(cluster, network);
      assert.deepEqual(workloads.map(({ exported }) => exported).sort(), [false, true]);
      const addresses = workloads.flatMap((workload) => [workload.address, egressAddress(workload)]);
      assert.equal(new Set(addresses).size, addresses.length);
      for (const address of addresses) assert.ok(address.startsWith(`${network}.`));
    });
  }

  it("carry the export label only when exported", () => {
    const labels = workloadsOf("cluster-a", "127.10").map((workload) => {
      const service = workloadManifests(workload).find(({ kind }) => kind === "Service");
      return [workload.name, service?.metadata?.labels?.["istio-federation.dev/export"]];
    });
    assert.deepEqual(labels, [
      ["foo", "true"],
      ["internal", undefined],
    ]);
  });

  it("have in the Service, and in the sidecar's listeners, all their ports, with what Istio takes for their protocols", () => {
    const [bar] = workloadsOf("cluster-b", "127.20");
    const queue = { name: "tcp-queue", number: 9000, targetPort: 9001, appPort: 19_001 };
    const workload = { ...bar!, morePorts: [queue], calls: [{ name: "grpc-store", number: 9100 }] };
    const manifests = [...workloadManifests(workload), ...meshManifests(workload)];
    const specOf = (wanted: string) => manifests.find(({ kind }) => kind === wanted)?.spec;
    assert.deepEqual((specOf("Service") as { ports: unknown }).ports, [
      { name: "http", port: 8080, targetPort: 8080 },
      { name: "tcp-queue", port: 9000, targetPort: 9001 },
    ]);
    const { ingress, egress } = specOf("Sidecar") as Record<"ingress" | "egress", Listener[]>;
    assert.deepEqual(
      ingress.map(({ port, defaultEndpoint }) => [port.number, port.protocol, defaultEndpoint]),
      [
        [8080, "HTTP", "0.0.0.0:18080"],
        [9001, "TCP", "0.0.0.0:19001"],
      ],
    );
    assert.deepEqual(
      egress.map(({ port }) => [port.number, port.protocol]),
      [
        [8080, "HTTP"],
        [9100, "GRPC"],
      ],
    );
  });

  it("may have annotations of their own, and call one service alone on a port", () => {
    const [foo] = workloadsOf("cluster-a", "127.10");
    const calls = [{ name: "tcp-x", number: 9100, host: "x.y.svc.a.local" }];
    const workload = { ...foo!, annotations: { note: "z" }, calls };
    const manifests = [...workloadManifests(workload), ...meshManifests(workload)];
    const specOf = (wanted: string) => manifests.find(({ kind }) => kind === wanted)?.spec;
    const { egress } = specOf("Sidecar") as { egress: { hosts: string[] }[] };
    assert.deepEqual(
      egress.map(({ hosts }) => hosts),
      [["*/*"], ["*/x.y.svc.a.local"]],
    );
    const { template } = specOf("Deployment") as {
      template: { metadata: { annotations: Record<string, string> } };
    };
    assert.equal(template.metadata.annotations["note"], "z");
  });

  it("have the same address and labels in Pod and WorkloadEntry, so that the Service's endpoint is the Pod", () => {
    const [foo] = workloadsOf("cluster-a", "127.10");
    assert.ok(foo);
    const manifests = [...workloadManifests(foo), ...meshManifests(foo)];
    const entry = manifests.find(({ kind }) => kind === "WorkloadEntry")?.spec as Record<string, unknown>;
    const deployment = manifests.find(({ kind }) => kind === "Deployment")?.spec as {
      template: {
        metadata: { labels: unknown; annotations: Record<string, string> };
        spec: { serviceAccountName: string };
      };
    };
    const { metadata, spec } = deployment.template;
    assert.deepEqual(entry, {
      address: metadata.annotations["lab.istio-federation.dev/ip"],
      labels: metadata.labels,
      serviceAccount: spec.serviceAccountName,
    });
  });

  it("of two versions have one Service and identity, and Pods, listeners and endpoints of their own", () => {
    const two = workloadsOf("existing-2", "127.10").filter(({ name }) => name.startsWith("httpbin"));
    const manifests = two.flatMap((workload) => [...workloadManifests(workload), ...meshManifests(workload)]);
    const namesOf = (wanted: string) =>
      manifests.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata?.name);
    for (const shared of ["Service", "ServiceAccount"])
      assert.deepEqual(namesOf(shared), ["httpbin", "httpbin"]);
    for (const own of ["Deployment", "Sidecar", "WorkloadEntry"])
      assert.deepEqual(namesOf(own), ["httpbin", "httpbin-2"]);
    const selectors = manifests.flatMap(({ kind, spec }) =>
      kind === "Sidecar" ? [(spec as { workloadSelector: { labels: object } }).workloadSelector.labels] : [],
    );
    assert.deepEqual(selectors, [
      { app: "httpbin", version: "v1" },
      { app: "httpbin", version: "v2" },
    ]);
  });
});
