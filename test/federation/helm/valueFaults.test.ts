import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults, validConfig, KUBECONFIG, LOCAL_CLUSTER } from "../samples.ts";

type Chart = "base" | "istiod" | "gateway";

/** Nests a value in maps. */
function nested([key, ...rest]: readonly string[], value: unknown): unknown {
  return key === undefined ? value : { [key]: nested(rest, value) };
}

function faultsOf(chart: Chart, values: unknown): string[] {
  return chart === "gateway"
    ? configFaults({ gateway: { values } })
    : configFaults({ istio: { values: { [chart]: values } } });
}

const PREFIX = { base: "istio.values.base", istiod: "istio.values.istiod", gateway: "gateway.values" };

/** Values by chart and dotted path: those that are faults, then those that are not. */
const CASES: readonly [Chart, string, unknown[], unknown[]][] = [
  ["istiod", "meshConfig.discoverySelectors", [[{ matchLabels: { a: "b" } }], null], [[]]],
  ["istiod", "meshConfig.trustDomainAliases", [["b.example"], "b.example"], [[]]],
  ["istiod", "meshConfig.trust_domain_aliases", [["b.example"]], []],
  ["istiod", "meshConfig.rootNamespace", ["mesh"], ["istio-system"]],
  ["istiod", "meshConfig.enableAutoMtls", [false, "false", null], [true]],
  ["istiod", "meshConfig.defaultServiceExportTo", [["."], ["*", "."]], [["*"], []]],
  ["istiod", "meshConfig.serviceEntryVisibility", [{ defaultVisibility: "PRIVATE" }], [{}]],
  ["istiod", "meshConfig.configSources", [[{ address: "xds://x:15010" }]], [[]]],
  ["istiod", "meshConfig.ca", [{ address: "x:443" }], [{}]],
  [
    "istiod",
    "meshConfig.pathNormalization",
    [{ normalization: "NONE" }, { normalization: 1 }],
    [{ normalization: "BASE" }],
  ],
  ["istiod", "meshConfig.ingressService", ["eastwestgateway"], ["istio-ingressgateway"]],
  ["istiod", "meshConfig.defaultConfig.caCertificatesPem", [["PEM"]], []],
  ["istiod", "meshConfig.defaultConfig.ca_certificates_pem", [["PEM"]], []],
  ["istiod", "meshConfig.defaultConfig.controlPlaneAuthPolicy", ["NONE", 0], ["MUTUAL_TLS"]],
  ["istiod", "meshConfig.defaultConfig.interceptionMode", ["NONE"], ["TPROXY"]],
  [
    "istiod",
    "meshConfig.defaultConfig.discoveryAddress",
    [
      "istiod.example:15012",
      "istiod.other.svc:15012",
      "istiod-remote.istio-system.svc:15012",
      "10.0.0.1:15012",
      null,
    ],
    [
      "istiod.istio-system.svc:15012",
      "istiod.istio-system.svc.cluster.local:15010",
      "istiod-revision-tag-prod.istio-system.svc:15012",
      "",
    ],
  ],
  ["gateway", "podAnnotations", [{ "sidecar.istio.io/discoveryAddress": "x:15012" }], [{}]],
  ["istiod", "meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT", ["false", ""], ["true", true]],
  ["istiod", "meshConfig.defaultConfig.proxyMetadata.ISTIO_META_NETWORK", ["x"], []],
  ["istiod", "meshConfig.defaultConfig.proxyMetadata.ISTIO_METAJSON_ALL", ['{"NETWORK":"x"}'], []],
  ["istiod", "meshConfig.defaultConfig.proxyMetadata.ISTIO_META_DNS_CAPTURE", [], ["false"]],
  ["istiod", "meshConfig.defaultConfig.proxyMetadata", [null, "x", []], [{}]],
  ["istiod", "meshConfig", [null, "trustDomain: x", []], [{}]],
  ["istiod", "env", [null, "ISTIO_MULTIROOT_MESH=true", []], [{}]],
  ["istiod", "env.ISTIO_MULTIROOT_MESH", ["false", false, null], ["true", true, "1"]],
  ["istiod", "env.PILOT_SCOPE_GATEWAY_TO_NAMESPACE", ["false"], ["true"]],
  ["istiod", "env.PILOT_SKIP_VALIDATE_TRUST_DOMAIN", ["true"], ["false"]],
  ["istiod", "env.XDS_AUTH", ["false"], ["true"]],
  ["istiod", "env.SHARED_MESH_CONFIG", ["other"], [""]],
  ["istiod", "env.VALIDATION_WEBHOOK_CONFIG_NAME", [""], ["x"]],
  ["istiod", "env.PILOT_HTTP10", [], ["true"]],
  [
    "istiod",
    "env.CA_TRUSTED_NODE_ACCOUNTS",
    ["default/spy", "istio-system/ztunnel,default/spy", "istio-system/other", null],
    ["istio-system/ztunnel", "istio-system/ztunnel,kube-system/ztunnel", ""],
  ],
  ["istiod", "trustedZtunnelNamespace", ["default"], ["", "istio-system", "kube-system"]],
  ["istiod", "trustedZtunnelName", ["spy"], ["", "ztunnel"]],
  ["istiod", "envVarFrom", [[{ name: "CA_TRUSTED_NODE_ACCOUNTS" }]], []],
  ["istiod", "env.PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES", ["false"], ["true", true]],
  ["istiod", "env.PILOT_DRAINING_LABEL", ["own", ""], ["istio.io/draining"]],
  ["istiod", "env.PILOT_PERSISTENT_SESSION_LABEL", ["own"], ["istio.io/persistent-session"]],
  ["istiod", "env.PILOT_PERSISTENT_SESSION_HEADER_LABEL", ["own"], ["istio.io/persistent-session-header"]],
  ["istiod", "env.PILOT_IP_AUTOALLOCATE_IPV4_PREFIX", ["240.241.0.0/16"], ["240.240.0.0/16"]],
  ["istiod", "env.PILOT_IP_AUTOALLOCATE_IPV6_PREFIX", ["fd00::/48"], ["2001:2::/48"]],
  ["istiod", "global", [null, []], [{}]],
  ["istiod", "global.network", ["x", null], []],
  ["istiod", "global.istioNamespace", ["mesh"], ["istio-system"]],
  ["istiod", "global.meshNetworks", [{ a: {} }], [{}]],
  ["istiod", "global.remotePilotAddress", ["192.0.2.1"], [""]],
  ["istiod", "global.proxy.excludeInboundPorts", ["8080", 8080], [""]],
  ["istiod", "global.proxy.includeIPRanges", ["10.0.0.0/8"], ["*", "10.0.0.0/8,240.0.0.0/8"]],
  ["istiod", "global.proxy.excludeIPRanges", ["240.240.1.0/24", "0.0.0.0/0"], ["", "169.254.169.254/32"]],
  ["istiod", "global.enableReaderRBAC", [true], [false]],
  ["istiod", "global.profile", ["remote"], ["ambient"]],
  ["istiod", "revision", ["canary", "", "default"], []],
  ["istiod", "configMap", [false], [true]],
  ["istiod", "istiodRemote.injectionPath", ["/inject/cluster/x/net/y"], ["/inject"]],
  [
    "istiod",
    "istiodRemote.injectionURL",
    ["https://istiod.istio-system.svc:15017/inject/net/y", "https://x:15017/inject", "x"],
    ["https://istiod.istio-system.svc:15017/inject", ""],
  ],
  [
    "istiod",
    "sidecarInjectorWebhook.templates",
    [{ gateway: "spec: {}" }, { sidecar: "" }],
    [{ own: "spec: {}" }],
  ],
  ["istiod", "sidecarInjectorWebhook.defaultTemplates", [["own"]], [["sidecar", "own"], []]],
  ["istiod", "podLabels", [{ istio: "x" }], [{ team: "x" }]],
  [
    "istiod",
    "volumeMounts",
    [[{ mountPath: "/etc/cacerts/" }], [{ mountPath: "/etc" }], {}],
    [[{ mountPath: "/etc/ssl" }], null],
  ],
  ["istiod", "volumes", [[{ name: "cacerts" }]], [[{ name: "own" }]]],
  [
    "istiod",
    "extraContainerArgs",
    [
      ["--log_as_json", "--meshConfig=/x"],
      ["-n", "x"],
    ],
    [["--log_as_json"]],
  ],
  ["istiod", "_internal_defaults_do_not_set", [{ revision: "x" }, {}], []],
  ["istiod", "resources", [], [{ limits: { cpu: 1 } }, null]],
  ["istiod", "unknown", [], [{ a: null }]],
  ["base", "defaultRevision", ["", "x", "default"], []],
  ["base", "global.istioNamespace", ["mesh"], ["istio-system"]],
  [
    "base",
    "base.excludedCRDs",
    [["gateways.networking.istio.io"]],
    [["envoyfilters.networking.istio.io"], []],
  ],
  ["base", "base.validationURL", [], ["https://x/validate"]],
  ["gateway", "service", [{ loadBalancerSourceRanges: ["10.0.0.0/8"] }, { clusterIP: "" }, null], [{}]],
  ["gateway", "networkGateway", ["x"], []],
  ["gateway", "networkGatewayPorts", [{ tls: { port: 443 } }], []],
  ["gateway", "labels", [{ app: "x" }, { "istio.io/dataplane-mode": "ambient" }, null], [{ team: "x" }]],
  ["gateway", "env", [{ ISTIO_META_NETWORK: "x" }, { ISTIO_META_REQUESTED_NETWORK_VIEW: "x" }], [{ A: "b" }]],
  ["gateway", "envVarFrom", [[{ name: "PROXY_CONFIG" }]], [[{ name: "A" }]]],
  [
    "gateway",
    "podAnnotations",
    [
      { "sidecar.istio.io/inject": "false" },
      { "proxy.istio.io/config": "proxyMetadata: { ISTIO_META_NETWORK: x }" },
      { "proxy.istio.io/config": "ca_certificates_pem: [x]" },
    ],
    [{ "proxy.istio.io/config": "concurrency: 2" }, { "prometheus.io/port": "1" }],
  ],
  ["gateway", "revision", ["canary", "", "default"], []],
  ["gateway", "replicaCount", [0], [2, null]],
  [
    "gateway",
    "volumeMounts",
    [[{ mountPath: "/var/run/secrets/workload-spiffe-credentials" }]],
    [[{ mountPath: "/mnt" }]],
  ],
  ["gateway", "additionalContainers", [[{ name: "istio-proxy" }]], [[{ name: "own" }]]],
  [
    "gateway",
    "global",
    [{ labels: { app: "x" } }, { service: { type: "LoadBalancer" } }, { serviceAccount: { name: "x" } }],
    [{ networkPolicy: { enabled: true } }],
  ],
  ["gateway", "serviceAccount", [], [{ create: false }]],
];

