import assert from "node:assert/strict";
import { describeFault } from "../../../../federation/core/fault.ts";
import type { KubernetesService } from "../../../../federation/exports/clusterServices.ts";
import { plainImport } from "../../../../federation/imports/import.ts";
import type { ImportedHost } from "../../../../federation/traffic/hosts.ts";
import { destinationHosts } from "../../../../federation/traffic/rules/destinationHosts.ts";
import { meshHosts } from "../../../../federation/traffic/rules/meshHosts.ts";
import { renderCanaries } from "../../../../federation/traffic/shortcuts/canary.ts";
import { contextOf, imported, istioObject, service, virtualService } from "../trafficCase.ts";
import { rendered } from "./shortcutCase.ts";

const LOCAL = "stock.shop.svc.paris.local";
const BERLIN = "stock.shop.svc.berlin.local";
const CANARY = { host: "stock.shop", to: BERLIN, percent: 20 };

/** An imported host with ports such as `http:8080`. */
function stockOf(ports: string[], changes: Partial<ImportedHost> = {}, terminated = false): ImportedHost {
  const offered = ports.map((port) => {
    const [name = "", number = ""] = port.split(":");
    return { number: Number(number), name, protocol: name === "http" ? ("HTTP" as const) : ("TCP" as const) };
  });
  const subjectAltNames = ["spiffe://berlin.local/ns/shop/sa/default"];
  const offer = plainImport({ ports: offered, subjectAltNames, terminated });
  return imported(BERLIN, { service: offer, ...changes });
}

function render(
  services: KubernetesService[],
  imports: ImportedHost[],
  canary: Partial<typeof CANARY> = {},
  yaml = "",
) {
  const context = contextOf(yaml, { services, imports });
  const result = renderCanaries([{ ...CANARY, ...canary }], context.hosts, "paris.local");
  const whole = { ...context, objects: [...context.objects, ...result.objects] };
  const findings = [destinationHosts, meshHosts].flatMap((rule) => rule.find(whole));
  return {
    specs: Object.values(rendered(result.objects)),
    faults: result.faults.map(describeFault),
    notes: result.notes.slice(0, -1),
    objects: result.objects,
    findings: findings
      .filter(({ object }) => result.objects.includes(object))
      .map(
        ({ level, path, value, rule, remedy }) => `${level}: ${describeFault({ path, value, rule, remedy })}`,
      ),
  };
}

const STOCK = service("stock", "shop", "http:8080");
const split = (port: number, here: number, there: number, more = "") =>
  `{match: [{port: ${port}}], route: [{destination: {host: ${LOCAL}, port: {number: ${port}}}, weight: ${here}}, {destination: {host: ${BERLIN}, port: {number: ${port}}}, weight: ${there}${more}}]}`;

