import assert from "node:assert/strict";
import { traffic } from "../../../../federation/config/traffic.ts";
import { renderIngress } from "../../../../federation/traffic/shortcuts/ingress.ts";
import { destinationHosts } from "../../../../federation/traffic/rules/destinationHosts.ts";
import { destinationPorts } from "../../../../federation/traffic/rules/destinationPorts.ts";
import { gatewayHosts, routeGateways } from "../../../../federation/traffic/rules/routeGateways.ts";
import { routeOrder } from "../../../../federation/traffic/rules/routeOrder.ts";
import { contextOf, service } from "../trafficCase.ts";
import { configFaults, rendered } from "./shortcutCase.ts";

const INGRESS = {
  namespace: "shop",
  hosts: ["shop.example.com"],
  credentialName: "shop-tls",
  routes: [{ to: "web" }],
};

function objectsOf(changes: object = {}) {
  const config = traffic.parse({ ingress: { ...INGRESS, ...changes } }).ingress;
  assert.ok(config);
  return renderIngress(config, "paris.local");
}

/** The routes of the rendered VirtualService. */
function routesOf(...routes: object[]): string {
  const spec = rendered(objectsOf({ routes }))["VirtualService shop/ingress"] ?? "";
  return spec.slice(spec.indexOf("http: ") + "http: ".length, -1);
}

describe("The HTTPS ingress", () => {
  it("is a Gateway for HTTPS that redirects HTTP, and a VirtualService", () => {
    assert.deepEqual(rendered(objectsOf()), {
      "Gateway shop/ingress":
        "{selector: {istio: ingressgateway}, servers: [" +
        "{port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: shop-tls}}, " +
        "{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com], tls: {httpsRedirect: true}}]}",
      "VirtualService shop/ingress":
        "{hosts: [shop.example.com], gateways: [shop/ingress], http: [{route: [{destination: {host: web.shop.svc.paris.local}}]}]}",
    });
  });

  it("has another ingress gateway, and wildcard hosts", () => {
    const [gateway = ""] = Object.values(
      rendered(objectsOf({ selector: { app: "in" }, hosts: ["b.example.com", "*.a.example.com"] })),
    );
    assert.ok(
      gateway.startsWith(
        '{selector: {app: in}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*.a.example.com", b.example.com]',
      ),
      gateway,
    );
  });

  const route = (host: string, match = "", port = "") =>
    `{${match}route: [{destination: {host: ${host}${port}}}]}`;
  const WEB = "web.shop.svc.paris.local";
  const API = "api.other.svc.paris.local";
  const below = (path: string) => `match: [{uri: {exact: ${path}}}, {uri: {prefix: ${path}/}}], `;
  const routes: [title: string, given: object[], ...expected: string[]][] = [
    [
      "a Service of its namespace, with a port",
      [{ to: "web", port: 8080 }],
      route(WEB, "", ", port: {number: 8080}"),
    ],
    ["a Service of another namespace", [{ to: "api.other" }], route(API)],
    ["a full name", [{ to: "stock.shop.svc.berlin.local" }], route("stock.shop.svc.berlin.local")],
    ["a path by whole segments", [{ path: "/api", to: "web" }], route(WEB, below("/api"))],
    [
      "a path that ends in a slash as it is",
      [{ path: "/api/", to: "web" }],
      route(WEB, "match: [{uri: {prefix: /api/}}], "),
    ],
    ["all paths by '/'", [{ path: "/", to: "web" }], route(WEB)],
    [
      "the longest path first",
      [{ to: "web" }, { path: "/api", to: "web" }, { path: "/api/v2", to: "api.other" }],
      route(API, below("/api/v2")),
      route(WEB, below("/api")),
      route(WEB),
    ],
  ];
  for (const [title, given, ...expected] of routes)
    it(`routes to ${title}`, () => {
      assert.equal(routesOf(...given), `[${expected.join(", ")}]`);
    });

  const RULES = [destinationHosts, destinationPorts, routeGateways, gatewayHosts, routeOrder];
  const findings = (changes: object, ...services: ReturnType<typeof service>[]) => {
    const objects = objectsOf(changes);
    const context = { ...contextOf("", { services }), objects };
    return RULES.flatMap((rule) => rule.find(context)).map(
      ({ level, path, value, rule }) => `${level}: ${path} ${String(value)} ${rule}`,
    );
  };

  it("breaks no rule of routes where its Services are there", () => {
    const changes = { routes: [{ path: "/a", to: "web" }, { path: "/a/b", to: "web" }, { to: "web" }] };
    assert.deepEqual(findings(changes, service("web", "shop", "http:80")), []);
  });

  it("gets the faults of routes to what is not there", () => {
    assert.deepEqual(findings({}), [
      `fault: spec.http[0].route[0].destination.host ${WEB} is no host that the mesh knows`,
    ]);
    assert.deepEqual(findings({}, service("web", "shop", "http:80", "http-admin:81")), [
      `fault: spec.http[0].route[0].destination.port undefined is missing, and ${WEB} has several: 80 (http), 81 (http-admin)`,
    ]);
  });

  const PATH =
    "must be a path: '/' first, and no '*', '?' and '#'. Write such a path, e.g. /api: it stands for all below it too.";
  const faults: [title: string, changes: object, ...faults: string[]][] = [
    [
      "no route",
      { routes: [] },
      "traffic.ingress.routes: [] must have a route. Add one, or remove the section.",
    ],
    [
      "two routes of one path",
      { routes: [{ to: "web" }, { path: "/", to: "api" }] },
      'traffic.ingress.routes[1].path: "/" is the path of an earlier route. Remove one of the two, or change its path.',
    ],
    [
      "a path without '/', with '*' or a query",
      { routes: ["api", "/api/*", "/api?a=b"].map((path) => ({ path, to: "web" })) },
      `traffic.ingress.routes[0].path: "api" ${PATH}`,
      `traffic.ingress.routes[1].path: "/api/*" ${PATH}`,
      `traffic.ingress.routes[2].path: "/api?a=b" ${PATH}`,
    ],
    [
      "a host with a port",
      { hosts: ["shop.example.com:443"] },
      "traffic.ingress.hosts[0]: \"shop.example.com:443\" must be a DNS name, or '*.' and one. Write such a name, without scheme, port and path.",
    ],
    [
      "a Secret of clients' certificates",
      { credentialName: "shop-cacert" },
      "traffic.ingress.credentialName: \"shop-cacert\" must be a Kubernetes object's name: lower-case letters, digits, '-' and '.', a letter or digit at both ends, at most 253 characters, and must not end in '-cacert'. Choose such a name.",
    ],
    [
      "an unknown field",
      { route: [] },
      "traffic.ingress.route: is not a known field. Write 'routes', if that is what you mean.",
    ],
  ];
  for (const [title, changes, ...expected] of faults)
    it(`refuses ${title}`, () => {
      assert.deepEqual(configFaults({ ingress: { ...INGRESS, ...changes } }), expected);
    });
});
