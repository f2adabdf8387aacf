import type { StackConfig } from "../../../federation/config/stackConfig.ts";
import type { PeerAccess } from "../../../federation/mesh/credential.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { KUBECONFIG, ROOT_A, contractOf, validConfig, NO_LAST_RUN } from "../samples.ts";

export const NOW = new Date("2026-11-21T10:00:00Z");

/** A secret that no message may ever show. */
export const TOKEN = "s3cr3t.t0k3n";

/** Access that cluster-b grants cluster-a; half of its lifetime is over in {@link NOW}. */
export const ACCESS: PeerAccess = {
  server: "https://203.0.113.20:6443",
  certificateAuthority: ROOT_A,
  token: TOKEN,
  issued: "2026-11-11T10:00:00Z",
  expires: "2026-12-01T10:00:00Z",
};

/** Trust anchors that cluster-b publishes: cluster-a's root {@link ROOT_A}. */
export const TRUSTING = {
  "cluster-a": { clusterDomain: "cluster.local", trustDomain: "cluster.local", rootCertificates: [ROOT_A] },
};

/** Outputs of cluster-a's first update. */
export const FIRST_UPDATE: LastRun = {
  ...NO_LAST_RUN,
  contract: contractOf({ cluster: "cluster-a", rootCertificates: [ROOT_A] }),
};

/** Config of cluster-a in a single mesh with cluster-b, with some of its sections replaced. */
export function meshConfig(changes: Record<string, unknown> = {}): StackConfig {
  return validConfig(
    {
      cluster: { name: "cluster-a", domain: "cluster.local" },
      kubeconfig: KUBECONFIG,
      topology: "single-mesh",
      singleMesh: {
        meshId: "mesh1",
        allowPeersToReadSecrets: true,
        apiServer: { server: "https://203.0.113.10:6443", certificateAuthority: ROOT_A },
      },
      peers: { "cluster-b": { stack: "b", required: true } },
      ...changes,
    },
    "cluster-a",
  );
}

/** A valid contract of cluster-b in the mesh, with some of its fields replaced. */
export function meshContract(changes: Parameters<typeof contractOf>[0] = {}) {
  const domains = { clusterDomain: "cluster.local", trustDomain: "cluster.local" };
  return contractOf({ ...domains, topology: "single-mesh", meshId: "mesh1", services: {}, ...changes });
}
