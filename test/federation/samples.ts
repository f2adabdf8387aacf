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
MIIBjDCCATGgAwIBAgIQB+i4XD2enp9TtptbsKxzkDAKBggqhkjOPQQDAjAUMRIw
EAYDVQQKDAljbHVzdGVyLWEwIBcNMjYxMTAxMDAwMDAwWhgPMjEyNjExMDEwMDAw
MDBaMBQxEjAQBgNVBAoMCWNsdXN0ZXItYTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABAX5Rj3kajMqWmK8Mzy/naLbzMUJcOmM8CZNNK/p8mABu6bChKbCB9xRLYfE
JfMRFgn4Xb0Wf7+15yr79q/AhB2jYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgEGMB0GA1UdDgQWBBSPFUm3oMcr1QaWHqAZngcEbrJCWzAfBgNVHSME
GDAWgBSPFUm3oMcr1QaWHqAZngcEbrJCWzAKBggqhkjOPQQDAgNJADBGAiEA0Uls
raILxR4IGv5tIRUWsMUbXNI/x0xGbnMJSAG0fGECIQCz1usCFVO5TvkE+iBzggtr
yPAso9im8G6q9J8XJJJWUQ==
-----END CERTIFICATE-----
`;
export const ROOT_B = `-----BEGIN CERTIFICATE-----
MIIBizCCATKgAwIBAgIRAMA0yTm9i0V6ekULDhe764cwCgYIKoZIzj0EAwIwFDES
MBAGA1UECgwJY2x1c3Rlci1iMCAXDTI2MTEwMTAwMDAwMFoYDzIxMjYxMTAxMDAw
MDAwWjAUMRIwEAYDVQQKDAljbHVzdGVyLWIwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAS1IkQX0jVxCXIrm/I5CYhCQzdU1dv4snLzFhAU5p2UQ35F581vlWFggk5k
L0z6AA2V+g+BOrZYjkYNPJKJqvzAo2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud
DwEB/wQEAwIBBjAdBgNVHQ4EFgQU4btXv4XdNkp/HaFVYlyTM4tU6QIwHwYDVR0j
BBgwFoAU4btXv4XdNkp/HaFVYlyTM4tU6QIwCgYIKoZIzj0EAwIDRwAwRAIgaEV5
BsULzIaj0RKJzu8tA0+WRxN1ZnJVC9W9P/yl9aACIAjY9Y1YcTb+5k/kPbkNYOew
bXWolg/NARCFQdAEoW7e
-----END CERTIFICATE-----
`;
export const ROOT_C = `-----BEGIN CERTIFICATE-----
MIIBjDCCATKgAwIBAgIRAJ5bd8rWj6Zhf5T1Vv7aRi4wCgYIKoZIzj0EAwIwFDES
MBAGA1UECgwJY2x1c3Rlci1jMCAXDTI2MTEwMTAwMDAwMFoYDzIxMjYxMTAxMDAw
MDAwWjAUMRIwEAYDVQQKDAljbHVzdGVyLWMwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAS+jGR65bbLuWKx03fzqgImmPOBs4ddu2Ei5Rrgg5GWfAVZnyOgaisaEMzR
yHXNRych5QtqZ0h4gz9lS3RXpfNTo2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud
DwEB/wQEAwIBBjAdBgNVHQ4EFgQUJBZnUDR4m4FtxXH0TIuJB4rxInIwHwYDVR0j
BBgwFoAUJBZnUDR4m4FtxXH0TIuJB4rxInIwCgYIKoZIzj0EAwIDSAAwRQIgSHUr
MWX3cEMVaNr9MBzXwmD64FjFtggaczwdLKWP+rYCIQCfy2ED1Zh1Ldmvmn1r1/pQ
yMPuvHeOsE1rkKg4B0gf8Q==
-----END CERTIFICATE-----
`;
export const ROOT_D = `-----BEGIN CERTIFICATE-----
MIIBjDCCATKgAwIBAgIRAJbS26/06OWke6ScQpWtNCkwCgYIKoZIzj0EAwIwFDES
MBAGA1UECgwJY2x1c3Rlci1kMCAXDTI2MTEwMTAwMDAwMFoYDzIxMjYxMTAxMDAw
MDAwWjAUMRIwEAYDVQQKDAljbHVzdGVyLWQwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQPn7HH/TN6dxujE5DhI+ECsB/N90r5+6TNbqM6DzfEQ0MhIdaALsHK9RgH
U4+vMKVB/fXwBnec2C1RGALIrHrVo2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1Ud
DwEB/wQEAwIBBjAdBgNVHQ4EFgQUcjGkXueKsXZv+TXTWn1xDVdfxCowHwYDVR0j
BBgwFoAUcjGkXueKsXZv+TXTWn1xDVdfxCowCgYIKoZIzj0EAwIDSAAwRQIhALLF
TZJ/qip9+FoxrO1/JluZZ5w4hhOMtXz0ZTS2UbfKAiBEQytBuVQRjiSL+6IKnGxB
VqChVSZJlcW6dl/T4xPWyw==
-----END CERTIFICATE-----
`;
/** Root of cluster-a as this program makes one. */
export const ROOT_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBuzCCAWGgAwIBAgIQMMTNsSqYmsM+a2Y8yjZIgzAKBggqhkjOPQQDAjAsMRgw
FgYDVQQKDA9jbHVzdGVyLWEubG9jYWwxEDAOBgNVBAMMB1Jvb3QgQ0EwIBcNMjYx
MTAxMDAwMDAwWhgPMjEyNjExMDEwMDAwMDBaMCwxGDAWBgNVBAoMD2NsdXN0ZXIt
YS5sb2NhbDEQMA4GA1UEAwwHUm9vdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABBPFKGqowBbrCisEwxgyxHtU7OZZrtRf2ck9CBptZ4HJUUevbN2FkAcIFIfh
ZYKG70Wjbp8pxtq33pp1vLIk+uWjYzBhMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P
AQH/BAQDAgEGMB0GA1UdDgQWBBRdYJphuwgsKFxx9PfV388vFc7lOTAfBgNVHSME
GDAWgBRdYJphuwgsKFxx9PfV388vFc7lOTAKBggqhkjOPQQDAgNIADBFAiEA/D2y
URLweUxXJtBQL0cv8aoIP7gXlQzTIXmOakfXWSwCIEg65T0rqlPF9f+o7WVBV7Ar
kX1VUqEd5epUWqOWHCNO
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
    revision: 1,
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
  published: undefined,
  pinned: {},
  statuses: {},
  certificates: {},
  certificateRequest: undefined,
  rotation: undefined,
  issued: undefined,
  policies: {},
  __importedBy: {},
  callers: {},
  __registered: {},
  aliases: {},
  credentials: {},
  joined: {},
  gateway: undefined,
  publication: undefined,
  deckhouse: undefined,
  trustDomainHosts: {},
};
