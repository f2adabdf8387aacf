import { entryAddresses, entryProtocols } from "../../../../federation/traffic/rules/serviceEntries.ts";
import { subsetPods } from "../../../../federation/traffic/rules/subsetPods.ts";
import { istioObject, pod, ruleTable, service } from "../trafficCase.ts";

const entry = (spec: string, name = "db") => istioObject("ServiceEntry", name, spec);
const TCP = "ports: [{number: 5432, name: tcp, protocol: TCP}]";

ruleTable(entryAddresses, [
  ["have", entry(`hosts: [db.example], addresses: [10.1.0.0/16], resolution: NONE, ${TCP}`), []],
  ["get some by DNS", entry(`hosts: [db.example], resolution: DNS, ${TCP}`), []],
  [
    "need none for TLS",
    entry("hosts: [db.example], resolution: NONE, ports: [{number: 443, name: tls, protocol: TLS}]"),
    [],
  ],
  [
    "have none, with resolution NONE",
    entry(`hosts: [db.example], ${TCP}`),
    [
      "warning: traffic.yaml: ServiceEntry shop/db: spec.addresses: is missing with TCP at port 5432: it opens the port to any address outside the mesh, as resolution is NONE and nothing tells the host's calls apart. Write the server's addresses (a.b.c.d, or a.b.c.d/n), or protocol TLS with its host name.",
    ],
  ],
  [
    "have none, with a protocol over TCP",
    entry("hosts: [db.example], ports: [{number: 3306, name: mysql, protocol: MySQL}]"),
    [
      "warning: traffic.yaml: ServiceEntry shop/db: spec.addresses: is missing with TCP at port 3306: it opens the port to any address outside the mesh, as resolution is NONE and nothing tells the host's calls apart. Write the server's addresses (a.b.c.d, or a.b.c.d/n), or protocol TLS with its host name.",
    ],
  ],
  [
    "have none, with a wildcard",
    entry(`hosts: ["*.db.example"], resolution: DNS, ${TCP}`),
    [
      "warning: traffic.yaml: ServiceEntry shop/db: spec.addresses: is missing with TCP at port 5432: it takes all calls at that port, as Istio allots no address to wildcards. Write the server's addresses (a.b.c.d, or a.b.c.d/n), or protocol TLS with its host name.",
    ],
  ],
]);

const http = (name: string, protocol: string, more = "") =>
  entry(
    `hosts: [a.example], resolution: DNS, ports: [{number: 80, name: p, protocol: ${protocol}}]${more}`,
    name,
  );

ruleTable(entryProtocols, [
  ["do", http("one", "HTTP") + http("two", "HTTP"), []],
  [
    "do not",
    http("one", "HTTP") + http("two", "TCP"),
    [
      'warning: traffic.yaml, document 2: ServiceEntry shop/two: spec.ports[0].protocol: "TCP" differs from HTTP in ServiceEntry shop/one (traffic.yaml, document 1), which has the same host and port. Write the same protocol in both, or put the host into one ServiceEntry.',
    ],
  ],
  [
    "need not where nobody sees both",
    http("one", "HTTP", ", exportTo: [web]") + http("two", "TCP", ", exportTo: [api]"),
    [],
  ],
]);

const rule = (labels: string, host = "reviews") =>
  istioObject("DestinationRule", "reviews", `host: ${host}, subsets: [{name: v1, labels: {${labels}}}]`);
const CLUSTER = {
  services: [service("reviews", "shop", "http:80")],
  workloads: [
    pod("r-1", "shop", { app: "reviews", version: "v1" }),
    pod("o-1", "shop", { app: "other", version: "v2" }),
  ],
};

ruleTable(subsetPods, [
  ["have", rule("version: v1"), [], CLUSTER],
  [
    "have none",
    rule("version: v2"),
    [
      'warning: traffic.yaml: DestinationRule shop/reviews: spec.subsets[0]: "v1" selects no Pod of Service shop/reviews (version=v2): calls to it fail. Correct the labels, or start the Pods before calls are routed there.',
    ],
    CLUSTER,
  ],
  ["are by place of the endpoints", rule("topology.istio.io/network: n"), [], CLUSTER],
  ["are of a host that is no Service", rule("version: v2", "a.example"), [], CLUSTER],
]);
