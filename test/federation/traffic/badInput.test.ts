import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describeFault } from "../../../federation/core/fault.ts";
import type { Crd } from "../../../federation/traffic/crd.ts";
import { checkSchemas } from "../../../federation/traffic/schemaCheck.ts";
import { parseTraffic } from "../../../federation/traffic/trafficDocuments.ts";
import { inPlace, placeOf } from "../../../federation/traffic/trafficObject.ts";
import { TRAFFIC_RULES } from "../../../federation/traffic/trafficRules.ts";
import { contextOfObjects, pod, service } from "./trafficCase.ts";

const ofCharts = JSON.parse(
  readFileSync(new URL("../../../federation/traffic/istioCrds.json", import.meta.url), "utf8"),
) as Crd[];

/** Istio's sample Bookinfo behind an ingress gateway, beside the east-west gateway. */
const CLUSTER = {
  services: [
    service("reviews", "shop", "http:9080"),
    service("ratings", "shop", "http:9080"),
    {
      ...service("istio-ingressgateway", "shop", "http:80", "https:443"),
      selector: { istio: "ingressgateway" },
    },
  ],
  workloads: [
    pod("reviews-v1", "shop", { app: "reviews", version: "v1" }),
    pod("reviews-v2", "shop", { app: "reviews", version: "v2" }),
    pod("ingress", "shop", { istio: "ingressgateway" }),
    pod("east-west", "istio-gateway", { istio: "eastwestgateway" }),
  ],
};

/** Checks a file as a preview does: YAML, schemas, rules. */
function findingsIn(yaml: string): string[] {
  const parsed = parseTraffic([{ path: "blog.yaml", text: yaml }], []);
  const { objects, faults } = checkSchemas(parsed, { installed: undefined, ofCharts });
  const context = { ...contextOfObjects(objects, CLUSTER), declared: new Set(parsed.declared) };
  const findings = TRAFFIC_RULES.flatMap((rule) =>
    rule
      .find(context)
      .map(({ level, object, ...fault }) => `${level}: ${describeFault(inPlace(placeOf(object), fault))}`),
  );
  return [...faults.map((fault) => `fault: ${describeFault(fault)}`), ...findings];
}

const RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
  namespace: shop
spec:
  host: reviews
  subsets:
  - name: v1
    labels:
      version: v1
  - name: v2
    labels:
      version: v2
---
`;

const SPLIT = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: shop
spec:
  hosts:
  - reviews
  http:
  - match:
    - headers:
        end-user:
          exact: jason
    route:
    - destination:
        host: reviews
        subset: v2
  - route:
    - destination:
        host: reviews
        subset: v1
      weight: 80
    - destination:
        host: reviews
        subset: v2
      weight: 20
---
`;

const GATEWAY = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: bookinfo-gateway
  namespace: shop
spec:
  selector:
    istio: ingressgateway
  servers:
  - port:
      number: 80
      name: http
      protocol: HTTP
    hosts:
    - "bookinfo.example.com"
---
`;

const DATABASE = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: database
  namespace: shop
spec:
  hosts:
  - database.example.com
  addresses:
  - 198.51.100.7
  ports:
  - number: 5432
    name: tcp-postgres
    protocol: TCP
  location: MESH_EXTERNAL
  resolution: STATIC
  endpoints:
  - address: 198.51.100.7
---
`;

const INGRESS = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: bookinfo
  namespace: shop
spec:
  hosts:
  - bookinfo.example.com
  gateways:
  - bookinfo-gateway
  http:
  - match:
    - uri:
        prefix: /api
    route:
    - destination:
        host: database.example.com
        port:
          number: 5432
  - route:
    - destination:
        host: reviews
        subset: v1
