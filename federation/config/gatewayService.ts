import ipaddr from "ipaddr.js";
import * as z from "zod";
import { CIDR, IP_ADDRESS } from "../core/address.ts";
import { GATEWAY_PORT_LABEL, MANAGED_BY_LABEL, NETWORK_LABEL } from "../core/labels.ts";
import { distinct, repeats } from "../core/lists.ts";
import { LABEL_KEY, LABEL_VALUE } from "../core/names.ts";
import { cleanHost, cleanText, pasted } from "../core/pasted.ts";
import {
  type Complaint,
  type TextRule,
  checked,
  fields,
  orUndefined,
  portNumber,
  text,
  valueAt,
} from "../core/schema.ts";

const SERVICE_TYPES = ["LoadBalancer", "NodePort", "ClusterIP"] as const;
const POLICIES = ["Cluster", "Local"] as const;

/** Older form of `loadBalancerSourceRanges`, which the API server and load balancers read where the field is missing. */
const RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** A range of callers, in the form that API servers accept from Kubernetes 1.36 on. */
const SOURCE_RANGE: TextRule = {
  test: (value) => CIDR.test(value) && isNetwork(value),
  rule: "must be an address range in CIDR form, without bits set beyond the prefix length",
  remedy: "Write it as <network>/<prefix length>, e.g. 203.0.113.0/24, or 203.0.113.7/32 for one address",
};

/** Ranges of ipaddr.js that API servers refuse for external IPs. */
const SPECIAL_RANGES = ["unspecified", "loopback", "linkLocal", "multicast", "ipv4Mapped"];

const EXTERNAL_IP: TextRule = {
  test: (value) => IP_ADDRESS.test(value) && !SPECIAL_RANGES.includes(ipaddr.parse(value).range()),
  rule: "must be an IP address that is not unspecified, loopback, link-local or multicast",
  remedy: "Write an address that is routed to the nodes",
};

const CLASS: TextRule = { ...LABEL_KEY, rule: LABEL_KEY.rule.replace("label key", "load balancer class") };

const annotations = checked(z.record(z.string(), z.string()), invalidKeys);

/** Labels that the program sets, or whose absence it relies on. */
const OWN_LABELS = [
  {
    path: [GATEWAY_PORT_LABEL],
    rule: "makes istiods call another port than the gateway's, which is always 15443",
    remedy: "Remove it",
  },
  {
    path: [NETWORK_LABEL],
    rule: "is set by the program where istiods look for it",
    remedy: "Remove it; set cluster.network",
  },
  {
    path: [MANAGED_BY_LABEL],
    rule: "is set by the program, which recognizes its objects by it",
    remedy: "Remove it",
  },
];

const labels = checked(z.record(z.string(), text(LABEL_VALUE)), (value): Complaint[] => [
  ...invalidKeys(value),
  ...OWN_LABELS.filter(({ path: [key = ""] }) => Object.hasOwn(value, key)),
]);

const sourceRanges = checked(z.array(pasted(cleanText, SOURCE_RANGE)), (value): Complaint[] => {
  if (value.length > 0) return repeats(value);
  const rule = "must name at least one range: without any, everybody may call";
  return [{ rule, remedy: "Add one, or remove the field", withoutValue: true }];
});

const serviceFields = fields({
  type: z.enum(SERVICE_TYPES).default("LoadBalancer").meta({
    description: "Type of the Service; the east-west gateway's is `ClusterIP` only with `advertise`.",
    page: "gateways.md",
  }),
  annotations: annotations
    .prefault({})
    .describe("Annotations of the gateway's Service, e.g. for a load balancer of layer 4."),
  labels: labels.prefault({}).describe("Labels of the gateway's Service."),
  loadBalancerSourceRanges: orUndefined(sourceRanges).meta({
    description: "CIDR ranges of callers, such as peers' NAT addresses, that the load balancer lets in.",
    defaultsTo: "all",
    page: "gateways.md#who-reaches-the-gateway",
  }),
  loadBalancerClass: orUndefined(text(CLASS)).meta({
    description: "Controller that makes the load balancer; cannot be changed later.",
    defaultsTo: "the cluster's",
  }),
  loadBalancerIP: orUndefined(pasted(cleanHost, IP_ADDRESS)).meta({
    description: "Address that the load balancer gets, where its controller reads this deprecated field.",
    defaultsTo: "any",
  }),
  allocateLoadBalancerNodePorts: orUndefined(z.boolean()).meta({
    description: "`false` for a load balancer that needs no node ports.",
    defaultsTo: "`true`",
  }),
  externalTrafficPolicy: orUndefined(z.enum(POLICIES)).meta({
    description:
      "`Local`: only nodes with a Pod of the gateway accept calls, and the Pod sees the caller's address.",
    defaultsTo: "`Cluster`",
  }),
  internalTrafficPolicy: orUndefined(z.enum(POLICIES)).meta({
    description: "`Local`: callers inside the cluster reach Pods on their own node only.",
    defaultsTo: "`Cluster`",
  }),
  healthCheckNodePort: orUndefined(portNumber).meta({
    description: "Node port of health checks, with `externalTrafficPolicy: Local`; in the cluster's range.",
    defaultsTo: "allocated",
  }),
  nodePort: orUndefined(portNumber).meta({
    description: "Node port of the gateway, in the cluster's range (by default 30000 to 32767).",
    defaultsTo: "allocated",
  }),
  externalIPs: orUndefined(distinct(pasted(cleanHost, EXTERNAL_IP))).meta({
    description: "Further addresses that are routed to the nodes; not among those that peers get.",
    defaultsTo: "none",
  }),
  ipFamilies: orUndefined(distinct(z.enum(["IPv4", "IPv6"]))).meta({
    description: "Families of the Service's addresses, the first one first.",
    defaultsTo: "the cluster's",
  }),
  ipFamilyPolicy: orUndefined(z.enum(["SingleStack", "PreferDualStack", "RequireDualStack"])).meta({
    description: "Whether the Service has addresses of one family or of both.",
    defaultsTo: "`SingleStack`",
  }),
});

