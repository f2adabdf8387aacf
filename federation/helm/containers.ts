import { type ValueDecision, limited } from "./decision.ts";

/** Pods whose volumes and containers a chart's values extend. */
type Workload = "istiod" | "gateway";

/** Folders that the chart and injection mount. */
const MOUNTS: Readonly<Record<Workload, readonly string[]>> = {
  istiod: [
    "/cacerts",
    "/etc/cacerts",
    "/etc/istio/config",
    "/var/run/secrets/istio-dns",
    "/var/run/secrets/istiod",
    "/var/run/secrets/kubernetes.io",
    "/var/run/secrets/remote",
    "/var/run/secrets/tokens",
  ],
  gateway: [
    "/etc/certs",
    "/etc/istio",
    "/var/lib/istio/data",
    "/var/run/secrets/credential-uds",
    "/var/run/secrets/istio",
    "/var/run/secrets/kubernetes.io",
    "/var/run/secrets/tokens",
    "/var/run/secrets/workload-spiffe-credentials",
    "/var/run/secrets/workload-spiffe-uds",
  ],
};

/** Names of the volumes and containers that the chart and injection define. */
const NAMES: Readonly<Record<Workload, readonly string[]>> = {
  istiod: [
    "cacerts",
    "discovery",
    "extracacerts",
    "istio-csr-ca-configmap",
    "istio-csr-dns-cert",
    "istio-kubeconfig",
    "istio-token",
    "local-certs",
  ],
  gateway: [
    "credential-socket",
    "istio-data",
    "istio-envoy",
    "istio-podinfo",
    "istio-proxy",
    "istio-token",
    "istiod-ca-cert",
    "workload-certs",
    "workload-socket",
  ],
};

/** The decision about paths of volume mounts: elsewhere than what the chart and injection mount. */
export function mountPaths(workload: Workload): ValueDecision {
  return limited(
    ["volumeMounts", "[]", "mountPath"],
    "elsewhere than the chart's",
    (path) => !MOUNTS[workload].some((own) => isAround(withSlash(String(path)), withSlash(own))),
    "covers files that the chart mounts: certificates, keys, tokens, configuration",
    "Mount it elsewhere",
  );
}

/** The decision about names of volumes or containers: none of those that the chart and injection define. */
export function namesIn(list: string, workload: Workload): ValueDecision {
  return limited(
    [list, "[]", "name"],
    "other names than the chart's",
    (name) => !NAMES[workload].includes(String(name)),
    "is a name that the chart or injection uses",
    "Give it another name",
  );
}

/** Whether one of two folders contains the other. */
function isAround(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** An absolute path without repeated or relative parts, with a `/` at its end; another path as an absolute one. */
function withSlash(path: string): string {
  return new URL(`file:${path.replace(/\/+/g, "/").replace(/^(?!\/)/, "/")}/`).pathname.replace(/\/+/g, "/");
}
