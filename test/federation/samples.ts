import type { LastRun } from "../../federation/lastRun.ts";
import { type RootConfig, parseRootConfig } from "../../federation/config/rootStack.ts";
import { type ParsedConfig, type StackConfig, parseConfig } from "../../federation/config/stackConfig.ts";
import type { Contract } from "../../federation/contract/contract.ts";
import type { ContractService } from "../../federation/contract/service.ts";
import { FaultsError } from "../../federation/core/fault.ts";
import type { LocalCluster } from "../../federation/imports/contracts.ts";
import { type Import, plainImport } from "../../federation/imports/import.ts";

/** Self-signed CA certificates without keys, valid for a hundred years, in the form that a contract has them. */
export const ROOT_A = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIULBbEmqtqAQb+J4xBvUGWagFfqccwCgYIKoZIzj0EAwIw
FDESMBAGA1UECgwJY2x1c3Rlci1hMCAXDTI2MTEyMTA3NTUzMloYDzIxMjYxMDI4
MDc1NTMyWjAUMRIwEAYDVQQKDAljbHVzdGVyLWEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ+gbBnTsQQCwQOItULWOSWNpmg9ydyexIQeQBODKbjPA5gRR88Gk5b
4/ewxIclvlXytUGwX4ygSlKVZ7gWhVclo1MwUTAdBgNVHQ4EFgQUWvOINgETNXZa
0LYKR5a6A26u7YYwHwYDVR0jBBgwFoAUWvOINgETNXZa0LYKR5a6A26u7YYwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAkjCviYgp9udlBUq4hxYO
2o04RnPJz4PhUiZrcBBvZD8CICJY4XwDIBGm7JSeS5fNuhimFj953eeE9wofWid8
FpzE
-----END CERTIFICATE-----
`;
export const ROOT_B = `-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUa1plh7DG9ik3p6/ZP3HdWqh8yLYwCgYIKoZIzj0EAwIw
FDESMBAGA1UECgwJY2x1c3Rlci1iMCAXDTI2MTEyMTA3NTUzMloYDzIxMjYxMDI4
MDc1NTMyWjAUMRIwEAYDVQQKDAljbHVzdGVyLWIwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASVU00tJ/ZCeOzUXnqL0aHpEB3W8UWDG2oAy9sThaPP1E4SejIix6CY
RshFTxB+9I+K6Mmz77zcDRbP1FlJRG63o1MwUTAdBgNVHQ4EFgQUm1Cq13dJa2Ov
oe1T4fI/pLoOpzQwHwYDVR0jBBgwFoAUm1Cq13dJa2Ovoe1T4fI/pLoOpzQwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBRLwrY+cOvNJX33LlTmOmt
Gi+KzotpSS1XqthycNy3XgIgc+XGucvoRloxwamxA3wItM4IHKgzRDfiddqi0wyw
HeM=
-----END CERTIFICATE-----
`;
export const ROOT_C = `-----BEGIN CERTIFICATE-----
MIIBjDCCATGgAwIBAgIQTpgcSLHNQ0p6esl962huIDAKBggqhkjOPQQDAjAUMRIw
EAYDVQQKEwljbHVzdGVyLWMwIBcNMjYxMTAxMDAwMDAwWhgPMjEyNjExMDEwMDAw
MDBaMBQxEjAQBgNVBAoTCWNsdXN0ZXItYzBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABDtJ4zSvO7LT4ek7rXSL4S+ENtL4H/mcdsHqNPdlTuzl8mbzkLThiCZdYlpl
0FZIAZKzMA5QF2ifZ9jLeRATAf+jYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgEGMB0GA1UdDgQWBBTHuK0jLe/RYbBJ9cUxgcXxGtyLhDAfBgNVHSME
GDAWgBTHuK0jLe/RYbBJ9cUxgcXxGtyLhDAKBggqhkjOPQQDAgNJADBGAiEAgOG1
9/yKlCOmFMLfqb9Pajp4EEL58BOjI236ntXRe4oCIQD0cuDBSpz2b2yF80KZU8Y/
2siafKRCLDhYIXqdO6pMwA==
-----END CERTIFICATE-----
`;
export const ROOT_D = `-----BEGIN CERTIFICATE-----
MIIBizCCATGgAwIBAgIQQNR17+09GWR9AVn9IB+2AzAKBggqhkjOPQQDAjAUMRIw
EAYDVQQKEwljbHVzdGVyLWQwIBcNMjYxMTAxMDAwMDAwWhgPMjEyNjExMDEwMDAw
MDBaMBQxEjAQBgNVBAoTCWNsdXN0ZXItZDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABMccOJ0g6x4fwZT8fMgZn2aYHVQP49vYFUQpsVZzL1LIG0q25YdF6MsBaDub
Iy3nXbpYbgnvrORnFKxf77G8qI6jYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgEGMB0GA1UdDgQWBBRPGF7C1738Vg/iesKeCi5Wdc6sATAfBgNVHSME
GDAWgBRPGF7C1738Vg/iesKeCi5Wdc6sATAKBggqhkjOPQQDAgNIADBFAiEAgHrU
ZR9jGPE+35RrgGp3cwvYPBfq7CFL+qNLPlpKjiQCIAxE4TpGzyJXV5Lh9EYj0Mt3
QrUZ+J3tOCKLQcV6wJHx
-----END CERTIFICATE-----
`;
/** A certificate that is not a CA's. */
export const LEAF = `-----BEGIN CERTIFICATE-----
MIIBcTCCARigAwIBAgIUV1WFqpbqIHq2Lv3JExz2hFBSzwkwCgYIKoZIzj0EAwIw
DzENMAsGA1UECgwEbGVhZjAgFw0yNjExMjEwNzU1MzJaGA8yMTI2MTAyODA3NTUz
MlowDzENMAsGA1UECgwEbGVhZjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMgm
oQ7OgtuWyLALaEZXSumpJx+au8WVXg0hZSwJslcex6ldVFhVZgvfU4viqC62VBol
+XKDfVxdMfhv4q4Y+amjUDBOMB0GA1UdDgQWBBTd2tJCtk5HDuqqiZr3gB3VaTyy
RjAfBgNVHSMEGDAWgBTd2tJCtk5HDuqqiZr3gB3VaTyyRjAMBgNVHRMBAf8EAjAA
MAoGCCqGSM49BAMCA0cAMEQCIBJ8VAw8lewvuAIEZs68F1uJFJWzccpW1adbhoL2
0k1tAiAn2eDwMjqvK3G6GSkA0iwV40FR4I3SDrHRB611X2La+w==
-----END CERTIFICATE-----
`;

export const BAR = "bar.xyz.svc.cluster-b.local";

export const barService: ContractService = {
  ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
  subjectAltNames: ["spiffe://cluster-b.local/ns/xyz/sa/bar"],
};

/** {@link barService} as an import. */
export const barImport: Import = plainImport(barService);

/** A valid contract of cluster-b, with some of its fields replaced. */
export function contractOf(changes: Partial<Record<keyof Contract, unknown>> = {}): Contract {
  return {
    schemaVersion: 1,
    cluster: "cluster-b",
    clusterDomain: "cluster-b.local",
    domains: [],
    trustDomain: "cluster-b.local",
    network: "network-b",
    topology: "federation",
    rootCertificates: [ROOT_B],
    gateways: [{ address: "203.0.113.20", port: 15443 }],
    services: { [BAR]: barService },
    ...changes,
  } as Contract;
}

/** The faults that a call throws, each as `path: rule`; none when it returns. */
export function faultsThrown(call: () => unknown): string[] {
  try {
    call();
    return [];
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(({ path, rule }) => `${path}: ${rule}`);
  }
}

/** A minimal cluster section of a config. */
export const LOCAL_CLUSTER = { name: "cluster-a", domain: "cluster-a.local" };

/** Cluster-a as the reader of its peers' contracts. */
export const localCluster: LocalCluster = {
  cluster: LOCAL_CLUSTER.name,
  clusterDomain: LOCAL_CLUSTER.domain,
  trustDomain: LOCAL_CLUSTER.domain,
  allowGatewayAddresses: [],
};

/** A minimal kubeconfig section of a config. */
export const KUBECONFIG = { context: "cluster-a" };

/**
 * A stack's parsed config.
 * @throws FaultsError with all faults of one that is not valid.
 */
export function validConfig(raw: Record<string, unknown>, stack: string): StackConfig {
  return withoutFaults(parseConfig(raw, stack));
}

/** The parsed config of a shared root's stack. @throws FaultsError like {@link validConfig}. */
export function validRootConfig(raw: Record<string, unknown>, stack: string): RootConfig {
  return withoutFaults(parseRootConfig(raw, stack));
}

function withoutFaults<T>({ config, faults }: ParsedConfig<T>): T {
  if (config === undefined || faults.length > 0) throw new FaultsError("config of stack cluster-a", faults);
  return config;
}

/** The paths of all faults of a config of stack cluster-a; its cluster and kubeconfig sections need not be given. */
export function configFaults(raw: Record<string, unknown>): string[] {
  const faults = faultsThrown(() =>
    validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...raw }, "cluster-a"),
  );
  return faults.map((fault) => fault.split(": ")[0] ?? "");
}

/** A service of cluster-c. */
export const WEB = "web.shop.svc.cluster-c.local";

/** A valid contract of cluster-c. */
export const contractC = contractOf({
  cluster: "cluster-c",
  clusterDomain: "cluster-c.local",
  trustDomain: "cluster-c.local",
  rootCertificates: [ROOT_C],
  services: { [WEB]: { ...barService, subjectAltNames: ["spiffe://cluster-c.local/ns/shop/sa/web"] } },
});

/** Outputs before the first update: empty. */
export const NO_LAST_RUN: LastRun = {
  contract: undefined,
  pinned: {},
  statuses: {},
  certificates: {},
  certificateRequest: undefined,
  rotation: undefined,
  issued: undefined,
  policies: {},
  aliases: {},
  credentials: {},
  joined: {},
};
