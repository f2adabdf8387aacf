import assert from "node:assert/strict";
import type { ClusterClient } from "../../kubernetes/client.ts";
import {
  type NodeChoice,
  type NodeObject,
  NODES_LIMIT,
  nodeAddresses,
} from "../../kubernetes/gatewayNodes.ts";
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
      missing:
        "no node is ready, not excluded from load balancers by its label (and has a gateway Pod, with externalTrafficPolicy Local) " +
        "for Service istio-gateway/eastwestgateway",
    });
  });
});

describe("readGatewayStatus by the Service's ports", () => {
  const address = "203.0.113.1";
  const statusOf = (spec: object) => {
    const status = { loadBalancer: { ingress: [{ ip: address }] } };
    const client = { get: () => Promise.resolve({ spec: { type: "LoadBalancer", ...spec }, status }) };
    return readGatewayStatus(client as unknown as ClusterClient, GATEWAY);
  };
  const cases: [title: string, spec: object, port: number | undefined][] = [
    ["is the one that leads to the Pods' port", { ports: [{ port: 443, targetPort: 15443 }] }, 443],
    [
      "is not one of that number that leads elsewhere",
      {
        ports: [
          { port: 15443, targetPort: 8443 },
          { port: 443, targetPort: 15443 },
        ],
      },
      443,
    ],
    ["is one of that number by name", { ports: [{ port: 15443, targetPort: "tls" }] }, 15443],
    ["is none for UDP", { ports: [{ port: 15443, protocol: "UDP" }] }, undefined],
    [
      "is called at external IPs where there is nothing else",
      { type: "ClusterIP", externalIPs: [address], ports: [{ port: 15443 }] },
      15443,
    ],
    ["is called nowhere inside the cluster", { type: "ClusterIP", ports: [{ port: 15443 }] }, undefined],
  ];
  for (const [title, spec, port] of cases)
    it(title, async () => {
      const status = await statusOf(spec);
      assert.deepEqual(
        "addresses" in status ? status.addresses : [],
        port === undefined ? [] : [{ address, port }],
      );
    });
});

describe("Nodes of a gateway of type NodePort", () => {
  const READY = [{ type: "Ready", status: "True" }];
  const nodeOf = (name: string, address: string, metadata: object = {}, spec: object = {}): NodeObject => ({
    metadata: { name, ...metadata },
    spec,
    status: { conditions: READY, addresses: [{ type: "InternalIP", address }] },
  });
  const chosen = (nodes: NodeObject[], changes: Partial<NodeChoice> = {}) =>
    nodeAddresses({ nodes, families: [], pods: undefined, ...changes });
  const good = nodeOf("good", "10.0.0.1");

  for (const [title, other, isUsed] of [
    [
      "uses a cordoned node, as load balancers do",
      nodeOf("n", "10.0.0.2", {}, { unschedulable: true }),
      true,
    ],
    [
      "skips a node with the label of those outside of load balancers",
      nodeOf("n", "10.0.0.2", {
        labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "false" },
      }),
      false,
    ],
    [
      "skips a node that the autoscaler is about to delete",
      nodeOf("n", "10.0.0.2", {}, { taints: [{ key: "ToBeDeletedByClusterAutoscaler" }] }),
      false,
    ],
    [
      "skips a node that Karpenter is about to delete",
      nodeOf("n", "10.0.0.2", {}, { taints: [{ key: "karpenter.sh/disrupted" }] }),
      false,
    ],
    ["uses a node with other taints", nodeOf("n", "10.0.0.2", {}, { taints: [{ key: "gpu" }] }), true],
    [
      "skips a node that is being deleted",
      nodeOf("n", "10.0.0.2", { deletionTimestamp: "2026-11-30" }),
      false,
    ],
    ["skips an address that is none", nodeOf("n", "fe80::1%eth0x%"), false],
  ] as const)
    it(title, () => {
      assert.deepEqual(chosen([other, good]).includes("10.0.0.2"), isUsed);
      assert.ok(chosen([other, good]).includes("10.0.0.1"));
    });

  it("are those with a ready Pod of the gateway, with externalTrafficPolicy Local", () => {
    const pod = (name: string, nodeName: string, status: string, metadata = {}) => ({
      metadata: { name, ...metadata },
      spec: { nodeName },
      status: { conditions: [{ type: "Ready", status }] },
    });
    const nodes = ["a", "b", "c", "d"].map((name, index) => nodeOf(name, `10.0.0.${index + 1}`));
    const pods = [
      pod("1", "a", "True"),
      pod("2", "b", "False"),
      pod("3", "c", "True", { deletionTimestamp: "2026-11-30" }),
    ];
    assert.deepEqual(chosen(nodes, { pods }), ["10.0.0.1"]);
    assert.deepEqual(chosen(nodes, { pods: [] }), []);
  });

  it("have addresses of the Service's families", () => {
    const dual = nodeOf("dual", "10.0.0.1");
    dual.status!.addresses!.push({ type: "InternalIP", address: "fd00::1" });
    assert.deepEqual(chosen([dual]), ["10.0.0.1", "fd00::1"]);
    assert.deepEqual(chosen([dual], { families: ["IPv6"] }), ["fd00::1"]);
    assert.deepEqual(chosen([dual], { families: ["IPv4"] }), ["10.0.0.1"]);
  });

  it("are the oldest of each zone, at most so many, in any order of the list", () => {
    const nodes = Array.from({ length: 60 }, (_, index) =>
      nodeOf(`n${String(index).padStart(2, "0")}`, `10.0.0.${index}`, {
        creationTimestamp: `2026-11-${String((index % 28) + 1).padStart(2, "0")}T00:00:00Z`,
        labels: { "topology.kubernetes.io/zone": index < 50 ? "a" : "b" },
      }),
    );
    const first = chosen(nodes);
    assert.equal(first.length, NODES_LIMIT);
    assert.equal(first.filter((address) => Number(address.split(".")[3]) >= 50).length, NODES_LIMIT / 2);
    assert.deepEqual(chosen([...nodes].reverse()), first);
    const younger = nodeOf("young", "10.0.1.1", { creationTimestamp: "2026-12-01T00:00:00Z" });
    younger.metadata.labels = { "topology.kubernetes.io/zone": "a" };
    assert.deepEqual(chosen([younger, ...nodes]), first);
  });
});