describe("The canary in another cluster", () => {
  const rendering: [
    title: string,
    services: KubernetesService,
    berlin: ImportedHost,
    expected: string,
    percent?: number,
  ][] = [
    [
      "splits the calls by the ports of both",
      STOCK,
      stockOf(["http:8080"]),
      `{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}]}`,
    ],
    [
      "leaves ports alone that only one of them has",
      service("stock", "shop", "http:8080", "http-admin:9000"),
      stockOf(["http:8080", "http:7000"]),
      `{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}]}`,
    ],
    [
      "splits HTTP and TCP, and both where Istio detects the protocol",
      service("stock", "shop", "grpc-web-api:8080", "tcp-db:5432", "web:9000"),
      stockOf(["http:8080", "db:5432", "web:9000"]),
      `{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}, ${split(9000, 80, 20)}], tcp: [${split(5432, 80, 20)}, ${split(9000, 80, 20)}]}`,
    ],
    [
      "keeps both destinations at 0 %, so that a change is one of weights",
      STOCK,
      stockOf(["http:8080"]),
      `{hosts: [${LOCAL}], http: [${split(8080, 100, 0)}]}`,
      0,
    ],
    [
      "keeps both destinations at 100 %",
      STOCK,
      stockOf(["http:8080"]),
      `{hosts: [${LOCAL}], http: [${split(8080, 0, 100)}]}`,
      100,
    ],
    [
      "sets the Host header where the peer's gateway terminates TLS, for HTTP",
      service("stock", "shop", "http:8080", "tcp:5432"),
      stockOf(["http:8080", "tcp:5432"], {}, true),
      `{hosts: [${LOCAL}], http: [${split(8080, 80, 20, `, headers: {request: {set: {Host: ${BERLIN}}}}`)}], tcp: [${split(5432, 80, 20)}]}`,
    ],
    [
      "is visible only where the imported host is",
      STOCK,
      stockOf(["http:8080"], { exportTo: ["web", "."] }),
      `{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}], exportTo: [istio-federation, web]}`,
    ],
  ];
  for (const [title, local, berlin, expected, percent = 20] of rendering)
    it(title, () => {
      const result = render([local], [berlin], { percent });
      assert.deepEqual(result.faults, []);
      assert.deepEqual(result.specs, [expected]);
      assert.deepEqual(result.findings, []);
    });

  it("is a VirtualService of the Service's namespace, with a stable name", () => {
    const [object] = render([STOCK], [stockOf(["http:8080"])]).objects;
    assert.ok(object);
    assert.deepEqual(
      [object.kind, object.namespace, object.name, object.source],
      ["VirtualService", "shop", "stock-canary", "traffic.canaries[0]"],
    );
  });

  for (const host of ["stock.shop", "stock.shop.svc", LOCAL])
    it(`takes the Service as ${host}`, () => {
      assert.equal(render([STOCK], [stockOf(["http:8080"])], { host }).specs.length, 1);
    });

  const faults: [
    title: string,
    services: KubernetesService[],
    imports: ImportedHost[],
    fault: string,
    canary?: object,
    yaml?: string,
  ][] = [
    [
      "refuses a Service that is not there, with the nearest one",
      [STOCK],
      [stockOf(["http:8080"])],
      `traffic.canaries[0].host: "stok.shop" is no Service of this cluster. Write '${LOCAL}', if that is what you mean.`,
      { host: "stok.shop" },
    ],
    [
      "refuses a host of this cluster as the other one",
      [STOCK, service("stock2", "shop", "http:8080")],
      [],
      'traffic.canaries[0].to: "stock2.shop.svc.paris.local" is a host of this cluster, and no imported one. Write an imported host, or route between hosts of this cluster by a VirtualService in traffic.files.',
      { to: "stock2.shop.svc.paris.local" },
    ],
    [
      "refuses the Service itself as the other one, also where a peer has one of this name",
      [STOCK],
      [{ ...stockOf(["http:8080"]), host: LOCAL }],
      `traffic.canaries[0].to: "${LOCAL}" is the Service itself. Write an imported host of another name.`,
      { to: LOCAL },
    ],
    [
      "refuses an external host as the other one",
      [STOCK],
      [],
      'traffic.canaries[0].to: "a.com" is a host of this cluster, and no imported one. Write an imported host, or route between hosts of this cluster by a VirtualService in traffic.files.',
      { to: "a.com" },
      istioObject("ServiceEntry", "a", "hosts: [a.com], ports: [{number: 80, name: http}]"),
    ],
    [
      "refuses hosts without a port in common",
      [service("stock", "shop", "http:80", "http-a:81", "http-b:82")],
      [stockOf(["http:8080"])],
      `traffic.canaries[0]: splits no port: stock.shop has ports 80, 81 and 82, and ${BERLIN} has port 8080. Give both Services a port of the same number.`,
    ],
    [
      "refuses hosts with nothing but TLS of the application in common",
      [service("stock", "shop", "https:8443", "http:80")],
      [stockOf(["https:8443"])],
      `traffic.canaries[0]: splits no port: stock.shop and ${BERLIN} share port 8443 only, with TLS of the application or UDP. Name the port by its protocol (http, tcp) in the Service, if it has another one.`,
    ],
  ];
  for (const [title, services, imports, fault, canary = {}, yaml = ""] of faults)
    it(title, () => {
      const result = render(services, imports, canary, yaml);
      assert.deepEqual(result.faults, [fault]);
      assert.deepEqual(result.specs, []);
    });

  it("notes ports with TLS of the application, which are not split", () => {
    const local = service("stock", "shop", "https:8443", "http:8080");
    const { specs, notes } = render([local], [stockOf(["https:8443", "http:8080"])]);
    assert.deepEqual(specs, [`{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}]}`]);
    assert.deepEqual(notes, [
      `traffic.canaries[0]: not split: port 8443 of ${LOCAL}, with TLS of the application or UDP`,
    ]);
  });

  const place = "spec.http[0].route[1].destination.host";
  const states: [title: string, imports: ImportedHost[], finding: string][] = [
    [
      "gets the fault of a route to a host that nobody has",
      [],
      `fault: ${place}: "${BERLIN}" is no host that the mesh knows. Correct it, or declare a ServiceEntry for it.`,
    ],
    [
      "gets the fault of a route to a host that this update removes",
      [imported(BERLIN, { state: "removed", service: undefined })],
      `fault: ${place}: "${BERLIN}" is a service of peer berlin that this update removes. Take the route out first, or keep the import.`,
    ],
    [
      "gets the warning of a route to a host whose peer is not ready, and keeps the routes as registered",
      [stockOf(["http:8080"], { state: "kept" })],
      `warning: ${place}: "${BERLIN}" is a service of peer berlin, which is not ready: what was registered before stays. See the peer's state in output peers.`,
    ],
  ];
  for (const [title, imports, finding] of states)
    it(title, () => {
      const result = render([STOCK], imports);
      assert.deepEqual(result.specs, [`{hosts: [${LOCAL}], http: [${split(8080, 80, 20)}]}`]);
      assert.deepEqual(result.findings, [finding]);
    });

  it("gets the fault of two VirtualServices for one host", () => {
    const { findings } = render([STOCK], [stockOf(["http:8080"])], {}, virtualService("hosts: [stock]"));
    assert.deepEqual(findings, [
      `fault: spec.hosts[0]: "${LOCAL}" is a host of VirtualService shop/reviews too (traffic.yaml), and sidecars take the older one only. Put the routes of both into one VirtualService, or part the namespaces that see them by exportTo.`,
    ]);
  });
});
