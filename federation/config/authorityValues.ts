import { type Complaint, valueAt } from "../core/schema.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";

/** Helm values by dotted path, and the texts that leave istiod's own certificate authority in charge. */
type Harmless = Readonly<Record<string, RegExp>>;

const EMPTY = /^$/;
const FALSE = /^(?:false|0|f)?$/i;

/** Address of istiod, where proxies send their signing requests by default. */
const ISTIOD_ADDRESS = new RegExp(`^(?:istiod(?:-[a-z0-9-]+)?\\.${ISTIO_NAMESPACE}\\.svc(?::\\d+)?)?$`);

/** Environment of pilot-agent (Istio's `pilot-agent/options`). */
const PROXY: Harmless = {
  CA_ADDR: ISTIOD_ADDRESS,
  CA_PROVIDER: /^(?:Citadel)?$/,
  CA_ROOT_CA: EMPTY,
  FILE_MOUNTED_CERTS: FALSE,
  PROV_CERT: EMPTY,
};

/** Environment of istiod (Istio's `bootstrap/istio_ca.go` and `features`). */
const PILOT: Harmless = {
  CERT_SIGNER_DOMAIN: EMPTY,
  ENABLE_CA_SERVER: /^(?:true|1|t)?$/i,
  EXTERNAL_CA: EMPTY,
  K8S_SIGNER: EMPTY,
  PILOT_CERT_PROVIDER: /^(?:istiod)?$/,
  ROOT_CA_DIR: /^(?:(?:\.?\/)?etc\/cacerts\/?)?$/,
};

/** Values of the istiod chart that choose who signs workloads' and istiod's certificates. */
const ISTIOD: Harmless = {
  "global.caAddress": ISTIOD_ADDRESS,
  "global.caName": EMPTY,
  "global.mountMtlsCerts": FALSE,
  "global.pilotCertProvider": /^(?:istiod)?$/,
  ...below("env", PILOT),
  ...below("meshConfig.defaultConfig.proxyMetadata", PROXY),
};

/** Values of the gateway chart. */
const GATEWAY: Harmless = below("env", PROXY);

/** Complains about values of the istiod chart by which somebody else would sign workloads' certificates. */
export function checkIstiodAuthority(values: Readonly<Record<string, unknown>>): Complaint[] {
  return [...check(values, ISTIOD), ...checkSources(values, PILOT)];
}

/** Complains about values of the gateway chart by which somebody else would sign the gateway's certificate. */
export function checkGatewayAuthority(values: Readonly<Record<string, unknown>>): Complaint[] {
  return [...check(values, GATEWAY), ...checkSources(values, PROXY)];
}

function below(path: string, values: Harmless): Harmless {
  return Object.fromEntries(Object.entries(values).map(([name, harmless]) => [`${path}.${name}`, harmless]));
}

const RULE =
  "gives workloads or istiod certificates of another authority than the root that this stack publishes: peers would refuse them";
const REMEDY =
  "Remove it; another authority certifies istiod's own by certificateAuthority.source 'provided' or 'shared'";

function check(values: Readonly<Record<string, unknown>>, known: Harmless): Complaint[] {
  return Object.entries(known).flatMap(([dotted, harmless]) => {
    const path = dotted.split(".");
    const value = valueAt(values, path) ?? "";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return harmless.test(text) ? [] : [{ path, rule: RULE, remedy: REMEDY }];
  });
}

/** Checks `envVarFrom`, whose values are unknown here. */
function checkSources(values: Readonly<Record<string, unknown>>, known: Harmless): Complaint[] {
  const entries = valueAt(values, ["envVarFrom"]);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown, index) => {
    const name = valueAt(entry, ["name"]);
    if (typeof name !== "string" || !Object.hasOwn(known, name)) return [];
    return [{ path: ["envVarFrom", index, "name"], rule: RULE, remedy: REMEDY }];
  });
}
