import assert from "node:assert/strict";
import { formatObject, objectKey } from "../../../federation/traffic/trafficObject.ts";
import { inWriteOrder, writeOrder } from "../../../federation/traffic/writeOrder.ts";
import { contextOf, istioObject, virtualService } from "./trafficCase.ts";

const to = (host: string, more = "") =>
  virtualService(`hosts: [reviews], ${more} http: [{route: [{destination: {host: ${host}}}]}]`);
const rule = (host: string, name = "rule") => istioObject("DestinationRule", name, `host: "${host}"`);
const entry = (host: string, more = "") =>
  istioObject("ServiceEntry", "entry", `hosts: ["${host}"], ports: [{number: 80, name: http}] ${more}`);
const gatewayApi = (kind: string, name: string, spec: string) =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\nspec: {${spec}}\n---\n`;

/** Formats the order of some objects: `VirtualService shop/reviews after DestinationRule shop/rule`. */
function orderOf(yaml: string): string[] {
  const { objects, hosts } = contextOf(yaml);
  const order = writeOrder(objects, hosts, "istio-system");
  const names = new Map(objects.map((object) => [objectKey(object), formatObject(object)]));
  const sorted = inWriteOrder(objects, order).map(objectKey);
  for (const [key, earlier] of Object.entries(order))
    for (const each of earlier)
      assert.ok(sorted.indexOf(each) < sorted.indexOf(key), `${each} before ${key}`);
  assert.equal(sorted.length, objects.length);
  return Object.entries(order).map(
    ([key, earlier]) =>
      `${names.get(key) ?? key} after ${earlier.map((each) => names.get(each) ?? each).join(", ")}`,
  );
}

const CASES: readonly [title: string, yaml: string, expected: string[]][] = [
  ["nothing before a route to a Service", to("reviews"), []],
  [
    "the DestinationRule of a destination before the route, by short and full name",
    to("reviews") + rule("reviews.shop.svc.paris.local"),
    ["VirtualService shop/reviews after DestinationRule shop/rule"],
  ],
  ["no DestinationRule of another host", to("reviews") + rule("ratings"), []],
  [
    "a DestinationRule of a wildcard",
    to("a.example.com") + rule("*.example.com"),
    ["VirtualService shop/reviews after DestinationRule shop/rule"],
  ],
  [
    "the ServiceEntry of a destination before the route, and its DestinationRule before both",
    to("a.example.com") + entry("a.example.com") + rule("a.example.com"),
    [
      "ServiceEntry shop/entry after DestinationRule shop/rule",
      "VirtualService shop/reviews after DestinationRule shop/rule, ServiceEntry shop/entry",
    ],
  ],
  [
    "the target of a mirror",
    virtualService(
      "hosts: [a], http: [{route: [{destination: {host: a}}], mirrors: [{destination: {host: b}}]}]",
    ) + rule("b"),
    ["VirtualService shop/reviews after DestinationRule shop/rule"],
  ],
  [
    "routes by SNI and of TCP",
    virtualService(
      "hosts: [a], tls: [{match: [{sniHosts: [a]}], route: [{destination: {host: b}}]}], tcp: [{route: [{destination: {host: c}}]}]",
    ) +
      rule("b", "b") +
      rule("c", "c"),
    ["VirtualService shop/reviews after DestinationRule shop/b, DestinationRule shop/c"],
  ],
  [
    "a Gateway by its short and its full name, and none of another namespace",
    to("reviews", "gateways: [web, shop/other, else/third, mesh],") +
      istioObject("Gateway", "web", "servers: []") +
      istioObject("Gateway", "other", "servers: []") +
      istioObject("Gateway", "third", "servers: []"),
    ["VirtualService shop/reviews after Gateway shop/other, Gateway shop/web"],
  ],
  [
    "a delegate before the route that names it, and no cycle of two that name each other",
    virtualService("hosts: [a], http: [{delegate: {name: inner}}]", "outer") +
      virtualService("http: [{delegate: {name: second}}]", "inner") +
      virtualService("http: [{delegate: {name: inner}}]", "second"),
    ["VirtualService shop/outer after VirtualService shop/inner"],
  ],
  [
    "the WorkloadEntries that a ServiceEntry selects",
    entry("a.example.com", ", workloadSelector: {labels: {app: a}}") +
      istioObject("WorkloadEntry", "one", "address: 10.0.0.1, labels: {app: a}") +
      istioObject("WorkloadEntry", "two", "address: 10.0.0.2, labels: {app: b}"),
    ["ServiceEntry shop/entry after WorkloadEntry shop/one"],
  ],
  [
    "ServiceEntries before a Sidecar that refuses other hosts, and not before others",
    entry("a.example.com") +
      istioObject("Sidecar", "strict", "outboundTrafficPolicy: {mode: REGISTRY_ONLY}") +
      istioObject("Sidecar", "open", "outboundTrafficPolicy: {mode: ALLOW_ANY}"),
    ["Sidecar shop/strict after ServiceEntry shop/entry"],
  ],
  [
    "the reading of tokens before policies",
    istioObject("AuthorizationPolicy", "users", "rules: []", "security") +
      istioObject("RequestAuthentication", "tokens", "jwtRules: []", "security"),
    ["AuthorizationPolicy shop/users after RequestAuthentication shop/tokens"],
  ],
  [
    "parents and backends of the Gateway API's routes, and no Gateway of Istio",
    gatewayApi(
      "HTTPRoute",
      "route",
      "parentRefs: [{name: web}], rules: [{backendRefs: [{name: reviews, port: 80}, {kind: Hostname, group: networking.istio.io, name: a.example.com, port: 80}]}]",
    ) +
      gatewayApi("Gateway", "web", "listeners: []") +
      istioObject("Gateway", "web", "servers: []") +
      rule("reviews") +
      entry("a.example.com"),
    ["HTTPRoute shop/route after Gateway shop/web, DestinationRule shop/rule, ServiceEntry shop/entry"],
  ],
];

describe("The order in which traffic objects are written has", () => {
  for (const [title, yaml, expected] of CASES)
    it(title, () => {
      assert.deepEqual(orderOf(yaml).sort(), [...expected].sort());
    });
});
