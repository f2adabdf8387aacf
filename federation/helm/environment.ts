import { OFF, ON, type ValueDecision, followed, free, limited, only, setBy } from "./decision.ts";
import { authorityAddress, onlyOwnAuthority } from "./otherAuthority.ts";

const SET_BY_PROGRAM = "is set by the program, so that it agrees with the rest";
const OTHER_IDENTITY = "lets clients of istiod claim identities that they do not have";
/** Completes a fault of a value that names ztunnel. */
export const NODE_ACCOUNT =
  "lets another account than ztunnel's request certificates for the identities of all Pods on its node";
/** Service accounts that may be ztunnel's: Istio installs it beside istiod, on OpenShift in kube-system. */
const TRUSTED_ZTUNNELS = ["", "istio-system/ztunnel", "kube-system/ztunnel"];
const OTHER_LABEL = "names a label otherwise that the program reads by its usual name";
const OTHER_RANGE =
  "gives imported hosts addresses of another range than the program refuses as those of gateways";
const SET_BY_CHART = "is set by the chart, from other values";
const OTHER_OBJECTS = "hides objects of the program from istiod";
const ROOTS_NAME = "names the ConfigMap of the root certificates, which the program reads, otherwise";

/** Environment of istiod: what identity, trust, discovery and injection depend on (pilot/pkg/features, pilot/pkg/bootstrap). */
export const ISTIOD_ENVIRONMENT: readonly ValueDecision[] = [
  only("ISTIO_MULTIROOT_MESH", ON, SET_BY_PROGRAM),
  only("PILOT_SCOPE_GATEWAY_TO_NAMESPACE", ON, SET_BY_PROGRAM),
  setBy("CLUSTER_ID", "cluster.name"),
  only(
    "PILOT_SKIP_VALIDATE_TRUST_DOMAIN",
    OFF,
    "accepts callers of any trust domain, those of peers among them",
  ),
  onlyOwnAuthority("ENABLE_CA_SERVER", ON),
  onlyOwnAuthority("EXTERNAL_CA", [""]),
  onlyOwnAuthority("K8S_SIGNER", [""]),
  onlyOwnAuthority("CERT_SIGNER_DOMAIN", [""]),
  onlyOwnAuthority("PILOT_CERT_PROVIDER", ["istiod"]),
  onlyOwnAuthority("USE_REMOTE_CERTS", OFF),
  onlyOwnAuthority("USE_CACERTS_FOR_SELF_SIGNED_CA", OFF),
  onlyOwnAuthority("ROOT_CA_DIR", ["./etc/cacerts", "/etc/cacerts"]),
  only(
    "UNSAFE_ENABLE_ADMIN_ENDPOINTS",
    OFF,
    "opens the administration of istiod to callers of its debug port",
  ),
  only("XDS_AUTH", ON, OTHER_IDENTITY),
  only("XDS_AUTH_PLAINTEXT", OFF, OTHER_IDENTITY),
  only("PILOT_ENABLE_XDS_IDENTITY_CHECK", ON, OTHER_IDENTITY),
  only("ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY", ON, OTHER_IDENTITY),
  only("TRUSTED_GATEWAY_CIDR", [""], OTHER_IDENTITY),
  only(
    "TOKEN_AUDIENCES",
    ["istio-ca"],
    "makes istiod refuse the tokens of proxies, or accept tokens for others",
  ),
  only("TOKEN_ISSUER", [""], OTHER_IDENTITY),
  limited(
    "CA_TRUSTED_NODE_ACCOUNTS",
    TRUSTED_ZTUNNELS.map((account) => `\`${account}\``).join(", "),
    (value) =>
      typeof value === "string" && value.split(",").every((account) => TRUSTED_ZTUNNELS.includes(account)),
    NODE_ACCOUNT,
  ),
  only("AUDIENCE", [""], OTHER_IDENTITY),
  only("JWT_RULE", [""], OTHER_IDENTITY),
  only("PILOT_CA_CERT_CONFIGMAP", ["istio-ca-root-cert"], ROOTS_NAME),
  only(
    "ENABLE_CLUSTER_TRUST_BUNDLE_API",
    OFF,
    "keeps the root certificates where the program does not read them",
  ),
  only(
    "SHARED_MESH_CONFIG",
    [""],
    "adds mesh config that the program does not see",
    "Write it in meshConfig",
  ),
  only("ISTIO_WATCH_NAMESPACE", [""], OTHER_OBJECTS),
  only("PILOT_IGNORE_RESOURCES", [""], OTHER_OBJECTS),
  only("PILOT_ENABLE_SERVICEENTRY_SELECT_PODS", ON, "turns off the exports that have another name"),
  only("PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES", ON, "leaves exports of WorkloadEntries without endpoints"),
  only("PILOT_DRAINING_LABEL", ["istio.io/draining"], OTHER_LABEL),
  only("PILOT_PERSISTENT_SESSION_LABEL", ["istio.io/persistent-session"], OTHER_LABEL),
  only("PILOT_PERSISTENT_SESSION_HEADER_LABEL", ["istio.io/persistent-session-header"], OTHER_LABEL),
  only("PILOT_IP_AUTOALLOCATE_IPV4_PREFIX", ["240.240.0.0/16"], OTHER_RANGE),
  only("PILOT_IP_AUTOALLOCATE_IPV6_PREFIX", ["2001:2::/48"], OTHER_RANGE),
  only("PILOT_ENABLE_IP_AUTOALLOCATE", ON, "leaves imported hosts without addresses, by which TCP is routed"),
  only(
    "PILOT_FILTER_GATEWAY_CLUSTER_CONFIG",
    OFF,
    "leaves the gateway without the clusters of exported services",
  ),
  only("EXTERNAL_ISTIOD", OFF, "makes istiod that of other clusters", "Remove it; use topology: single-mesh"),
  only("LOCAL_CLUSTER_SECRET_WATCHER", OFF, "makes istiod read credentials for peers elsewhere"),
  only("PILOT_MULTICLUSTER_KUBECONFIG_PATH", [""], "makes istiod read credentials for peers elsewhere"),
  only("RESOLVE_HOSTNAME_GATEWAYS", ON, "leaves gateways that have a host name out in a single mesh"),
  only("INJECT_ENABLED", ON, "turns off injection, on which the gateway's Pods depend"),
  only(
    "INJECTION_WEBHOOK_CONFIG_NAME",
    ["istio-sidecar-injector"],
    "leaves the injection webhook without a certificate",
  ),
  limited(
    "VALIDATION_WEBHOOK_CONFIG_NAME",
    "not empty",
    (value) => typeof value === "string" && value !== "",
    "leaves the validation webhook without a certificate: invalid objects are accepted",
  ),
  only("POD_NAMESPACE", ["istio-system"], SET_BY_CHART),
  ...["POD_NAME", "SERVICE_ACCOUNT", "KUBECONFIG", "REVISION"].map((name) => only(name, [], SET_BY_CHART)),
  followed("ISTIOD_CUSTOM_HOST", "a shared root's intermediate must permit it"),
  followed("DEFAULT_WORKLOAD_CERT_TTL", "`certificateAuthority.workloadCertificateHours` must cover it"),
  followed(
    "PILOT_ENABLE_METADATA_EXCHANGE",
    "off: needs `PILOT_DISABLE_MX_ALPN` with TLS-terminating exports",
  ),
  followed("PILOT_DISABLE_MX_ALPN", "see `PILOT_ENABLE_METADATA_EXCHANGE`"),
  ...free("*"),
];

