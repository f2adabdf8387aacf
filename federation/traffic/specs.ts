/**
 * The fields of Istio's specs that rules look at, as the CRDs have them (`crd-all.gen.yaml`); the whole spec is validated by these. Every
 * field may be missing.
 */

/** A match on a text: exactly one field is set. */
export interface StringMatch {
  exact?: string;
  prefix?: string;
  regex?: string;
}

export interface Destination {
  host?: string;
  subset?: string;
  port?: { number?: number };
}

export interface RouteDestination {
  destination?: Destination;
  /** @default 100 where it is the only one, else 0 */
  weight?: number;
  headers?: { request?: { set?: Record<string, string> } };
}

export interface HttpMatch {
  name?: string;
  uri?: StringMatch;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  headers?: Record<string, StringMatch>;
  withoutHeaders?: Record<string, StringMatch>;
  queryParams?: Record<string, StringMatch>;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
  ignoreUriCase?: boolean;
}

export interface HttpRoute {
  name?: string;
  match?: HttpMatch[];
  route?: RouteDestination[];
  redirect?: object;
  directResponse?: object;
  delegate?: { name?: string; namespace?: string };
  mirror?: Destination;
  mirrors?: { destination?: Destination; percentage?: { value?: number } }[];
}

export interface L4Match {
  sniHosts?: string[];
  destinationSubnets?: string[];
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
}

export interface L4Route {
  match?: L4Match[];
  route?: RouteDestination[];
}

export interface VirtualServiceSpec {
  hosts?: string[];
  /** @default ["mesh"] */
  gateways?: string[];
  http?: HttpRoute[];
  tls?: L4Route[];
  tcp?: L4Route[];
  exportTo?: string[];
}

export interface ClientTls {
  mode?: "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";
  clientCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  credentialName?: string;
  sni?: string;
  subjectAltNames?: string[];
  insecureSkipVerify?: boolean;
}

export interface TrafficPolicy {
  loadBalancer?: { simple?: string; consistentHash?: object; localityLbSetting?: object };
  outlierDetection?: object;
  connectionPool?: object;
  tls?: ClientTls;
  portLevelSettings?: {
    port?: { number?: number };
    tls?: ClientTls;
    loadBalancer?: object;
    outlierDetection?: object;
  }[];
}

export interface Subset {
  name?: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicy;
}

export interface DestinationRuleSpec {
  host?: string;
  subsets?: Subset[];
  trafficPolicy?: TrafficPolicy;
  exportTo?: string[];
  workloadSelector?: { matchLabels?: Record<string, string> };
}

export interface ServerTls {
  mode?: "PASSTHROUGH" | "SIMPLE" | "MUTUAL" | "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" | "OPTIONAL_MUTUAL";
  credentialName?: string;
  credentialNames?: string[];
  caCertCredentialName?: string;
  serverCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  httpsRedirect?: boolean;
}

export interface GatewayServer {
  port?: { number?: number; name?: string; protocol?: string; targetPort?: number };
  hosts?: string[];
  tls?: ServerTls;
  bind?: string;
  name?: string;
}

export interface GatewaySpec {
  selector?: Record<string, string>;
  servers?: GatewayServer[];
}

export interface ServiceEntryPort {
  number?: number;
  name?: string;
  protocol?: string;
  targetPort?: number;
}

export interface WorkloadEntrySpec {
  address?: string;
  ports?: Record<string, number>;
  labels?: Record<string, string>;
  network?: string;
  serviceAccount?: string;
}

export interface ServiceEntrySpec {
  hosts?: string[];
  addresses?: string[];
  ports?: ServiceEntryPort[];
  /** @default MESH_EXTERNAL */
  location?: "MESH_EXTERNAL" | "MESH_INTERNAL";
  /** @default NONE */
  resolution?: "NONE" | "STATIC" | "DNS" | "DNS_ROUND_ROBIN" | "DYNAMIC_DNS";
  endpoints?: WorkloadEntrySpec[];
  exportTo?: string[];
  subjectAltNames?: string[];
  workloadSelector?: { labels?: Record<string, string> };
}

export interface SelectorSpec {
  selector?: { matchLabels?: Record<string, string> };
  targetRef?: object;
  targetRefs?: object[];
}

export interface PeerAuthenticationSpec extends SelectorSpec {
  mtls?: { mode?: "UNSET" | "DISABLE" | "PERMISSIVE" | "STRICT" };
  portLevelMtls?: Record<string, { mode?: string }>;
}

export interface PolicySource {
  principals?: string[];
  notPrincipals?: string[];
  requestPrincipals?: string[];
  notRequestPrincipals?: string[];
  namespaces?: string[];
  notNamespaces?: string[];
  ipBlocks?: string[];
  remoteIpBlocks?: string[];
  serviceAccounts?: string[];
}

export interface PolicyOperation {
  hosts?: string[];
  notHosts?: string[];
  ports?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

export interface AuthorizationPolicySpec extends SelectorSpec {
  /** @default ALLOW */
  action?: "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";
  rules?: {
    from?: { source?: PolicySource }[];
    to?: { operation?: PolicyOperation }[];
    when?: { key?: string; values?: string[]; notValues?: string[] }[];
  }[];
  provider?: { name?: string };
}

export interface SidecarSpec {
  workloadSelector?: { labels?: Record<string, string> };
  egress?: { hosts?: string[]; port?: object; bind?: string }[];
  ingress?: object[];
  outboundTrafficPolicy?: { mode?: "ALLOW_ANY" | "REGISTRY_ONLY"; egressProxy?: Destination };
}

/** Spec of each of Istio's kinds. */
export interface Specs {
  Gateway: GatewaySpec;
  VirtualService: VirtualServiceSpec;
  DestinationRule: DestinationRuleSpec;
  ServiceEntry: ServiceEntrySpec;
  WorkloadEntry: WorkloadEntrySpec;
  Sidecar: SidecarSpec;
  ProxyConfig: SelectorSpec;
  PeerAuthentication: PeerAuthenticationSpec;
  RequestAuthentication: SelectorSpec;
  AuthorizationPolicy: AuthorizationPolicySpec;
  Telemetry: SelectorSpec;
}
