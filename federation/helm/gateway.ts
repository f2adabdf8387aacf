import { mountPaths, namesIn } from "./containers.ts";
import { type ValueDecision, jsonName, followed, free, inside, limited, only } from "./decision.ts";
import { PROXY_ENVIRONMENT, variablesFrom } from "./environment.ts";
import { PROXY_CONFIG_FIELDS } from "./meshConfig.ts";
import { GATEWAY_NAME } from "../core/wellKnown.ts";

const NAMES = "is a name by which the program's Service and Gateway select the gateway";
const NO_SERVICE = "has no effect: the gateway's Service is the program's, not the chart's";
const INJECTION = "changes how the gateway's Pods are injected";
const OTHER_REVISION = "may make another istiod inject the gateway than that of the configured revision";
const FOLLOWS = "Remove it; set istio.revision, or istio.existing.revision";
const NETWORK = "is set by the program, so that it agrees with what is published to peers";

/** Fields of the chart's Service that `gateway.service` has by the same name. */
const SERVICE_FIELDS = [
  "type",
  "annotations",
  "allocateLoadBalancerNodePorts",
  "externalIPs",
  "externalTrafficPolicy",
  "healthCheckNodePort",
  "internalTrafficPolicy",
  "ipFamilies",
  "ipFamilyPolicy",
  "loadBalancerClass",
  "loadBalancerIP",
  "loadBalancerSourceRanges",
];

const SERVICE: readonly ValueDecision[] = [
  ...SERVICE_FIELDS.map((field) => only(field, [], NO_SERVICE, `Remove it; set gateway.service.${field}`)),
  only("ports", [], NO_SERVICE, "Remove it; the port is 15443, and its node port gateway.service.nodePort"),
  only("*", [], NO_SERVICE),
];

/** Labels of the gateway's Pods that decide what selects, injects or reaches them. */
const LABELS: readonly ValueDecision[] = [
  only(["app"], [], NAMES),
  only(["istio"], [], NAMES),
  only(["app.kubernetes.io/name"], [], NAMES),
  only(["istio.io/rev"], [], OTHER_REVISION, FOLLOWS),
  only(["istio.io/dataplane-mode"], ["none"], "makes the gateway a part of ambient mode, which ends its TLS"),
  only(["sidecar.istio.io/inject"], ["true"], INJECTION),
  only(["security.istio.io/tlsMode"], ["istio"], INJECTION),
  only(["topology.istio.io/network"], [], NETWORK, "Remove it; set cluster.network"),
  ...free("*"),
];

const ANNOTATIONS: readonly ValueDecision[] = [
  only(["inject.istio.io/templates"], ["gateway"], INJECTION),
  only(["sidecar.istio.io/inject"], ["true"], INJECTION),
  only(
    ["sidecar.istio.io/bootstrapOverride"],
    [],
    "replaces the configuration that the gateway gets from istiod",
  ),
  only(
    ["sidecar.istio.io/discoveryAddress"],
    [],
    "makes the gateway get its configuration and certificates elsewhere than the proxies that it calls",
  ),
  limited(
    ["proxy.istio.io/config"],
    "fields that `meshConfig.defaultConfig` may have",
    acceptsProxyConfig,
    "sets a field of the proxy config that the program sets or relies on",
    "Leave it out of the annotation",
  ),
  ...free("*"),
];

/** Values of the gateway chart, which reads `global` as further values. */
export const GATEWAY_VALUES: readonly ValueDecision[] = [
  only("name", ["", GATEWAY_NAME], NAMES),
  ...inside("service", SERVICE),
  ...inside("labels", LABELS),
  ...inside("podAnnotations", ANNOTATIONS),
  only("networkGatewayPorts", [], NO_SERVICE),
  only("networkGateway", [], NETWORK, "Remove it; set cluster.network"),
  ...inside("env", PROXY_ENVIRONMENT),
  variablesFrom(PROXY_ENVIRONMENT),
  only("revision", [], OTHER_REVISION, FOLLOWS),
  limited(
    "replicaCount",
    "1 or more",
    (value) => value === null || (typeof value === "number" && value >= 1),
    "leaves no gateway, which peers call",
    "Write 1 or more",
  ),
  followed("serviceAccount.create", "the gateway's identity follows"),
  followed("serviceAccount.name", "the gateway's identity follows"),
  only(
    "global.serviceAccount",
    [],
    "is read by the chart, but not by the program",
    "Write it as gateway.values.serviceAccount",
  ),
  followed("global.networkPolicy", "it opens port 15443"),
  mountPaths("gateway"),
  ...["volumes", "initContainers", "additionalContainers"].map((list) => namesIn(list, "gateway")),
  only("_internal_defaults_do_not_set", [], "is internal to Istio's charts", "Write the values directly"),
  only("defaults", [], "is refused by Istio's charts", "Write the values directly"),
  ...free(`
    affinity annotations autoscaling compatibilityVersion containerSecurityContext dnsConfig dnsPolicy enabled global.platform global.profile
    imagePullPolicy imagePullSecrets kind lifecycle minReadySeconds nodeSelector ownerName platform podDisruptionBudget
    priorityClassName profile rbac readinessProbe resources securityContext serviceAccount.annotations strategy
    terminationGracePeriodSeconds tolerations topologySpreadConstraints`),
];

/** Fields of the proxy config that may differ for the gateway alone. */
const GATEWAYS_OWN = ["proxyProtocol"];

/** Whether the text of an annotation names no field or variable that the gateway's proxy config may not have. */
function acceptsProxyConfig(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const reserved = PROXY_CONFIG_FIELDS.filter(({ decision }) => decision === "fault")
    .map(({ path }) => path.at(-1) ?? "")
    .filter((name) => !GATEWAYS_OWN.includes(name));
  const words = value.match(/\w+/g) ?? [];
  return ![...words, ...words.map(jsonName)].some(
    (word) => word.startsWith("ISTIO_METAJSON_") || reserved.includes(word),
  );
}

/** Decisions for the gateway that serves documents, where they differ from those for the east-west gateway. */
const PUBLISH_OWN: readonly ValueDecision[] = [
  only("name", [""], NAMES),
  only("rbac.enabled", ["true"], "keeps the gateway from the Secret with its certificate"),
];

/** Values of the chart for the gateway that serves documents. */
export const PUBLISH_VALUES: readonly ValueDecision[] = [
  ...PUBLISH_OWN,
  ...GATEWAY_VALUES.filter(({ path: [key] }) => key !== "name" && key !== "rbac").map((decision) => ({
    ...decision,
    remedy: decision.remedy
      .replace("the port is 15443, and its node port", "the port is 443, and its node port")
      .replace("gateway.", "publish."),
  })),
];