const NO_PROXY = "makes proxies that peers cannot call";

/** Environment of proxies: metadata of the mesh's proxy config, and the gateway's own (pilot/cmd/pilot-agent). */
export const PROXY_ENVIRONMENT: readonly ValueDecision[] = [
  only("PROXY_CONFIG_XDS_AGENT", ON, SET_BY_PROGRAM),
  setBy("ISTIO_META_CLUSTER_ID", "cluster.name"),
  setBy("ISTIO_META_NETWORK", "cluster.network"),
  setBy("ISTIO_META_MESH_ID", "singleMesh.meshId"),
  setBy("TRUST_DOMAIN", "cluster.trustDomain"),
  authorityAddress("CA_ADDR"),
  onlyOwnAuthority("CA_PROVIDER", ["Citadel"]),
  onlyOwnAuthority("FILE_MOUNTED_CERTS", OFF),
  onlyOwnAuthority("PILOT_CERT_PROVIDER", ["istiod"]),
  ...[
    "CA_ROOT_CA",
    "CREDENTIAL_FETCHER_TYPE",
    "CREDENTIAL_IDENTITY_PROVIDER",
    "ISTIOD_SAN",
    "ISTIO_META_CERT_SIGNER",
    "ISTIO_META_TLS_CLIENT_CERT_CHAIN",
    "ISTIO_META_TLS_CLIENT_KEY",
    "ISTIO_META_TLS_CLIENT_ROOT_CERT",
    "ISTIO_META_TLS_SERVER_CERT_CHAIN",
    "ISTIO_META_TLS_SERVER_KEY",
    "ISTIO_META_TLS_SERVER_ROOT_CERT",
    "PROV_CERT",
    "WORKLOAD_IDENTITY_SOCKET_FILE",
    "XDS_AUTH_PROVIDER",
    "XDS_ROOT_CA",
  ].map((name) => onlyOwnAuthority(name, [""])),
  only(
    "ISTIO_METAJSON_*",
    [],
    "sets any metadata of proxies, those of the program among them",
    "Write ISTIO_META_<name>",
  ),
  only("ISTIO_META_REQUESTED_NETWORK_VIEW", [], "limits proxies to the workloads of one network"),
  only("ISTIO_META_INTERCEPTION_MODE", ["REDIRECT", "TPROXY"], "lets traffic go past the proxies"),
  only("JWT_POLICY", ["third-party-jwt"], "makes istiod refuse the tokens of proxies"),
  only("DISABLE_ENVOY", OFF, NO_PROXY),
  only("ISTIO_BOOTSTRAP", [""], NO_PROXY),
  only("ISTIO_BOOTSTRAP_OVERRIDE", [""], NO_PROXY),
  ...["POD_NAMESPACE", "POD_NAME", "INSTANCE_IP", "SERVICE_ACCOUNT", "PROXY_CONFIG"].map((name) =>
    only(name, [], SET_BY_CHART),
  ),
  followed("SECRET_TTL", "`certificateAuthority.workloadCertificateHours` must cover it"),
  ...free("ISTIO_META_DNS_CAPTURE", "off: see [dns.md](dns.md)"),
  ...free("*"),
];

/** The decision about names of variables whose values are elsewhere: those that no value may contradict. */
export function variablesFrom(environment: readonly ValueDecision[]): ValueDecision {
  const reserved = environment.filter(({ decision }) => decision === "fault").map(({ path: [name] }) => name);
  return limited(
    ["envVarFrom", "[]", "name"],
    "names without a fault in `env`",
    (name) => !reserved.includes(String(name)),
    "is a variable that would contradict the program by some values",
    "Write it in env, or remove it",
  );
}
