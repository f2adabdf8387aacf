import assert from "node:assert/strict";
import { balancerAddresses } from "../../../lab/kubelet/addresses.ts";

const SERVICE = {
  metadata: { namespace: "istio-gateway", name: "eastwestgateway" },
  spec: { type: "LoadBalancer", selector: { istio: "eastwestgateway" } },
};
const podAt = (
  podIP: string,
  { namespace = "istio-gateway", istio = "eastwestgateway", ready = "True" } = {},
) => ({
  metadata: { namespace, labels: { istio, other: "x" } },
  status: { podIP, conditions: [{ type: "Ready", status: ready }] },
});

describe("balancerAddresses", () => {
  it("are those of the ready Pods that the Service selects, sorted", () => {
    const pods = [
      podAt("127.10.0.4"),
      podAt("127.10.0.3"),
      podAt("127.10.0.5", { ready: "False" }),
      podAt("127.10.0.6", { istio: "ingressgateway" }),
      podAt("127.10.0.7", { namespace: "abc" }),
    ];
    assert.deepEqual(balancerAddresses(SERVICE, pods), ["127.10.0.3", "127.10.0.4"]);
  });

  it("are none of a Service of another type, or without a selector", () => {
    const clusterIP = { ...SERVICE, spec: { ...SERVICE.spec, type: "ClusterIP" } };
    assert.equal(balancerAddresses(clusterIP, [podAt("127.10.0.3")]), undefined);
    assert.equal(
      balancerAddresses({ ...SERVICE, spec: { type: "LoadBalancer" } }, [podAt("127.10.0.3")]),
      undefined,
    );
  });
});
