import { mountPaths, namesIn } from "./containers.ts";
import {
  type HelmValues,
  type ValueDecision,
  followed,
  free,
  inside,
  limited,
  only,
  setBy,
} from "./decision.ts";
import { ISTIOD_ENVIRONMENT, NODE_ACCOUNT, variablesFrom } from "./environment.ts";
import { MESH_CONFIG } from "./meshConfig.ts";
import { isIstiodHost } from "./istiodAddress.ts";
import { authorityAddress, onlyOwnAuthority } from "./otherAuthority.ts";
import { capturesAllocated, excludesNoAllocated } from "./capturedRanges.ts";

const REMOTE = "makes this cluster use an istiod elsewhere";
const SINGLE_MESH = "Remove it; use topology: single-mesh, in which each cluster has its istiod";
const PARTS = "leaves out objects on which the program depends";
const PASSES_BY = "lets calls go past the sidecars: STRICT and policies do not hold there";
const TEMPLATE = "replaces an injection template on which the program depends";

/** Values of `global` in the istiod chart. */
const GLOBAL: readonly ValueDecision[] = [
  setBy("network", "cluster.network"),
  setBy("trustDomain", "cluster.trustDomain"),
  setBy("multiCluster.clusterName", "cluster.name"),
  setBy("proxy.clusterDomain", "cluster.domain"),
  only(
    "enableReaderRBAC",
    ["false"],
    "makes an account that may read most of the cluster",
    "Remove it; use topology: single-mesh, which has its own",
  ),
  followed("meshID", "in a single mesh, set `singleMesh.meshId` instead"),
  only("istioNamespace", ["istio-system"], "moves istiod out of the program's namespace"),
  only("resourceScope", ["all"], PARTS),
  only("omitSidecarInjectorConfigMap", ["false"], PARTS),
  only("operatorManageWebhooks", ["false"], PARTS),
  only("externalIstiod", ["false"], "makes istiod that of other clusters", SINGLE_MESH),
  only("remotePilotAddress", [""], REMOTE, SINGLE_MESH),
  only("configCluster", ["false"], REMOTE, SINGLE_MESH),
  only("meshNetworks", [""], "gives networks other gateways than those of the contracts"),
  onlyOwnAuthority("pilotCertProvider", ["istiod"]),
  onlyOwnAuthority("caName", [""]),
  onlyOwnAuthority("certSigners", [""]),
  onlyOwnAuthority("mountMtlsCerts", ["false"]),
  authorityAddress("caAddress"),
  only("sds.token.aud", ["istio-ca"], "makes istiod refuse the tokens of proxies"),
  only(
    "trustBundleName",
    ["", "istio-ca-root-cert"],
    "names the ConfigMap of the root certificates, which the program reads, otherwise",
  ),
  limited("profile", "any but `remote`", (value) => value !== "remote", REMOTE, SINGLE_MESH),
  only("proxy.excludeInboundPorts", [""], PASSES_BY, "Remove it; annotate the Pods that need it"),
  only("proxy.includeInboundPorts", ["*"], PASSES_BY, "Remove it; annotate the Pods that need it"),
  only(
    "proxy.excludeOutboundPorts",
    [""],
    "lets calls of imports on these ports go past the sidecars",
    "Remove it; annotate the Pods that need it",
  ),
  limited(
    "proxy.includeIPRanges",
    "`*`, or with 240.240.0.0/16",
    capturesAllocated,
    "leaves out 240.240.0.0/16, from which imported hosts have their addresses: calls go past the sidecars",
    "Add that range",
  ),
  limited(
    "proxy.excludeIPRanges",
    "without 240.240.0.0/16",
    excludesNoAllocated,
    "contains addresses of 240.240.0.0/16, which imported hosts have: calls go past the sidecars",
    "Leave that range out",
  ),
  ...free(`
    agentgateway configValidation defaultPodDisruptionBudget defaultResources hub imagePullPolicy imagePullSecrets ipFamilies
    ipFamilyPolicy istiod logAsJson logging nativeNftables networkPolicy platform podDNSSearchNamespaces
    priorityClassName proxy.autoInject proxy.capNetBindService proxy.componentLogLevel
    proxy.holdApplicationUntilProxyStarts proxy.image proxy.includeOutboundPorts proxy.lifecycle proxy.logLevel
    proxy.outlierLogPath proxy.privileged proxy.readinessFailureThreshold proxy.readinessInitialDelaySeconds
    proxy.readinessPeriodSeconds proxy.resources proxy.seccompProfile proxy.startupProbe proxy.statusPort
    proxy.tracer proxy.variant proxy_init readerServiceAccount sts tag tracer variant waypoint`),
];

