import assert from "node:assert/strict";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { type GatewayStatus, readGatewayStatus } from "../../kubernetes/gatewayService.ts";

const GATEWAY = { namespace: "istio-gateway", service: "eastwestgateway", port: 15443 };

function node(ready: boolean, addresses: Record<string, string>): object {
  return {
    metadata: { name: "n" },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "Unknown" }],
      addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
    },
  };
}

/** Reads a gateway of type NodePort in a cluster of these nodes. */
function statusOn(...nodes: object[]): Promise<GatewayStatus> {
  const spec = { type: "NodePort", ports: [{ port: 15443, nodePort: 31443 }] };
  const client = { get: () => Promise.resolve({ spec }), list: () => Promise.resolve(nodes) };
  return readGatewayStatus(client as unknown as ClusterClient, GATEWAY);
}

describe("readGatewayStatus with type NodePort", () => {
  it("prefers external addresses as soon as one ready node has one", async () => {
    const status = await statusOn(
      node(true, { InternalIP: "10.0.0.1" }),
      node(true, { InternalIP: "10.0.0.2", ExternalIP: "203.0.113.1" }),
    );
    assert.deepEqual(status, { addresses: [{ address: "203.0.113.1", port: 31443 }] });
  });

  it("returns internal addresses when no ready node has an external one", async () => {
    const status = await statusOn(
      node(true, { InternalIP: "10.0.0.1", Hostname: "n" }),
      node(false, { ExternalIP: "203.0.113.1" }),
    );
    assert.deepEqual(status, { addresses: [{ address: "10.0.0.1", port: 31443 }] });
  });

  it("skips nodes that are not ready, or report nothing", async () => {
    assert.deepEqual(await statusOn(node(false, { InternalIP: "10.0.0.1" }), { metadata: { name: "n" } }), {
      missing: "no node is ready for Service istio-gateway/eastwestgateway",
    });
  });
});