---
`;

const ALL = RULE + SPLIT + GATEWAY + DATABASE + INGRESS;
const OF_RULE = "blog.yaml, document 1: DestinationRule shop/reviews:";
const OF_SPLIT = "blog.yaml, document 2: VirtualService shop/reviews:";
const OF_GATEWAY = "blog.yaml, document 3: Gateway shop/bookinfo-gateway:";
const OF_DATABASE = "blog.yaml, document 4: ServiceEntry shop/database:";

/** One mistake: what of the correct file is replaced, by what, and the one finding. */
const MISTAKES: [title: string, from: string | RegExp, to: string, finding: string][] = [
  [
    "subnet for subset",
    "        subset: v2\n  - route",
    "        subnet: v2\n  - route",
    `fault: ${OF_SPLIT} spec.http[0].route[0].destination.subnet: is not a known field. Write 'subset', if that is what you mean.`,
  ],
  [
    "services for servers",
    "  servers:",
    "  services:",
    `fault: ${OF_GATEWAY} spec.services: is not a known field. Write 'servers', if that is what you mean.`,
  ],
  [
    "networking.istio for networking.istio.io",
    "networking.istio.io/v1\nkind: VirtualService",
    "networking.istio/v1alpha3\nkind: VirtualService",
    `fault: blog.yaml, document 2: apiVersion: "networking.istio/v1alpha3" is not the API of VirtualService. Write 'networking.istio.io/v1'.`,
  ],
  [
    "networking.istio, of a DestinationRule",
    "networking.istio.io/v1",
    "networking.istio/v1alpha3",
    `fault: blog.yaml, document 1: apiVersion: "networking.istio/v1alpha3" is not the API of DestinationRule. Write 'networking.istio.io/v1'.`,
  ],
  [
    "networking.istio, of a Gateway",
    "networking.istio.io/v1\nkind: Gateway",
    "networking.istio/v1alpha3\nkind: Gateway",
    `fault: blog.yaml, document 3: apiVersion: "networking.istio/v1alpha3" is not the API of Gateway. Write 'networking.istio.io/v1' or 'gateway.networking.k8s.io/v1'.`,
  ],
  [
    "networking.istio, of a ServiceEntry",
    "networking.istio.io/v1\nkind: ServiceEntry",
    "networking.istio/v1alpha3\nkind: ServiceEntry",
    `fault: blog.yaml, document 4: apiVersion: "networking.istio/v1alpha3" is not the API of ServiceEntry. Write 'networking.istio.io/v1'.`,
  ],
  [
    "subset for subsets",
    "  subsets:",
    "  subset:",
    `fault: ${OF_RULE} spec.subset: is not a known field. Write 'subsets', if that is what you mean.`,
  ],
  [
    "hots for hosts of a ServiceEntry",
    "  hosts:\n  - database",
    "  hots:\n  - database",
    `fault: ${OF_DATABASE} spec.hots: is not a known field. Write 'hosts', if that is what you mean.`,
  ],
  [
    "a protocol that Istio does not know",
    "protocol: TCP",
    "protocol: postgres",
    `fault: ${OF_DATABASE} spec.ports[0].protocol: "postgres" is none of Istio's protocols (GRPC, GRPC-WEB, HTTP, HTTP2, HTTPS, HTTP_PROXY, MONGO, MYSQL, REDIS, TCP, TLS, UDP). Write one of these.`,
  ],
  [
    "a protocol in small letters",
    "protocol: TCP",
    "protocol: tcp",
    `warning: ${OF_DATABASE} spec.ports[0].protocol: "tcp" is not in capitals: Istio reads TCP, and other tools may not. Write TCP.`,
  ],
  [
    "weights of 80 and 2",
    "weight: 20",
    "weight: 2",
    `warning: ${OF_SPLIT} spec.http[1].route: has weights of 80 and 2, in total 82: the shares are 97.6 %, 2.4 %. Make the total 100, so that weights are percentages.`,
  ],
  [
    "headers without exact or prefix",
    "end-user:\n          exact: jason",
    "end-user: jason",
    `fault: ${OF_SPLIT} spec.http[0].match[0].headers.end-user: "jason" must be a map. Write {exact: "jason"}.`,
  ],
  [
    "headers with an unknown match",
    "exact: jason",
    "equals: jason",
    `fault: ${OF_SPLIT} spec.http[0].match[0].headers.end-user.equals: is not a known field. Remove it; known here: exact, prefix, regex.`,
  ],
  [
    "a first route that matches all",
    / {2}- match:\n.*\n.*\n.*\n/,
    "  - name: first\n",
    `fault: ${OF_SPLIT} spec.http[1]: is never reached: spec.http[0] matches every request before. Put the route without match last.`,
  ],
  [
    "a host with a path",
    "bookinfo.example.com",
    "bookinfo.example.com/api",
    `fault: ${OF_GATEWAY} spec.servers[0].hosts[0]: "bookinfo.example.com/api" is no host name: it has a scheme, a port or a path. Write 'bookinfo.example.com'; a path belongs into a match of 'uri'.`,
  ],
  [
    "a host with a path in a route",
    "  hosts:\n  - reviews",
    "  hosts:\n  - reviews/api",
    `fault: ${OF_SPLIT} spec.hosts[0]: "reviews/api" is no host name: it has a scheme, a port or a path. Write 'reviews'; a path belongs into a match of 'uri'.`,
  ],
  [
    "a host with a path of a destination",
    "        host: reviews\n        subset: v2\n  - route",
    "        host: reviews/api\n        subset: v2\n  - route",
    `fault: ${OF_SPLIT} spec.http[0].route[0].destination.host: "reviews/api" is no host name: it has a scheme, a port or a path. Write 'reviews'; a path belongs into a match of 'uri'.`,
  ],
  [
    "a port as text",
    "number: 80\n",
    'number: "80"\n',
    `fault: ${OF_GATEWAY} spec.servers[0].port.number: "80" must be a whole number. Remove the quotes.`,
  ],
  [
    "a port as a name",
    "number: 5432",
    "number: postgres",
    `fault: ${OF_DATABASE} spec.ports[0].number: "postgres" must be a whole number. Write a whole number here.`,
  ],
  [
    "a port of a destination as a name",
    "        subset: v1\n",
    "        subset: v1\n        port:\n          name: http\n",
    `fault: ${OF_SPLIT} spec.http[1].route[0].destination.port.name: is not a known field. Remove it; known here: number.`,
  ],
  [
    "a port of a destination as number",
    "        subset: v1\n",
    "        subset: v1\n        port: 9080\n",
    `fault: ${OF_SPLIT} spec.http[1].route[0].destination.port: 9080 must be a map. Write {number: 9080}.`,
  ],
  [
    "a port above 65535",
    "number: 80\n",
    "number: 80800\n",
    `fault: ${OF_GATEWAY} spec.servers[0].port.number: 80800 is no port: a whole number from 1 to 65535. Correct it.`,
  ],
  [
    "tabs",
    "    istio: ingressgateway",
    "\tistio: ingressgateway",
    `fault: blog.yaml, document 3, line 50, column 1: is no YAML: Tabs are not allowed as indentation. Indent by spaces.`,
  ],
  [
    "tabs in a DestinationRule",
    "  host: reviews",
    "\thost: reviews",
    `fault: blog.yaml, document 1, line 7, column 1: is no YAML: Tabs are not allowed as indentation. Indent by spaces.`,
  ],
  [
    "tabs in a ServiceEntry",
    "  addresses:",
    "\taddresses:",
    `fault: blog.yaml, document 4, line 67, column 1: is no YAML: Tabs are not allowed as indentation. Indent by spaces.`,
  ],
  [
    "a selector that selects nothing",
    "istio: ingressgateway",
    "istio: ingress-gateway",
    `warning: ${OF_GATEWAY} spec.selector: "istio=ingress-gateway" selects no Pod, so the Gateway opens nothing. Correct it, or install the gateway whose Pods have these labels.`,
  ],
  [
    "the port of the east-west gateway",
    /istio: ingressgateway([^]*)number: 80\n/,
    "istio: eastwestgateway$1number: 15443\n",
    `fault: ${OF_GATEWAY} spec.servers[0].port.number: 15443 is the port of the east-west gateway, at which peers call exported services. Write another port, or select the Pods of another gateway.`,
  ],
  [
    "AUTO_PASSTHROUGH at the port of the east-west gateway",
    /istio: ingressgateway([^]*)number: 80\n([^]*)protocol: HTTP\n/,
    "istio: eastwestgateway$1number: 15443\n$2protocol: TLS\n    tls:\n      mode: AUTO_PASSTHROUGH\n",
    `fault: ${OF_GATEWAY} spec.servers[0].tls.mode: "AUTO_PASSTHROUGH" opens Services to whoever has a certificate of the mesh, beside the export rules. Export Services by 'exports', or write PASSTHROUGH with a VirtualService for each host.`,
  ],
];

describe("Traffic files as people copy them", () => {
  it("have no finding where they are correct", () => {
    assert.deepEqual(findingsIn(ALL), []);
  });
  for (const [title, from, to, finding] of MISTAKES)
    it(`have one finding for ${title}`, () => {
      const yaml = ALL.replace(from, to);
      assert.notEqual(yaml, ALL);
      assert.deepEqual(findingsIn(yaml), [finding]);
    });
});
