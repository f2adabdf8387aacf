import assert from "node:assert/strict";
import { traffic } from "../../../../federation/config/traffic.ts";
import { refusesDirectCalls, renderEgress } from "../../../../federation/traffic/shortcuts/egress.ts";
import { TRAFFIC_RULES } from "../../../../federation/traffic/trafficRules.ts";
import { formatObject } from "../../../../federation/traffic/trafficObject.ts";
import { contextOf, istioObject, pod, service } from "../trafficCase.ts";
import { configFaults, rendered } from "./shortcutCase.ts";

const PORTS = "ports: [{number: 443, name: tls, protocol: TLS}]";

function objectsOf(egress: object) {
  const config = traffic.parse({ egress }).egress;
  assert.ok(config);
  return renderEgress(config, "paris.local");
}

describe("The egress to external hosts", () => {
  const viaGateway = { hosts: ["b.example.com", "a.example.com"], via: "gateway" };
  const viaFirewall = {
    hosts: ["*.wikipedia.org", "api.example.com"],
    via: { service: "egress-firewall.security", port: 8443 },
  };

  it("goes through an egress gateway, by SNI", () => {
    assert.deepEqual(rendered(objectsOf(viaGateway)), {
      "ServiceEntry istio-system/egress": `{hosts: [a.example.com, b.example.com], location: MESH_EXTERNAL, resolution: DNS, ${PORTS}}`,
      "Gateway istio-system/egress":
        "{selector: {istio: egressgateway}, servers: [{port: {number: 443, name: tls, protocol: TLS}, hosts: [a.example.com, b.example.com], tls: {mode: PASSTHROUGH}}]}",
      "VirtualService istio-system/egress":
        "{hosts: [a.example.com, b.example.com], gateways: [mesh, istio-system/egress], tls: [" +
        "{match: [{gateways: [mesh], port: 443, sniHosts: [a.example.com, b.example.com]}], route: [{destination: {host: istio-egressgateway.istio-system.svc.paris.local, port: {number: 443}}}]}, " +
        "{match: [{gateways: [istio-system/egress], port: 443, sniHosts: [a.example.com]}], route: [{destination: {host: a.example.com, port: {number: 443}}}]}, " +
        "{match: [{gateways: [istio-system/egress], port: 443, sniHosts: [b.example.com]}], route: [{destination: {host: b.example.com, port: {number: 443}}}]}]}",
    });
  });

  it("goes through another egress gateway", () => {
    const gateway = { namespace: "out", service: "out", selector: { app: "out" } };
    const objects = objectsOf({ hosts: ["a.example.com"], gateway });
    assert.deepEqual(objects.map(formatObject), [
      "ServiceEntry out/egress",
      "Gateway out/egress",
      "VirtualService out/egress",
    ]);
    const [, server = "", routes = ""] = Object.values(rendered(objects));
    assert.ok(server.startsWith("{selector: {app: out}"), server);
    assert.ok(routes.includes("host: out.out.svc.paris.local"), routes);
  });

  it("goes to another port, and to hosts that a ServiceEntry of the stack has already", () => {
    const config = traffic.parse({
      egress: { hosts: ["a.example.com", "b.example.com"], port: 9093 },
    }).egress!;
    const written = contextOf(istioObject("ServiceEntry", "a", "hosts: [a.example.com]")).objects;
    const [entries = "", server = ""] = Object.values(rendered(renderEgress(config, "paris.local", written)));
    assert.match(entries, /^\{hosts: \[b\.example\.com\].*number: 9093/);
    assert.match(server, /port: \{number: 9093, name: tls/);
  });

  it("goes to a firewall, by SNI, with wildcards", () => {
    assert.deepEqual(rendered(objectsOf(viaFirewall)), {
      "ServiceEntry security/egress": `{hosts: [api.example.com], location: MESH_EXTERNAL, resolution: DNS, ${PORTS}}`,
      "ServiceEntry security/egress-wildcards": `{hosts: ["*.wikipedia.org"], location: MESH_EXTERNAL, resolution: NONE, ${PORTS}}`,
      "VirtualService security/egress":
        '{hosts: ["*.wikipedia.org", api.example.com], tls: [{match: [{port: 443, sniHosts: ["*.wikipedia.org", api.example.com]}], route: [{destination: {host: egress-firewall.security.svc.paris.local, port: {number: 8443}}}]}]}',
    });
  });

  /** Findings of all rules. */
  function findings(egress: object, services: ReturnType<typeof service>[]) {
    const objects = objectsOf(egress);
    const context = contextOf("", {
      services,
      entries: objects,
      workloads: [pod("egress", "istio-system", { istio: "egressgateway" })],
    });
    return TRAFFIC_RULES.flatMap((rule) => rule.find({ ...context, objects })).map(
      ({ level, path, value, rule }) => `${level}: ${path} ${String(value)} ${rule}`,
    );
  }

  it("breaks no rule where the gateway or the firewall is there", () => {
    assert.deepEqual(findings(viaGateway, [service("istio-egressgateway", "istio-system", "https:443")]), []);
    assert.deepEqual(findings(viaFirewall, [service("egress-firewall", "security", "tls:8443")]), []);
  });

  it("is a fault where the gateway or the firewall is not there, or has another port", () => {
    assert.deepEqual(findings(viaGateway, []), [
      "fault: spec.tls[0].route[0].destination.host istio-egressgateway.istio-system.svc.paris.local is no host that the mesh knows",
    ]);
    assert.deepEqual(findings(viaFirewall, [service("egress-firewall", "security", "tls:443")]), [
      "fault: spec.tls[0].route[0].destination.port.number 8443 is no port of egress-firewall.security.svc.paris.local, which has 443 (tls)",
    ]);
  });

  const faults: [title: string, egress: object, ...faults: string[]][] = [
    ["no host", { hosts: [] }, "traffic.egress.hosts: [] must name a host. Add one, or remove the section."],
    [
      "URLs and short names",
      { hosts: ["https://a.example.com/x", "intranet"] },
      "traffic.egress.hosts[0]: \"https://a.example.com/x\" must be a DNS name, or '*.' and one. Write such a name, without scheme, port and path.",
      "traffic.egress.hosts[1]: \"intranet\" must be a DNS name, or '*.' and one. Write such a name, without scheme, port and path.",
    ],
    [
      "a wildcard with the gateway, which cannot resolve it",
      { hosts: ["a.example.com", "*.wikipedia.org"] },
      'traffic.egress.hosts[1]: "*.wikipedia.org" has a wildcard, and the egress gateway resolves names that are whole. Name the hosts, or route to a firewall that resolves the SNI: via: { service, port }.',
    ],
    [
      "another way",
      { hosts: ["a.example.com"], via: "gatway" },
      "traffic.egress.via: \"gatway\" is no way to the outside. Write 'gateway', or { service, port } of a firewall in the cluster.",
    ],
    [
      "a firewall without its namespace and port",
      { hosts: ["a.example.com"], via: { service: "firewall" } },
      "traffic.egress.via.service: \"firewall\" must be a Service with its namespace. Write '<name>.<namespace>', or the full name.",
      "traffic.egress.via.port: is missing. Add it: a number.",
    ],
    [
      "a selector of all Pods",
      { hosts: ["a.example.com"], gateway: { selector: {} } },
      "traffic.egress.gateway.selector: must name a label. Name labels that only its Pods have.",
    ],
  ];
  for (const [title, egress, ...expected] of faults)
    it(`refuses ${title}`, () => {
      assert.deepEqual(configFaults({ egress }), expected);
    });

  it("takes hosts as they are pasted", () => {
    assert.deepEqual(traffic.parse({ egress: { hosts: ["https://A.example.com/"] } }).egress?.hosts, [
      "a.example.com",
    ]);
  });

  const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } };
  const sidecar = (spec: string, namespace = "istio-system") =>
    istioObject("Sidecar", "default", spec).replace("namespace: shop", `namespace: ${namespace}`);
  const refusals: [title: string, meshConfigs: unknown[], yaml: string, isRefused: boolean][] = [
    ["nowhere", [undefined], "", false],
    ["in the mesh config", [REGISTRY_ONLY], "", true],
    ["in that of one of two revisions", [REGISTRY_ONLY, {}], "", false],
    ["in the mesh's default Sidecar", [{}], sidecar("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"), true],
    [
      "in the Sidecar of one namespace",
      [{}],
      sidecar("outboundTrafficPolicy: {mode: REGISTRY_ONLY}", "shop"),
      false,
    ],
    [
      "in a Sidecar of some workloads",
      [{}],
      sidecar("workloadSelector: {labels: {a: b}}, outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
      false,
    ],
  ];
  for (const [title, meshConfigs, yaml, isRefused] of refusals)
    it(`knows that direct calls are refused or not: REGISTRY_ONLY ${title}`, () => {
      assert.equal(refusesDirectCalls(meshConfigs, contextOf(yaml).objects, "istio-system"), isRefused);
    });
});