/** Values of the istiod chart (manifests/charts/istio-control/istio-discovery). */
export const ISTIOD_VALUES: readonly ValueDecision[] = [
  ...inside("global", GLOBAL),
  ...inside("meshConfig", MESH_CONFIG),
  ...inside("env", ISTIOD_ENVIRONMENT),
  variablesFrom(ISTIOD_ENVIRONMENT),
  limited(
    ["extraContainerArgs", "[]"],
    "arguments for logs, tuning, ...",
    isFreeArgument,
    "sets what the program or the chart sets",
    "Leave it out",
  ),
  setBy("revision", "istio.revision"),
  only("configMap", ["true"], PARTS),
  limited("profile", "any but `remote`", (value) => value !== "remote", REMOTE, SINGLE_MESH),
  only("istiodRemote.enabled", ["false"], REMOTE, SINGLE_MESH),
  only("istiodRemote.enabledLocalInjectorIstiod", ["false"], REMOTE, SINGLE_MESH),
  only("istiodRemote.injectionPath", ["/inject"], "gives injected proxies another cluster or network"),
  limited(
    "istiodRemote.injectionURL",
    "this cluster's istiod, with path `/inject`",
    (value, values) => value === "" || (typeof value === "string" && isInjector(value, values)),
    "gives injected proxies another istiod by its host, or another cluster or network by its path",
    "Remove it; if it leads to this cluster's istiod, end it with /inject and add its host to env.ISTIOD_CUSTOM_HOST",
  ),
  ...["sidecar", "gateway"].map((name) =>
    only(
      `sidecarInjectorWebhook.templates.${name}`,
      [],
      TEMPLATE,
      "Give it another name, and add that to defaultTemplates",
    ),
  ),
  limited(
    "sidecarInjectorWebhook.defaultTemplates",
    "empty, or with `sidecar`",
    (value) => value === null || (Array.isArray(value) && (value.length === 0 || value.includes("sidecar"))),
    "leaves out the sidecar",
    "Add sidecar",
  ),
  ...["app", "istio", "istio.io/rev", "sidecar.istio.io/inject"].map((label) =>
    only(["podLabels", label], [], "is a label by which istiod's Service and webhooks find it"),
  ),
  only("trustedZtunnelNamespace", ["", "istio-system", "kube-system"], NODE_ACCOUNT),
  only("trustedZtunnelName", ["", "ztunnel"], NODE_ACCOUNT),
  mountPaths("istiod"),
  namesIn("volumes", "istiod"),
  namesIn("initContainers", "istiod"),
  only("_internal_defaults_do_not_set", [], "is internal to Istio's charts", "Write the values directly"),
  only("defaults", [], "is refused by Istio's charts", "Write the values directly"),
  ...free(`
    affinity autoscaleBehavior autoscaleEnabled autoscaleMax autoscaleMin base cni compatibilityVersion cpu crlConfigMapName
    deploymentAnnotations deploymentLabels experimental gatewayClasses gateways hub image ipFamilies ipFamilyPolicy
    istiodRemote.injectionCABundle jwksResolverExtraRootCA keepaliveMaxServerConnectionAge memory nodeSelector ownerName pdb platform podAnnotations
    podLabels.* replicaCount resources revisionTags rollingMaxSurge rollingMaxUnavailable seccompProfile serviceAccountAnnotations
    serviceAnnotations sidecarInjectorWebhook.alwaysInjectSelector sidecarInjectorWebhook.enableNamespacesByDefault
    sidecarInjectorWebhook.injectedAnnotations sidecarInjectorWebhook.neverInjectSelector
    sidecarInjectorWebhook.reinvocationPolicy sidecarInjectorWebhook.rewriteAppHTTPProbe sidecarInjectorWebhook.templates.* sidecarInjectorWebhookAnnotations tag taint telemetry
    terminationMessagePolicy tolerations topologySpreadConstraints traceSampling trafficDistribution variant`),
];

/** Whether a URL is that of the injector in this cluster's istiod. */
function isInjector(text: string, values: HelmValues): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname } = new URL(text);
  return pathname === "/inject" && isIstiodHost(hostname, values);
}

/** CRDs of the objects that the program creates. */
const OWN_CRDS = [
  "authorizationpolicies.security.istio.io",
  "destinationrules.networking.istio.io",
  "gateways.networking.istio.io",
  "peerauthentications.security.istio.io",
  "serviceentries.networking.istio.io",
  "virtualservices.networking.istio.io",
];

/** Values of the base chart. */
export const BASE_VALUES: readonly ValueDecision[] = [
  setBy("defaultRevision", "istio.revision"),
  only("global.istioNamespace", ["istio-system"], "moves istiod out of the program's namespace"),
  only("global.resourceScope", ["all"], PARTS),
  only(
    "global.enableReaderRBAC",
    ["false"],
    "makes an account that may read most of the cluster",
    "Remove it; use topology: single-mesh, which has its own",
  ),
  limited(
    ["base", "excludedCRDs", "[]"],
    "CRDs that the program does not need",
    (name) => !OWN_CRDS.includes(String(name)),
    "is the CRD of objects that the program creates",
    "Leave it in",
  ),
  only("_internal_defaults_do_not_set", [], "is internal to Istio's charts", "Write the values directly"),
  only("defaults", [], "is refused by Istio's charts", "Write the values directly"),
  ...free(`
    base.enableCRDTemplates base.enableIstioConfigCRDs base.validationCABundle base.validationFailurePolicy
    base.validationURL compatibilityVersion experimental global.imagePullSecrets global.platform global.profile
    global.readerServiceAccount platform profile`),
];

/** Flags of `pilot-discovery discovery` that set what values or the environment set. */
const SET_FLAGS = [
  "registries",
  "clusterRegistriesNamespace",
  "kubeconfig",
  "meshConfig",
  "networksConfig",
  "namespace",
  "n",
  "configDir",
  "domain",
  "clusterID",
  "clusterAliases",
  "httpAddr",
  "httpsAddr",
  "grpcAddr",
  "secureGRPCAddr",
  "caCertFile",
  "tlsCertFile",
  "tlsKeyFile",
];

function isFreeArgument(argument: unknown): boolean {
  const [, flag = ""] = /^--?([^=]+)/.exec(String(argument)) ?? [];
  return !SET_FLAGS.includes(flag);
}
