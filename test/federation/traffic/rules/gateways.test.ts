import { autoPassthrough } from "../../../../federation/traffic/rules/autoPassthrough.ts";
import {
  portVerification,
  ruleHosts,
  serverVerification,
} from "../../../../federation/traffic/rules/destinationRules.ts";
import { gatewayPods } from "../../../../federation/traffic/rules/gatewayPods.ts";
import { istioObject, pod, ruleTable, service } from "../trafficCase.ts";

const INGRESS = istioObject("Gateway", "ingress", "selector: {istio: ingress}, servers: []");
const AT = "traffic.yaml: Gateway shop/ingress: spec.selector:";
ruleTable(gatewayPods, [
  [
    "accepts Pods in the namespace of the Gateway",
    INGRESS,
    [],
    { workloads: [pod("a", "shop", { istio: "ingress" })] },
  ],
  [
    "warns of a selector without Pods",
    INGRESS,
    [
      `warning: ${AT} "istio=ingress" selects no Pod, so the Gateway opens nothing. Correct it, or install the gateway whose Pods have these labels.`,
    ],
    { workloads: [pod("a", "shop", { istio: "other" })] },
  ],
  [
    "warns of Pods in other namespaces alone",
    INGRESS,
    [
      `warning: ${AT} "istio=ingress" selects Pods in other namespaces alone (edge), and istiod may give a Gateway to the Pods of its own namespace only. Move the Gateway into the namespace of its Pods.`,
    ],
    { workloads: [pod("a", "edge", { istio: "ingress" })] },
  ],
]);

ruleTable(autoPassthrough, [
  ["accepts PASSTHROUGH", istioObject("Gateway", "ingress", "servers: [{tls: {mode: PASSTHROUGH}}]"), []],
  [
    "refuses AUTO_PASSTHROUGH",
    istioObject("Gateway", "ingress", "servers: [{}, {tls: {mode: AUTO_PASSTHROUGH}}]"),
    [
      `fault: traffic.yaml: Gateway shop/ingress: spec.servers[1].tls.mode: "AUTO_PASSTHROUGH" opens Services to whoever has a certificate of the mesh, beside the export rules. Export Services by 'exports', or write PASSTHROUGH with a VirtualService for each host.`,
    ],
  ],
]);

const rule = (spec: string) => istioObject("DestinationRule", "reviews", spec);
ruleTable(ruleHosts, [
  ["accepts a Service", rule("host: reviews"), [], { services: [service("reviews", "shop", "http:80")] }],
  ["accepts a wildcard", rule('host: "*.local"'), []],
  [
    "warns of a host that nobody has",
    rule("host: review"),
    [
      `warning: traffic.yaml: DestinationRule shop/reviews: spec.host: "review" is 'review.shop.svc.paris.local' here, which is no host that the mesh knows. Write 'reviews.shop.svc.paris.local', if that is what you mean.`,
    ],
    { services: [service("reviews", "shop", "http:80")] },
  ],
]);

const UNVERIFIED = (path: string, mode: string) =>
  `warning: traffic.yaml: DestinationRule shop/reviews: ${path}: has mode ${mode} without caCertificates or credentialName: the certificates of the proxy's image decide which servers are taken. Name the file of the server's authority in caCertificates (system: those of the image), or a Secret.`;
ruleTable(serverVerification, [
  ["accepts mutual TLS of the mesh", rule("trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}"), []],
  ["accepts an authority", rule("trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}"), []],
  [
    "accepts what says that it verifies nothing",
    rule("trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true}}"),
    [],
  ],
  [
    "warns without one",
    rule("trafficPolicy: {tls: {mode: SIMPLE}}"),
    [UNVERIFIED("spec.trafficPolicy.tls", "SIMPLE")],
  ],
]);

ruleTable(portVerification, [
  [
    "warns without one at a port of a subset",
    rule("subsets: [{trafficPolicy: {portLevelSettings: [{tls: {mode: MUTUAL}}]}}]"),
    [UNVERIFIED("spec.subsets[0].trafficPolicy.portLevelSettings[0].tls", "MUTUAL")],
  ],
]);