/** Fields of the section `gateway.service`. */
export type GatewayServiceFields = z.output<typeof serviceFields>;

/** The section `gateway.service`: fields of the Service's spec by their own names, with the rules of the API server. */
export const gatewayService = checked(serviceFields, checkFields);

/** Renders the part of a Service's spec that the config sets, and the node port of its only port. */
export function toServiceSpec(service: GatewayServiceFields) {
  const { annotations: _annotations, labels: _labels, nodePort, ...spec } = service;
  return { spec, nodePort };
}

/** Finds keys that are none of a label or an annotation. */
export function invalidKeys(map: Readonly<Record<string, unknown>>): Complaint[] {
  return Object.keys(map)
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({ path: [key], rule: "has a key that is no annotation's", remedy: LABEL_KEY.remedy }));
}

/** Whether a range has no bits set beyond its prefix length, and is no IPv4 address in IPv6. */
function isNetwork(range: string): boolean {
  const [address, bits] = ipaddr.parseCIDR(range);
  if (address.range() === "ipv4Mapped") return false;
  const network =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(range)
      : ipaddr.IPv6.networkAddressFromCIDR(range);
  return network.toNormalizedString() === address.toNormalizedString() && bits >= 0;
}

/** Fields that depend on the Service's type, as the API server has it. The check runs on wrong values too. */
function checkFields(service: Partial<GatewayServiceFields>): Complaint[] {
  const {
    type = "LoadBalancer",
    externalTrafficPolicy,
    externalIPs,
    healthCheckNodePort,
    nodePort,
  } = service;
  const isBalanced = type === "LoadBalancer";
  const isExposed = type !== "ClusterIP" || (Array.isArray(externalIPs) && externalIPs.length > 0);
  return [
    ...impossible(service, isBalanced ? [] : BALANCER_FIELDS, "is possible for type LoadBalancer only"),
    ...impossible(
      service,
      isExposed ? [] : ["externalTrafficPolicy"],
      "needs type LoadBalancer or NodePort, or externalIPs",
    ),
    ...impossible(
      service,
      type === "ClusterIP" ? ["nodePort"] : [],
      "is possible for types LoadBalancer and NodePort only",
    ),
    ...impossible(
      service,
      isBalanced && externalTrafficPolicy === "Local" ? [] : ["healthCheckNodePort"],
      "is possible for type LoadBalancer with externalTrafficPolicy: Local only",
    ),
    ...(nodePort !== undefined && nodePort === healthCheckNodePort
      ? [{ path: ["healthCheckNodePort"], rule: "is nodePort too", remedy: "Choose another port" }]
      : []),
    ...checkFamilies(service),
    ...checkRanges(service),
  ];
}

const BALANCER_FIELDS = [
  "loadBalancerSourceRanges",
  "loadBalancerClass",
  "loadBalancerIP",
  "allocateLoadBalancerNodePorts",
] as const;

function impossible(
  service: Partial<GatewayServiceFields>,
  names: readonly (keyof GatewayServiceFields)[],
  rule: string,
): Complaint[] {
  return names
    .filter((name) => service[name] !== undefined)
    .map((name) => ({ path: [name], rule, remedy: "Remove it, or change the others" }));
}

function checkFamilies({ ipFamilies, ipFamilyPolicy }: Partial<GatewayServiceFields>): Complaint[] {
  if (!Array.isArray(ipFamilies)) return [];
  if (ipFamilies.length === 0) {
    const rule = "must name at least one family";
    return [{ path: ["ipFamilies"], rule, remedy: "Add one, or remove the field", withoutValue: true }];
  }
  if (ipFamilies.length === 1 || (ipFamilyPolicy !== undefined && ipFamilyPolicy !== "SingleStack"))
    return [];
  const rule = "must be PreferDualStack or RequireDualStack for two ipFamilies";
  return [{ path: ["ipFamilyPolicy"], rule, remedy: "Write one of these, or one family" }];
}

function checkRanges(service: Partial<GatewayServiceFields>): Complaint[] {
  const { type = "LoadBalancer", loadBalancerSourceRanges } = service;
  if (valueAt(service, ["annotations", RANGES_ANNOTATION]) === undefined) return [];
  if (type === "LoadBalancer" && loadBalancerSourceRanges === undefined) return [];
  const rule = "has no effect beside loadBalancerSourceRanges, or without a load balancer";
  return [{ path: ["annotations", RANGES_ANNOTATION], rule, remedy: "Remove it" }];
}