describe("Helm values", () => {
  for (const [chart, path, refused, accepted] of CASES) {
    it(`of ${chart} at ${path} are refused only where they contradict the program`, () => {
      const at = (value: unknown) => faultsOf(chart, nested(path.split("."), value));
      for (const value of refused) {
        const faults = at(value);
        assert.equal(faults.length, 1, `${JSON.stringify(value)}: ${faults.join(", ")}`);
        assert.ok(faults[0]?.startsWith(`${PREFIX[chart]}.${path}`), faults[0]);
      }
      for (const value of accepted) assert.deepEqual(at(value), [], JSON.stringify(value));
    });
  }

  it("of istiod may be below 'pilot', and are read there too", () => {
    const pilot = { env: { ISTIO_MULTIROOT_MESH: "false" }, meshConfig: { ca: { address: "x" } } };
    assert.deepEqual(faultsOf("istiod", { pilot }), [
      "istio.values.istiod.pilot.env.ISTIO_MULTIROOT_MESH",
      "istio.values.istiod.pilot.meshConfig.ca",
    ]);
    const discovery = { meshConfig: { defaultConfig: { discoveryAddress: "istiod.example:15012" } } };
    const global = { caAddress: "istiod.example:15012" };
    const env = { ISTIOD_CUSTOM_HOST: "other.example, istiod.example" };
    assert.deepEqual(faultsOf("istiod", { global, env, pilot: discovery }), []);
    assert.deepEqual(faultsOf("istiod", discovery), [
      "istio.values.istiod.meshConfig.defaultConfig.discoveryAddress",
    ]);
    const injectionURL = "https://istiod.example:15017/inject";
    assert.deepEqual(faultsOf("istiod", { env, istiodRemote: { injectionURL } }), []);
    assert.deepEqual(faultsOf("istiod", { global }), ["istio.values.istiod.global.caAddress"]);
    const { istio } = validConfig(
      {
        cluster: LOCAL_CLUSTER,
        kubeconfig: KUBECONFIG,
        istio: { values: { istiod: { env: { A: "1", B: "2" }, pilot: { env: { B: "3" } } } } },
      },
      "cluster-a",
    );
    assert.deepEqual(istio.values.istiod, { env: { A: "1", B: "3" } });
  });

  it("are refused as keys with dots, which Helm does not take apart", () => {
    assert.deepEqual(
      faultsOf("istiod", {
        "meshConfig.trustDomain": "x",
        "pilot.env.A": "x",
        "meshConfig.defaultConfig=x": "",
        global: { "proxy.image": "x" },
      }),
      [
        'istio.values.istiod["meshConfig.trustDomain"]',
        'istio.values.istiod["pilot.env.A"]',
        'istio.values.istiod["meshConfig.defaultConfig=x"]',
        'istio.values.istiod.global["proxy.image"]',
      ],
    );
    assert.deepEqual(
      faultsOf("gateway", { labels: { "istio.example/a": "b" }, podAnnotations: { "a.b/c": "d" } }),
      [],
    );
  });

  for (const [chart, values] of [
    ["istiod", { env: "A_PASSWORD=hunter2" }],
    ["istiod", { env: ["A_PASSWORD=hunter2"] }],
    ["istiod", { meshConfig: "defaultConfig: { tracing: { lightstep: { accessToken: hunter2 } } }" }],
    ["istiod", { meshConfig: { ca: { tlsSettings: "hunter2" } } }],
    ["istiod", { meshConfig: { configSources: ["hunter2"] } }],
    ["istiod", { env: { JWT_RULE: '{"key":"hunter2"}' } }],
    ["istiod", { extraContainerArgs: ["--meshConfig=hunter2"] }],
    ["istiod", { istiodRemote: { injectionURL: "https://user:hunter2@istiod.example/x" } }],
    ["istiod", { sidecarInjectorWebhook: { templates: { sidecar: "env: hunter2" } } }],
    ["gateway", { podAnnotations: "a: hunter2" }],
    ["gateway", { podAnnotations: { "proxy.istio.io/config": "{meshId: x, accessToken: hunter2}" } }],
    ["gateway", { env: { PROXY_CONFIG: '{"accessToken":"hunter2"}' } }],
    ["gateway", { volumeMounts: "hunter2" }],
  ] as const) {
    it(`are not quoted where they may hold secrets: ${JSON.stringify(values)}`, () => {
      const sections =
        chart === "gateway" ? { gateway: { values } } : { istio: { values: { [chart]: values } } };
      assert.throws(
        () => validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...sections }, "cluster-a"),
        ({ message }: Error) => message.includes("has 1 fault(s)") && !message.includes("hunter2"),
      );
    });
  }

  it("are quoted where they are one word", () => {
    const istio = { values: { istiod: { global: { caAddress: "other.example:15012" } } } };
    assert.throws(
      () => validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, istio }, "cluster-a"),
      /caAddress: "other\.example:15012" /,
    );
  });

  it("have the field of the config as remedy that has the wanted effect", () => {
    const remedies = (values: object) => {
      try {
        validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, gateway: { values } }, "cluster-a");
        return "";
      } catch (error) {
        return String(error);
      }
    };
    assert.match(
      remedies({ service: { loadBalancerSourceRanges: ["10.0.0.0/8"] } }),
      /gateway\.values\.service\.loadBalancerSourceRanges: has no effect: .*set gateway\.service\.loadBalancerSourceRanges/,
    );
    assert.match(remedies({ networkGateway: "x" }), /set cluster\.network/);
  });
});
