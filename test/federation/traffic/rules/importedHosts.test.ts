import {
  claimedImports,
  rulesOfImports,
  sharedWeights,
} from "../../../../federation/traffic/rules/importedHosts.ts";
import { imported, istioObject, ruleTable, service, virtualService } from "../trafficCase.ts";

const STOCK = "stock.shop.svc.berlin.local";
const IMPORTS = { imports: [imported(STOCK)] };
const rule = (spec: string, host = STOCK) =>
  istioObject("DestinationRule", "stock", `host: "${host}", ${spec}`);
const RULE = "traffic.yaml: DestinationRule shop/stock: spec: ";

ruleTable(rulesOfImports, [
  [
    "does, with settings of connections alone",
    rule("trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}"),
    [],
    IMPORTS,
  ],
  ["does, with Istio's mutual TLS", rule("trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}"), [], IMPORTS],
  [
    "does not, without TLS",
    rule("trafficPolicy: {tls: {mode: DISABLE}}"),
    [
      `fault: ${RULE}is for ${STOCK}, which peer berlin serves, and sets TLS mode DISABLE, so calls fail: the peer's gateway takes Istio's mutual TLS alone. Write tls.mode ISTIO_MUTUAL, or remove tls.`,
    ],
    IMPORTS,
  ],
  [
    "does not, as a wildcard for several hosts",
    rule("trafficPolicy: {tls: {mode: SIMPLE}}", "*.berlin.local"),
    [
      `fault: ${RULE}is for a.b.svc.berlin.local, ${STOCK}, which peer berlin serves, and sets TLS mode SIMPLE, so calls fail: the peer's gateway takes Istio's mutual TLS alone. Write tls.mode ISTIO_MUTUAL, or remove tls.`,
    ],
    { imports: [imported("a.b.svc.berlin.local"), imported(STOCK)] },
  ],
  [
    "does not, without the SNI of a host with another name here",
    rule("trafficPolicy: {loadBalancer: {simple: RANDOM}}", "stock.berlin"),
    [
      `fault: ${RULE}is for stock.berlin, which peer berlin serves, and has not the SNI by which the peer's gateway knows the service, so calls fail. Write tls {mode: ISTIO_MUTUAL, sni: outbound_.8080_._.${STOCK}} for port 8080 of stock.berlin, and likewise for each port and host.`,
    ],
    { imports: [imported("stock.berlin", { service: { ...imported(STOCK).service!, remoteHost: STOCK } })] },
  ],
  [
    "verifies no server",
    rule("trafficPolicy: {tls: {mode: ISTIO_MUTUAL, insecureSkipVerify: true}}"),
    [
      `warning: ${RULE}is for ${STOCK}, which peer berlin serves, and has insecureSkipVerify, so whoever is on the way can answer as the service. Remove it.`,
    ],
    IMPORTS,
  ],
  [
    "is for namespaces that do not see the host",
    rule("exportTo: [web], trafficPolicy: {tls: {mode: DISABLE}}"),
    [],
    { imports: [imported(STOCK, { exportTo: ["shop"] })] },
  ],
  [
    "is for another host",
    rule("trafficPolicy: {tls: {mode: DISABLE}}", "x.shop.svc.berlin.local"),
    [],
    IMPORTS,
  ],
]);

const shares = (local: number, peer: number) =>
  virtualService(
    `hosts: [stock], http: [{route: [{destination: {host: stock}, weight: ${local}}, {destination: {host: ${STOCK}}, weight: ${peer}}]}]`,
  );
const CLUSTER = {
  ...IMPORTS,
  services: [service("stock", "shop", "http:8080"), service("old", "shop", "http:8080")],
};

ruleTable(sharedWeights, [
  [
    "is, with weights between a Service and an import",
    shares(80, 20),
    [
      `warning: traffic.yaml: VirtualService shop/reviews: spec.http[0].route: shares calls with ${STOCK} of peer berlin: while the peer does not answer its share fails, as there is no failover between hosts. Take the share back by hand then; for failover let several peers serve one host (docs/imports.md).`,
    ],
    CLUSTER,
  ],
  ["is not, with a weight of 0", shares(100, 0), [], CLUSTER],
  [
    "is not, between two Services",
    virtualService(
      "hosts: [stock], http: [{route: [{destination: {host: stock}, weight: 80}, {destination: {host: old}, weight: 20}]}]",
    ),
    [],
    CLUSTER,
  ],
  [
    "is not, with all calls to the peer",
    virtualService(`hosts: [stock], http: [{route: [{destination: {host: ${STOCK}}}]}]`),
    [],
    CLUSTER,
  ],
]);

const entry = (host: string, more = "") =>
  istioObject(
    "ServiceEntry",
    "stock",
    `hosts: [${host}], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS${more}`,
  );

ruleTable(claimedImports, [
  ["do not", entry("api.example.com"), [], IMPORTS],
  [
    "do",
    entry(STOCK),
    [
      `fault: traffic.yaml: ServiceEntry shop/stock: spec.hosts[0]: "${STOCK}" is imported from peer berlin: Istio would take one of the two entries. Remove the host here, or leave it out of the import (peers.berlin.imports).`,
    ],
    IMPORTS,
  ],
  [
    "do, for namespaces that do not see the import",
    entry(STOCK, ", exportTo: [web]"),
    [],
    { imports: [imported(STOCK, { exportTo: ["shop"] })] },
  ],
]);
