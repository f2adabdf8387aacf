import { type ValueDecision, free, inside, limited, only, setBy } from "./decision.ts";
import { GATEWAY_NAME } from "../core/wellKnown.ts";
import { PROXY_ENVIRONMENT } from "./environment.ts";
import { discoveryAddress } from "./istiodAddress.ts";
import { onlyOwnAuthority } from "./otherAuthority.ts";

const OTHER_BOOTSTRAP = "replaces the configuration that proxies get from istiod";
const HIDDEN = "hides Services, or what the program registers, from proxies";

/** Fields of Istio's ProxyConfig (istio.io/api, mesh/v1alpha1/proxy.proto). */
export const PROXY_CONFIG_FIELDS: readonly ValueDecision[] = [
  ...inside("proxyMetadata", PROXY_ENVIRONMENT),
  setBy("meshId", "singleMesh.meshId, or global.meshID outside a single mesh"),
  setBy("caCertificatesPem", "peers"),
  discoveryAddress("discoveryAddress"),
  only("controlPlaneAuthPolicy", ["MUTUAL_TLS"], "turns off the check of istiod's certificate"),
  only("interceptionMode", ["REDIRECT", "TPROXY"], "lets traffic go past the sidecars: STRICT does not hold"),
  ...["configPath", "binaryPath", "customConfigFile", "proxyBootstrapTemplatePath"].map((path) =>
    only(path, [""], OTHER_BOOTSTRAP),
  ),
  onlyOwnAuthority("sds", [""]),
  only(
    "gatewayTopology.forwardClientCertDetails",
    ["UNDEFINED", "SANITIZE", "SANITIZE_SET"],
    "lets the gateway forward what peers claim about their callers",
    "Remove it; set it by an annotation of the gateways that need it",
  ),
  only(
    "gatewayTopology.proxyProtocol",
    [],
    "makes the east-west gateway expect a header that peers' sidecars do not send",
    "Remove it; set it by an annotation of the gateways that need it",
  ),
  ...free(`
    gatewayTopology.numTrustedProxies availabilityZone concurrency connectionSettings discoveryRefreshDelay drainDuration
    envoyAccessLogService envoyMetricsService envoyMetricsServiceAddress extraStatTags fileFlushInterval
    fileFlushMinSizeKb holdApplicationUntilProxyStarts image privateKeyProvider proxyAdminPort proxyHeaders
    proxyStatsMatcher readinessProbe runtimeValues serviceCluster statNameLength statsCompression statsdUdpAddress
    statusPort terminationDrainDuration tracing tracingServiceName zipkinAddress`),
];

/** Fields of Istio's MeshConfig (istio.io/api, mesh/v1alpha1/config.proto). */
export const MESH_CONFIG: readonly ValueDecision[] = [
  ...inside("defaultConfig", PROXY_CONFIG_FIELDS),
  setBy("trustDomain", "cluster.trustDomain"),
  setBy("caCertificates", "peers"),
  only(
    "trustDomainAliases",
    [""],
    "makes identities of other trust domains equal to ours, in every policy",
    "Remove it; name peers' callers in exports[].callers",
  ),
  only(
    "discoverySelectors",
    [""],
    "hides the program's namespaces, which carry no labels, from istiod",
    "Remove it; use exportTo, or Sidecar objects",
  ),
  only(
    "rootNamespace",
    ["istio-system"],
    "moves the namespace of mesh-wide policies away from the program's",
  ),
  only("enableAutoMtls", ["true"], "turns off mutual TLS between sidecars, by which imports are called"),
  only("configSources", [""], "makes istiod read objects from elsewhere than this cluster"),
  onlyOwnAuthority("certificates", [""]),
  onlyOwnAuthority("ca", [""]),
  ...["defaultServiceExportTo", "defaultVirtualServiceExportTo", "defaultDestinationRuleExportTo"].map(
    (path) =>
      only(
        path,
        ["", '["*"]'],
        `${HIDDEN}: the gateway is in a namespace of its own`,
        "Remove it; write exportTo in the objects, or in the annotation networking.istio.io/exportTo",
      ),
  ),
  only("serviceEntryVisibility", [""], HIDDEN, "Remove it; set exportTo in peers.<name>"),
  limited(
    "pathNormalization",
    "any but `NONE`",
    normalizesPaths,
    "lets callers go around paths of policies by another spelling",
    "Write BASE, or a stricter one",
  ),
  ...["ingressSelector", "ingressService"].map((path) =>
    limited(
      path,
      "any but `eastwestgateway`",
      (value) => typeof value === "string" && value !== GATEWAY_NAME,
      "makes the east-west gateway accept Ingress objects of every namespace",
      "Name another gateway",
    ),
  ),
  ...free(`
    accessLogEncoding accessLogFile accessLogFormat connectTimeout defaultHttpRetryPolicy defaultProviders
    defaultTrafficPolicy disableEnvoyListenerLog dnsRefreshRate enableEnvoyAccessLogService enablePrometheusMerge
    enableTracing extensionProviders h2UpgradePolicy hboneIdleTimeout inboundClusterStatName inboundTrafficPolicy
    ingressClass ingressControllerMode localityLbSetting meshMTLS outboundClusterStatName
    outboundTrafficPolicy protocolDetectionTimeout proxyHttpPort proxyInboundListenPort proxyListenPort
    serviceScopeConfigs serviceSettings tcpKeepalive tlsDefaults verifyCertificateAtClient zoneAwareLbSetting`),
];

function normalizesPaths(value: unknown): boolean {
  const { normalization = "DEFAULT" } = (value ?? {}) as { normalization?: unknown };
  return ["DEFAULT", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"].some(
    (each) => each === normalization,
  );
}
