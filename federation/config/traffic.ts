import * as z from "zod";
import { distinct, repeats } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { cleanDomain, cleanText, pasted } from "../core/pasted.ts";
import {
  type Complaint,
  type TextRule,
  checked,
  fields,
  orUndefined,
  portNumber,
  someText,
  text,
} from "../core/schema.ts";
import { wholeNumber } from "./field.ts";
import { podSelector } from "./gateway.ts";
import { SERVER_SECRET } from "./publish.ts";
import { isGiven } from "./sections.ts";

/** A Service with its namespace, as the config is of no namespace. */
const SERVICE_HOST: TextRule = {
  test: (value) => HOST_NAME.test(value) && value.includes("."),
  rule: "must be a Service with its namespace",
  remedy: "Write '<name>.<namespace>', or the full name",
};

const canary = fields({
  host: pasted(cleanDomain, SERVICE_HOST).describe(
    "Service of this cluster: `<name>.<namespace>`, or its full name.",
  ),
  to: pasted(cleanDomain, HOST_NAME).describe("Imported host that gets a share of its calls."),
  percent: wholeNumber({ least: 0, most: 100 }).describe("The share of the imported host, in percent."),
});

/** A share of the calls to a Service that goes to a peer's service. */
export type CanaryConfig = z.output<typeof canary>;

/** A host of the DNS, or all below one; not a name of one label, which is completed to that of a Service. */
const PUBLIC_HOST: TextRule = {
  test: (value) => HOST_NAME.test(value.replace(/^\*\./, "")) && value.replace(/^\*\./, "").includes("."),
  rule: "must be a DNS name, or '*.' and one",
  remedy: "Write such a name, without scheme, port and path",
};

const someHosts = checked(distinct(pasted(cleanDomain, PUBLIC_HOST)), (hosts): Complaint[] =>
  hosts.length > 0 ? [] : [{ rule: "must name a host", remedy: "Add one, or remove the section" }],
);

const firewall = fields({
  service: pasted(cleanDomain, SERVICE_HOST).describe(
    "Service of the firewall instead of `via: gateway`: `<name>.<namespace>`, or its full name.",
  ),
  port: portNumber.describe("Port of the Service that takes TLS and reads its SNI."),
});

/** Path of calls to the outside: the egress gateway (undefined), or a firewall. */
const via = z
  .preprocess((given, context) => {
    if (given === "gateway" || given === undefined) return undefined;
    if (typeof given === "object" && given !== null) return given;
    const params = { remedy: "Write 'gateway', or { service, port } of a firewall in the cluster" };
    context.issues.push({ code: "custom", message: "is no way to the outside", params, input: given });
    return z.NEVER;
  }, orUndefined(firewall))
  .meta({
    type: ["string", "object"],
    description: "`gateway`: the egress gateway. Otherwise the Service of a firewall that routes by SNI.",
    defaultsTo: "`gateway`",
  });

/** Helm values of a gateway; the chart's own schema checks them. */
const gatewayValues = z.record(z.string(), z.unknown()).prefault({});

const egressGateway = fields({
  install: z
    .boolean()
    .default(false)
    .describe("Installs it by Istio's chart, as release `service` in `namespace`."),
  values: gatewayValues.meta({
    description: "Helm values of the installed one.",
    defaultsTo: "those of the chart",
  }),
  namespace: text(DNS_LABEL).default("istio-system").describe("Namespace of the egress gateway."),
  service: text(DNS_LABEL).default("istio-egressgateway").describe("Its Service, with `port`."),
  selector: podSelector.prefault({ istio: "egressgateway" }).describe("Labels of its Pods."),
});

const egressSection = checked(
  fields({
    hosts: someHosts.describe(
      "External hosts that are called by TLS; `*.` for all below a domain, with a firewall.",
    ),
    port: portNumber.default(443).describe("Port at which the hosts are called."),
    via,
    gateway: egressGateway
      .prefault({})
      .describe("The egress gateway: the mesh owner's, or an installed one."),
  }),
  ({ hosts, via: path }): Complaint[] =>
    path !== undefined || !Array.isArray(hosts)
      ? []
      : hosts.flatMap((host: unknown, index) =>
          typeof host === "string" && host.startsWith("*")
            ? [
                {
                  path: ["hosts", index],
                  rule: "has a wildcard, and the egress gateway resolves names that are whole",
                  remedy:
                    "Name the hosts, or route to a firewall that resolves the SNI: via: { service, port }",
                },
              ]
            : [],
        ),
);

