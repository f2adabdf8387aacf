import { objectNamespaces } from "../../../../federation/traffic/rules/objectNamespaces.ts";
import {
  ambientSidecars,
  gatewaySelectors,
  policyWorkloads,
  strictClients,
} from "../../../../federation/traffic/rules/policySelectors.ts";
import { policyNamespaces, principalForm } from "../../../../federation/traffic/rules/policySources.ts";
import { requiredTokens, validatedTokens } from "../../../../federation/traffic/rules/requestTokens.ts";
import { istioObject, pod, ruleTable } from "../trafficCase.ts";

const SIDECAR = { "security.istio.io/tlsMode": "istio" };
const policy = (spec: string, name = "callers") => istioObject("AuthorizationPolicy", name, spec, "security");
const POLICY = "traffic.yaml: AuthorizationPolicy shop/callers: ";
const HTTPBIN = { workloads: [pod("h-1", "shop", { app: "httpbin", ...SIDECAR })] };

ruleTable(policyWorkloads, [
  ["do", policy("selector: {matchLabels: {app: httpbin}}"), [], HTTPBIN],
  ["do, of all", policy("rules: []"), [], HTTPBIN],
  [
    "do not",
    policy("selector: {matchLabels: {app: httbin}}"),
    [
      `warning: ${POLICY}spec.selector.matchLabels: "app=httbin" selects no workload of namespace shop, so it does nothing. Correct the labels, or the namespace: a policy selects workloads of its own.`,
    ],
    HTTPBIN,
  ],
  [
    "do not: the Pods are in another namespace",
    istioObject("Sidecar", "narrow", "workloadSelector: {labels: {app: httpbin}}"),
    [
      'warning: traffic.yaml: Sidecar shop/narrow: spec.workloadSelector.labels: "app=httpbin" selects no workload of namespace shop, so it does nothing. Correct the labels, or the namespace: a policy selects workloads of its own.',
    ],
    { workloads: [pod("h-1", "web", { app: "httpbin" })] },
  ],
  [
    "do, from the root namespace",
    policy("selector: {matchLabels: {app: httpbin}}").replace("namespace: shop", "namespace: istio-system"),
    [],
    HTTPBIN,
  ],
]);

const WAYPOINT = {
  workloads: [pod("g-1", "shop", { app: "edge", "gateway.networking.k8s.io/gateway-name": "edge" })],
};

ruleTable(gatewaySelectors, [
  [
    "do not",
    policy("selector: {matchLabels: {app: edge}}"),
    [
      `warning: ${POLICY}spec.selector: selects Pods of Gateway edge, for which selectors have no effect. Name the Gateway in targetRefs instead.`,
    ],
    WAYPOINT,
  ],
  ["do", policy("targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: edge}]"), [], WAYPOINT],
  ["are for others", policy("selector: {matchLabels: {app: httpbin}}"), [], HTTPBIN],
]);

const AMBIENT = { "istio.io/dataplane-mode": "ambient" };
const narrow = istioObject("Sidecar", "narrow", "egress: [{hosts: ['./*']}]");

ruleTable(ambientSidecars, [
  ["are", narrow, [], HTTPBIN],
  ["are, for some", narrow, [], { workloads: [...HTTPBIN.workloads, pod("a", "shop", AMBIENT)] }],
  [
    "are not",
    narrow,
    [
      "warning: traffic.yaml: Sidecar shop/narrow: is for workloads in ambient mode alone, which have no sidecar, so it does nothing. Remove it, or take the workloads out of ambient mode.",
    ],
    { workloads: [pod("a", "shop", {})], namespaces: { shop: AMBIENT } },
  ],
  ["are not known", narrow, []],
]);

const from = (source: string) => policy(`rules: [{from: [{source: {${source}}}]}]`);
const NAMESPACES = { namespaces: { shop: {}, "web-1": {} } };
const SOURCE = `warning: ${POLICY}spec.rules[0].from[0].source.`;

ruleTable(policyNamespaces, [
  ["are", from('namespaces: [shop, "web-*", "*"]'), [], NAMESPACES],
  [
    "are not",
    from("namespaces: [shpo]"),
    [
      `${SOURCE}namespaces[0]: "shpo" is no namespace of this cluster, so no caller matches it. Write 'shop', if that is what you mean.`,
    ],
    NAMESPACES,
  ],
]);

