import { gatewayConflicts, gatewayPorts } from "../../../../federation/traffic/rules/gatewayServers.ts";
import { istioObject, pod, ruleTable, service } from "../trafficCase.ts";

const gateway = (name: string, host = "a.example", selector = "app: in", port = 80) =>
  istioObject(
    "Gateway",
    name,
    `selector: {${selector}}, servers: [{port: {number: ${port}, name: http, protocol: HTTP}, hosts: [${host}]}]`,
  );
const inNamespace = (yaml: string, namespace: string) =>
  yaml.replace("namespace: shop", `namespace: ${namespace}`);
const conflict = (level: string, source: string, other: string, of: string) =>
  `${level}: ${source}: Gateway shop/second: spec.servers[0].hosts: a.example at port 80 is in Gateway ${other} too (${of}), for the same Pods: Istio takes the older one's. Put the hosts into one of them, or give them different ports.`;

ruleTable(gatewayConflicts, [
  ["do not", gateway("first") + gateway("second", "b.example"), []],
  ["do not, at another port", gateway("first") + gateway("second", "a.example", "app: in", 8080), []],
  ["do not, of other Pods", gateway("first") + gateway("second", "a.example", "app: out"), []],
  [
    "do",
    gateway("first") + gateway("second"),
    [conflict("fault", "traffic.yaml, document 2", "shop/first", "traffic.yaml, document 1")],
  ],
  [
    "do, by another selector for the same Pod",
    gateway("first") + gateway("second", "a.example", "tier: edge"),
    [conflict("fault", "traffic.yaml, document 2", "shop/first", "traffic.yaml, document 1")],
    { workloads: [pod("in-1", "shop", { app: "in", tier: "edge" })] },
  ],
  [
    "do, of somebody else",
    gateway("second"),
    [conflict("fault", "traffic.yaml", "shop/theirs", "cluster")],
    { foreign: gateway("theirs") },
  ],
  [
    "do, of another namespace",
    gateway("second"),
    [conflict("warning", "traffic.yaml", "web/theirs", "cluster")],
    { foreign: inNamespace(gateway("theirs"), "web") },
  ],
]);

const PODS = { workloads: [pod("in-1", "shop", { app: "in" })] };

ruleTable(gatewayPorts, [
  ["do", gateway("front"), [], { ...PODS, services: [service("in", "shop", "http:80")] }],
  [
    "do, by the target port",
    gateway("front", "a.example", "app: in", 8080),
    [],
    {
      ...PODS,
      services: [{ ...service("in", "shop"), ports: [{ name: "http", port: 80, targetPort: 8080 }] }],
    },
  ],
  [
    "do not",
    gateway("front", "a.example", "app: in", 9090),
    [
      "warning: traffic.yaml: Gateway shop/front: spec.servers[0].port.number: 9090 is no port of Service shop/in, so nobody reaches it through the Service. Add the port to the Service (Helm value service.ports of the gateway chart), or correct it.",
    ],
    { ...PODS, services: [service("in", "shop", "http:80")] },
  ],
  ["are not there", gateway("front", "a.example", "app: in", 9090), [], PODS],
]);
