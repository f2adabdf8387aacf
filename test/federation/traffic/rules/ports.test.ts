import { eastWestPort, portNumbers, protocolNames } from "../../../../federation/traffic/rules/ports.ts";
import { istioObject, pod, ruleTable, virtualService } from "../trafficCase.ts";

const gateway = (port: string, selector = "app: in") =>
  istioObject(
    "Gateway",
    "front",
    `selector: {${selector}}, servers: [{port: {${port}}, hosts: [a.example]}]`,
  );
const GATEWAY = "traffic.yaml: Gateway shop/front: spec.servers[0].port";

ruleTable(portNumbers, [
  ["are", gateway("number: 443, name: https, protocol: HTTPS"), []],
  [
    "are not, in a Gateway",
    gateway("number: 70000, name: https, protocol: HTTPS, targetPort: 0"),
    [
      `fault: ${GATEWAY}.number: 70000 is no port: a whole number from 1 to 65535. Correct it.`,
      `fault: ${GATEWAY}.targetPort: 0 is no port: a whole number from 1 to 65535. Correct it.`,
    ],
  ],
  [
    "are not, in a route and its match",
    virtualService(
      "hosts: [a], http: [{match: [{port: 0}], route: [{destination: {host: a, port: {number: 99999}}}]}]",
    ),
    [
      "fault: traffic.yaml: VirtualService shop/reviews: spec.http[0].match[0].port: 0 is no port: a whole number from 1 to 65535. Correct it.",
      "fault: traffic.yaml: VirtualService shop/reviews: spec.http[0].route[0].destination.port.number: 99999 is no port: a whole number from 1 to 65535. Correct it.",
    ],
  ],
  [
    "are sockets",
    istioObject(
      "Gateway",
      "front",
      'servers: [{port: {number: 0, name: a, protocol: HTTP}, bind: "unix:///run/a"}]',
    ),
    [],
  ],
  [
    "are other numbers",
    istioObject(
      "DestinationRule",
      "a",
      "host: a, trafficPolicy: {connectionPool: {tcp: {maxConnections: 70000}}}",
    ),
    [],
  ],
]);

ruleTable(protocolNames, [
  ["are", gateway("number: 443, name: https, protocol: HTTPS"), []],
  [
    "are, in small letters",
    gateway("number: 80, name: http, protocol: http"),
    [
      `warning: ${GATEWAY}.protocol: "http" is not in capitals: Istio reads HTTP, and other tools may not. Write HTTP.`,
    ],
  ],
  [
    "are, in small letters of a Sidecar",
    istioObject("Sidecar", "a", "ingress: [{port: {number: 80, name: http, protocol: http}}]"),
    [
      'warning: traffic.yaml: Sidecar shop/a: spec.ingress[0].port.protocol: "http" is not in capitals: Istio reads HTTP, and other tools may not. Write HTTP.',
    ],
  ],
  [
    "are not",
    istioObject(
      "ServiceEntry",
      "a",
      "hosts: [a.example], resolution: DNS, ports: [{number: 443, name: tls, protocol: HTPS}]",
    ),
    [
      "fault: traffic.yaml: ServiceEntry shop/a: spec.ports[0].protocol: \"HTPS\" is none of Istio's protocols (GRPC, GRPC-WEB, HTTP, HTTP2, HTTPS, HTTP_PROXY, MONGO, MYSQL, REDIS, TCP, TLS, UDP). Write 'HTTPS', if that is what you mean.",
    ],
  ],
]);

const EAST_WEST = {
  workloads: [pod("gw-1", "istio-gateway", { istio: "eastwestgateway" }), pod("in-1", "shop", { app: "in" })],
};
const TAKEN = `fault: ${GATEWAY}.number: 15443 is the port of the east-west gateway, at which peers call exported services. Write another port, or select the Pods of another gateway.`;

ruleTable(eastWestPort, [
  ["do, by its label", gateway("number: 15443, name: tls, protocol: TLS", "istio: eastwestgateway"), [TAKEN]],
  [
    "do, of a gateway that somebody else runs",
    gateway("number: 15443, name: tls, protocol: TLS"),
    [TAKEN],
    { eastWestSelector: { app: "in", tier: "edge" } },
  ],
  ["do, of all Pods", gateway("number: 15443, name: tls, protocol: TLS", ""), [TAKEN], EAST_WEST],
  ["do not: the Pods of another gateway", gateway("number: 15443, name: tls, protocol: TLS"), [], EAST_WEST],
  [
    "do not: another port",
    gateway("number: 443, name: tls, protocol: TLS", "istio: eastwestgateway"),
    [],
    EAST_WEST,
  ],
]);