ruleTable(principalForm, [
  [
    "are",
    from(
      'principals: [paris.local/ns/shop/sa/sleep, cluster.local/ns/shop/sa/sleep, berlin.local/ns/a/sa/b, "berlin.local/*", "paris.local/ns/shop/*", "*/ns/shop/sa/sleep", "*"]',
    ),
    [],
  ],
  [
    "begin with spiffe://",
    from('principals: ["spiffe://paris.local/ns/shop/sa/sleep"]'),
    [
      `${SOURCE}principals[0]: "spiffe://paris.local/ns/shop/sa/sleep" begins with spiffe://, which principals do not have. Write paris.local/ns/shop/sa/sleep.`,
    ],
  ],
  [
    "have a * within",
    from('principals: ["paris.local/ns/*/sa/sleep"]'),
    [
      `${SOURCE}principals[0]: "paris.local/ns/*/sa/sleep" has a * within, where it is taken as it is. Write * at the start or the end alone, or several principals.`,
    ],
  ],
  [
    "are service accounts alone",
    from("principals: [sleep, shop/sleep]"),
    ["sleep", "shop/sleep"].map(
      (name, index) =>
        `${SOURCE}principals[${index}]: "${name}" is no principal. Write <trust domain>/ns/<namespace>/sa/<service account>.`,
    ),
  ],
  [
    "are of a cluster that nobody trusts",
    from("principals: [london.local/ns/shop/sa/sleep]"),
    [
      `${SOURCE}principals[0]: "london.local/ns/shop/sa/sleep" is of trust domain london.local, which is neither this cluster's nor a peer's (paris.local, cluster.local, berlin.local). Write the trust domain of this cluster or of a peer.`,
    ],
  ],
]);

const strict = (mode = "STRICT") =>
  istioObject("PeerAuthentication", "default", `mtls: {mode: ${mode}}`, "security");

ruleTable(strictClients, [
  ["have", strict(), [], HTTPBIN],
  [
    "have none",
    strict(),
    [
      'warning: traffic.yaml: PeerAuthentication shop/default: spec.mtls.mode: "STRICT" refuses calls of Pods without a sidecar, which there are: 2 in monitoring, web. Give those that call sidecars, or write PERMISSIVE until they have; Kubernetes\' probes are not affected.',
    ],
    { workloads: [...HTTPBIN.workloads, pod("p", "monitoring", { app: "prometheus" }), pod("w", "web", {})] },
  ],
  ["need none for PERMISSIVE", strict("PERMISSIVE"), [], { workloads: [pod("w", "web", {})] }],
  [
    "are gateways, nodes' Pods, Kubernetes', or in ambient mode",
    strict(),
    [],
    {
      workloads: [
        pod("g", "istio-ingress", { istio: "ingress" }),
        pod("n", "web", {}, { hostNetwork: true }),
        pod("d", "kube-system", {}),
        pod("a", "shop", { "istio.io/dataplane-mode": "ambient" }),
      ],
    },
  ],
]);

const tokens = istioObject(
  "RequestAuthentication",
  "jwt",
  "selector: {matchLabels: {app: httpbin}}, jwtRules: [{issuer: i}]",
  "security",
);
const asking = policy(
  'selector: {matchLabels: {app: httpbin}}, rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]',
);

ruleTable(requiredTokens, [
  ["are", tokens + asking, []],
  [
    "are, by a claim",
    tokens + policy("rules: [{when: [{key: 'request.auth.claims[groups]', values: [a]}]}]"),
    [],
  ],
  ["are, by somebody else", tokens, [], { foreign: asking }],
  [
    "are not",
    tokens +
      policy(
        "selector: {matchLabels: {app: other}}, rules: [{from: [{source: {requestPrincipals: ['*']}}]}]",
      ),
    [
      "warning: traffic.yaml, document 1: RequestAuthentication shop/jwt: refuses invalid tokens alone: requests without one pass, as no AuthorizationPolicy for these workloads asks for one. Add an AuthorizationPolicy with requestPrincipals: ['*'] in an ALLOW rule, or notRequestPrincipals: ['*'] in a DENY rule.",
    ],
  ],
]);

ruleTable(validatedTokens, [
  ["are", tokens + asking, []],
  [
    "are not",
    asking,
    [
      `warning: ${POLICY}spec.rules: asks for tokens, and no RequestAuthentication for these workloads validates any: no request has one. Add a RequestAuthentication with the issuer's keys.`,
    ],
  ],
  ["need not be", policy("rules: [{from: [{source: {namespaces: [shop]}}]}]"), []],
]);

ruleTable(objectNamespaces, [
  ["are", policy("rules: []"), [], NAMESPACES],
  [
    "are the program's",
    policy("rules: []").replace("namespace: shop", "namespace: istio-gateway"),
    [],
    NAMESPACES,
  ],
  [
    "are not, one finding for all objects",
    policy("rules: []") + policy("rules: []", "second"),
    [
      'fault: traffic.yaml, document 1: AuthorizationPolicy shop/callers: metadata.namespace: "shop" is not in the cluster, as are those of 1 more object(s). Create it first: `kubectl create namespace shop`.',
    ],
    { namespaces: { web: {} } },
  ],
]);
