import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { traffic } from "../../../../federation/config/traffic.ts";
import { renderCanaries } from "../../../../federation/traffic/shortcuts/canary.ts";
import { chartGateways } from "../../../../federation/traffic/shortcuts/chartGateways.ts";
import { renderEgress } from "../../../../federation/traffic/shortcuts/egress.ts";
import { renderIngress } from "../../../../federation/traffic/shortcuts/ingress.ts";
import { parseTraffic } from "../../../../federation/traffic/trafficDocuments.ts";
import type { TrafficObject } from "../../../../federation/traffic/trafficObject.ts";
import { analyze } from "../../../../lab/tools/analyze.ts";
import { TestAuthority } from "../../../support/testAuthority.ts";
import { contextOf, imported, service } from "../trafficCase.ts";

const DOMAIN = "paris.local";
const STOCK = "stock.shop.svc.berlin.local";

const EGRESS = { hosts: ["api.example.com", "b.example.com"] };
const FIREWALL = {
  hosts: ["*.wiki.example", "api.example.com"],
  via: { service: "firewall.security", port: 8443 },
};
const INGRESS = {
  ...{ namespace: "shop", hosts: ["shop.example.com"], credentialName: "shop-tls", install: true },
  routes: [
    { path: "/api", to: "stock", port: 8080 },
    { to: "web", port: 80 },
  ],
};

/** As the API server has it. */
function applied({ apiVersion, kind, namespace, name, spec }: TrafficObject): object {
  return { apiVersion, kind, metadata: { namespace, name }, spec };
}

/** A Service, and a Pod that it selects. */
function served(namespace: string, name: string, labels: object, ports: object[]): object[] {
  const containers = [
    { name: "app", image: "app" },
    { name: "istio-proxy", image: "proxyv2" },
  ];
  return [
    { apiVersion: "v1", kind: "Service", metadata: { namespace, name }, spec: { selector: labels, ports } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name: `${name}-1`, labels },
      spec: { containers },
    },
  ];
}

const port = (name: string, number: number) => ({ name, port: number, targetPort: number, protocol: "TCP" });
const namespace = (name: string) => ({
  ...{ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { "istio-injection": "enabled" } } },
});
/** A TLS Secret in namespace `shop` for this host. */
async function secretFor(name: string, host: string): Promise<object> {
  const authority = await TestAuthority.root("CN=CA");
  const { leaf, key } = await authority.workload([{ type: "dns", value: host }], `CN=${host}`);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { namespace: "shop", name }, type: "kubernetes.io/tls" },
    data: { "tls.crt": base64(leaf), "tls.key": base64(key) },
  };
}

const SHOP = [
  ...["shop", "security", "istio-system"].map(namespace),
  ...served("shop", "stock", { app: "stock" }, [port("http", 8080)]),
  ...served("shop", "web", { app: "web" }, [port("http", 80)]),
  ...served("security", "firewall", { app: "firewall" }, [port("tls", 8443)]),
  {
    ...{ apiVersion: "networking.istio.io/v1", kind: "ServiceEntry" },
    metadata: { namespace: "istio-federation", name: "stock" },
    spec: {
      ...{ hosts: [STOCK], location: "MESH_INTERNAL", resolution: "STATIC", addresses: ["240.240.0.1"] },
      ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
      endpoints: [{ address: "203.0.113.1", ports: { http: 15443 } }],
    },
  },
  namespace("istio-federation"),
];

/** The Services and Pods of the gateways that shortcuts install. */
const gateways = (config: object): object[] =>
  chartGateways(traffic.parse(config)).flatMap(({ namespace: place, name, selector, ports }) =>
    served(
      place,
      name,
      { app: name, ...selector },
      ports.map((each) => port(each.name, each.port)),
    ),
  );

describe("The objects of shortcuts, by `istioctl analyze`", function () {
  this.timeout(600_000);

  const canaries = [{ host: `stock.shop.svc.${DOMAIN}`, to: STOCK, percent: 20 }];
  const { hosts } = contextOf("", {
    services: [service("stock", "shop", "http:8080")],
    imports: [imported(STOCK)],
  });
  const cases: [string, () => readonly TrafficObject[], object[]][] = [
    ["a canary", () => renderCanaries(canaries, hosts, DOMAIN).objects, []],
    [
      "an egress gateway",
      () => renderEgress(traffic.parse({ egress: EGRESS }).egress!, DOMAIN),
      gateways({ egress: { ...EGRESS, gateway: { install: true } } }),
    ],
    ["a firewall", () => renderEgress(traffic.parse({ egress: FIREWALL }).egress!, DOMAIN), []],
    [
      "an HTTPS ingress",
      () => renderIngress(traffic.parse({ ingress: INGRESS }).ingress!, DOMAIN),
      gateways({ ingress: INGRESS }),
    ],
  ];
  for (const [title, render, around] of cases)
    it(`are without a message: ${title}`, async () => {
      const objects = render();
      assert.ok(objects.length > 0);
      const secret = await secretFor("shop-tls", "shop.example.com");
      const messages = await analyze([...SHOP, secret, ...around, ...objects.map(applied)], {
        clusterDomain: DOMAIN,
      });
      assert.deepEqual(messages, []);
    });

  it("are not without one where a Service is missing: the oracle sees it", async () => {
    const objects = renderEgress(traffic.parse({ egress: EGRESS }).egress!, DOMAIN);
    const codes = (await analyze([...SHOP, ...objects.map(applied)], { clusterDomain: DOMAIN })).map(
      ({ code }) => code,
    );
    assert.ok(codes.includes("IST0101"), codes.join());
  });

  it("of the examples are without a message about their own hosts and subsets", async () => {
    const path = "stacks/traffic/httpbin.yaml";
    const { objects } = parseTraffic([{ path, text: await readFile(path, "utf8") }], []);
    const versions = ["v1", "v2"].flatMap((version) => {
      const [, instance] = served("shop", `httpbin-${version}`, { app: "httpbin", version }, []);
      return instance === undefined ? [] : [instance];
    });
    const [httpbin] = served("shop", "httpbin", { app: "httpbin" }, [port("http", 8080)]);
    const messages = await analyze([...SHOP, ...versions, httpbin!, ...objects.map(applied)], {
      clusterDomain: DOMAIN,
    });
    assert.deepEqual(messages, []);
  });
});
