import assert from "node:assert/strict";
import { type NodeObject, nodeHosts } from "../../kubernetes/gatewayService.ts";

function node(ready: boolean, addresses: Record<string, string>): NodeObject {
  return {
    metadata: { name: "n" },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
      addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
    },
  };
}

describe("nodeHosts", () => {
  it("prefers external addresses as soon as one ready node has one", () => {
    const nodes = [
      node(true, { InternalIP: "10.0.0.1" }),
      node(true, { InternalIP: "10.0.0.2", ExternalIP: "203.0.113.1" }),
    ];
    assert.deepEqual(nodeHosts(nodes), ["203.0.113.1"]);
  });

  it("takes internal addresses when there are no external ones", () => {
    const nodes = [
      node(true, { InternalIP: "10.0.0.1", Hostname: "n" }),
      node(false, { ExternalIP: "203.0.113.1" }),
    ];
    assert.deepEqual(nodeHosts(nodes), ["10.0.0.1"]);
  });

  it("takes none of nodes that are not ready, or say nothing", () => {
    assert.deepEqual(nodeHosts([node(false, { InternalIP: "10.0.0.1" }), { metadata: { name: "n" } }]), []);
  });
});
