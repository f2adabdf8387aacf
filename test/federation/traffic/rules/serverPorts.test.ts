import { serverTls, sharedPorts } from "../../../../federation/traffic/rules/serverPorts.ts";
import { istioObject, ruleTable } from "../trafficCase.ts";

const server = (name: string, protocol: string, more = "", host = "a.example", number = 443) =>
  `{port: {number: ${number}, name: ${name}, protocol: ${protocol}}, hosts: [${host}]${more}}`;
const gateway = (...servers: string[]) =>
  istioObject("Gateway", "front", `selector: {app: in}, servers: [${servers.join(", ")}]`);
const SIMPLE = ", tls: {mode: SIMPLE, credentialName: a}";
const AT = "fault: traffic.yaml: Gateway shop/front: spec.servers";

ruleTable(serverTls, [
  [
    "have, and a redirect",
    gateway(server("a", "HTTPS", SIMPLE), server("b", "HTTP", ", tls: {httpsRedirect: true}")),
    [],
  ],
  [
    "have none",
    gateway(server("a", "https")),
    [
      `${AT}[0].tls: is missing at protocol HTTPS. Add 'tls: {mode: SIMPLE, credentialName: ...}', or mode PASSTHROUGH.`,
    ],
  ],
  [
    "have some without TLS",
    gateway(server("a", "HTTP", SIMPLE), server("b", "TCP", SIMPLE)),
    [
      `${AT}[0].tls: does not fit protocol HTTP, which has no TLS. Write protocol HTTPS.`,
      `${AT}[1].tls: does not fit protocol TCP, which has no TLS. Write protocol TLS.`,
    ],
  ],
]);

const dropped = (why: string) =>
  `${AT}[1].port.number: 443 has no effect: spec.servers[0] ${why}. Write another port, or put both into one server.`;
ruleTable(sharedPorts, [
  ["can: HTTP", gateway(server("a", "HTTP"), server("b", "GRPC")), []],
  [
    "can: TLS of two hosts",
    gateway(server("a", "HTTPS", SIMPLE), server("b", "TLS", SIMPLE, "b.example")),
    [],
  ],
  [
    "can: two addresses",
    gateway(server("a", "TCP", ", bind: 10.0.0.1"), server("b", "TCP", ", bind: 10.0.0.2")),
    [],
  ],
  [
    "cannot: HTTP and HTTPS",
    gateway(server("a", "HTTP"), server("b", "HTTPS", SIMPLE)),
    [dropped("has HTTP at this port before")],
  ],
  [
    "cannot: TCP twice",
    gateway(server("a", "TCP"), server("b", "MYSQL", "", "b.example")),
    [dropped("has TCP at this port before, which has no hosts that tell servers apart")],
  ],
  [
    "cannot: TLS of one host for two namespaces",
    gateway(server("a", "HTTPS", SIMPLE, "./a.example"), server("b", "TLS", SIMPLE, "web/a.example")),
    [dropped("has TLS for host a.example at this port before")],
  ],
  [
    "cannot: one name twice",
    gateway(server("a", "HTTP"), server("a", "HTTP", "", "b.example", 80)),
    [
      `${AT}[1].port.name: "a" is the name of spec.servers[0] too, and istiod refuses two. Give each server's port a name of its own.`,
    ],
  ],
]);