/** External hosts, and the way to them. */
export type EgressConfig = z.output<typeof egressSection>;

const PATH: TextRule = {
  test: (value) => /^\/[^?#*\s]*$/.test(value) && !value.includes("//"),
  rule: "must be a path: '/' first, and no '*', '?' and '#'",
  remedy: "Write such a path, e.g. /api: it stands for all below it too",
};

const ingressRoute = fields({
  path: pasted(cleanText, PATH).default("/").describe("Path, with all below it."),
  to: pasted(cleanDomain, HOST_NAME).describe(
    "Service: its name in `ingress.namespace`, `<name>.<namespace>`, or a full or imported name.",
  ),
  port: orUndefined(portNumber).meta({
    description: "Port of the Service.",
    defaultsTo: "its only one",
  }),
});

const ingressSection = fields({
  namespace: text(DNS_LABEL).describe("Namespace of the Gateway and of its routes."),
  hosts: someHosts.describe("Hosts that are served, `*.` for all below a domain."),
  credentialName: pasted(cleanText, SERVER_SECRET).describe(
    "TLS Secret with the certificate for the hosts, in the namespace of the gateway's Pods.",
  ),
  selector: podSelector
    .prefault({ istio: "ingressgateway" })
    .describe("Labels of the Pods of the ingress gateway: the mesh owner's, or an installed one."),
  install: z
    .boolean()
    .default(false)
    .describe("Installs it by Istio's chart, as release `istio-ingressgateway` in `namespace`."),
  values: gatewayValues.meta({
    description: "Helm values of the installed one, such as `service.type` (a LoadBalancer else).",
    defaultsTo: "those of the chart",
  }),
  routes: checked(z.array(ingressRoute), (routes: ({ path?: string } | undefined)[]): Complaint[] =>
    routes.length === 0
      ? [{ rule: "must have a route", remedy: "Add one, or remove the section" }]
      : repeats(routes.map((route) => route?.path)).map((each) => ({
          ...each,
          path: [...(each.path ?? []), "path"],
          rule: "is the path of an earlier route",
          remedy: "Remove one of the two, or change its path",
        })),
  ).describe("Routes by path; the longest path that fits gets a request."),
});

/** Hosts that an ingress gateway serves over HTTPS. */
export type IngressConfig = z.output<typeof ingressSection>;

/** The section `traffic`: Istio's and Gateway API's own objects, as people have them. */
export const traffic = fields({
  files: z.array(someText).prefault([]).meta({
    description: "YAML files relative to the program's folder, with `*` and `**`: `traffic/paris/*.yaml`.",
    defaultsTo: "none",
  }),
  objects: z.array(z.unknown()).prefault([]).meta({
    description: "Objects written here, with apiVersion, kind, metadata and spec.",
    defaultsTo: "none",
  }),
  canaries: z.array(canary).prefault([]).meta({
    description: "Shares of local calls that go to peers' services, each rendered as a VirtualService.",
    defaultsTo: "none",
    page: "traffic.md#a-canary-in-another-cluster",
  }),
  egress: z
    .preprocess((raw) => (isGiven(raw) ? raw : undefined), orUndefined(egressSection))
    .meta({
      description: "External hosts that are called through an egress gateway or a firewall.",
      page: "traffic.md#an-egress-gateway-or-firewall",
    }),
  ingress: z
    .preprocess((raw) => (isGiven(raw) ? raw : undefined), orUndefined(ingressSection))
    .meta({
      description: "Hosts that an ingress gateway serves over HTTPS.",
      page: "traffic.md#https-ingress",
    }),
})
  .prefault({})
  .meta({
    description:
      "Gateways, routes, subsets, external services and policies of this cluster, in Istio's own words.",
    page: "traffic.md",
  });

/** Settings of traffic objects. */
export type TrafficConfig = z.output<typeof traffic>;
