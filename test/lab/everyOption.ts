import { deepmerge } from "deepmerge-ts";
import type { Topology } from "../../federation/core/topology.ts";
import type { StackFileConfig } from "./stackFile.ts";

/** A domain of cluster-a beside its cluster domain. */
const SHOP = "shop.example";
/** Host by which peers call `foo` of cluster-a. */
export const SHOP_HOST = `foo-abc.${SHOP}`;
/** Another name of what cluster-a imports from cluster-b. */
export const EXTRA_HOST = "bar.example.org";
/** A local Service of cluster-a, for the import of cluster-b's `bar`. */
export const LOCAL_SERVICE = "bar-xyz-of-cluster-b";
/** The address of global names for clients without a sidecar. */
export const GLOBAL_ADDRESS = "10.96.0.77";

const AUTHORITY = {
  algorithm: "ECDSA",
  workloadCertificateHours: 24,
  settlingMinutes: 5,
  expiryWarningDays: 30,
  allowUnconstrainedAnchors: false,
};
const BRAKE = { removals: 10, share: 0.2 };
const OUTLIERS = {
  consecutive5xxErrors: 5,
  consecutiveGatewayErrors: 5,
  interval: "10s",
  baseEjectionTime: "30s",
  maxEjectionPercent: 50,
  minHealthPercent: 10,
};
const REMOVAL = "removal-000000000000";

/** Fields of the gateway's Service that its API server accepts for any type, with an external IP that nothing routes. */
const SERVICE = {
  labels: { "example.org/team": "mesh" },
  externalIPs: ["203.0.113.77"],
  externalTrafficPolicy: "Cluster",
  internalTrafficPolicy: "Cluster",
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "PreferDualStack",
};

/** Sections by topology that use every option which the topology has; they are merged over a stack's config in a lab. */
const SECTIONS = {
  federation: {
    topology: "federation",
    cluster: { trustDomain: "cluster-a.local", meshDomain: "cluster-a.mesh", domains: [SHOP] },
    dns: { services: { name: "{name}-{namespace}-of-{peer}", limit: 10 } },
    contract: { stack: "cluster-a-contract" },
    certificateAuthority: { ...AUTHORITY, source: "own", rotation: { root: 2, phase: "announce" } },
    gateway: {
      service: { ...SERVICE, annotations: { "example.org/team": "mesh" } },
      locality: "west/a",
      addressTimeoutSeconds: 30,
    },
    peers: {
      "cluster-b": {
        names: "own",
        acceptRemoval: REMOVAL,
        required: true,
        imports: [
          { host: "nobody.*", skip: true },
          {
            namespace: "xyz",
            service: ["bar", "queue*"],
            exportTo: ["abc"],
            as: EXTRA_HOST,
            outlierDetection: OUTLIERS,
            weight: 2,
            priority: 1,
          },
          { selector: { team: "shop" } },
        ],
        identity: {
          cluster: "cluster-b",
          clusterDomain: "cluster-b.local",
          meshDomain: "cluster-b.mesh",
          trustDomain: "cluster-b.local",
          domains: [],
          acceptAnnouncedRoots: true,
        },
      },
    },
    brake: BRAKE,
  },
  replicated: {
    cluster: { trustDomain: "cluster.local", domains: [] },
    dns: {
      coreDns: { address: GLOBAL_ADDRESS, port: 10053, namespace: "kube-system", configMap: "coredns" },
    },
    certificateAuthority: AUTHORITY,
    gateway: {
      service: { ...SERVICE, annotations: { "example.org/team": "mesh" } },
      locality: "west/a",
      addressTimeoutSeconds: 30,
    },
    brake: BRAKE,
  },
  "single-mesh": {
    cluster: { trustDomain: "cluster.local" },
    certificateAuthority: { ...AUTHORITY, source: "own" },
    gateway: {
      service: { ...SERVICE, annotations: { "example.org/team": "mesh" } },
      locality: "west/a",
      addressTimeoutSeconds: 30,
    },
  },
} as const satisfies Record<Topology, object>;

/** Replacements of lists of the stack's config. */
const LISTS: Partial<Record<Topology, Readonly<Record<string, unknown>>>> = {
  federation: {
    exports: [
      {
        namespace: "abc",
        service: "foo",
        ports: ["http"],
        peers: ["cluster-b"],
        labels: ["app"],
        as: `{name}-{namespace}.${SHOP}`,
        callers: [
          { peer: "cluster-b", serviceAccounts: ["xyz/internal"] },
          { peer: "cluster-b", namespaces: ["xyz"], methods: ["GET"], paths: ["/*"] },
        ],
        localCallers: [
          { serviceAccounts: ["abc/internal"], methods: ["GET"], paths: ["/*"] },
          { namespaces: ["abc"] },
        ],
      },
      {
        namespaceSelector: { "kubernetes.io/metadata.name": "abc" },
        selector: { app: "internal" },
        gateway: "terminating",
        callers: [{ peer: "cluster-b", namespaces: ["xyz"] }],
      },
    ],
  },
};

/** Changes a stack's config in a lab so that it uses every option of its topology. */
export function useEveryOption(topology: Topology, config: StackFileConfig): void {
  for (const [key, value] of Object.entries<unknown>(SECTIONS[topology])) {
    const name = `istio-federation:${key}`;
    config[name] = typeof value === "string" ? value : deepmerge(config[name] ?? {}, value);
  }
  for (const [key, value] of Object.entries(LISTS[topology] ?? {})) config[`istio-federation:${key}`] = value;
  const gateway = config["istio-federation:gateway"] as { advertise?: object[] };
  if (gateway.advertise !== undefined)
    gateway.advertise = gateway.advertise.map((address) => ({ ...address, locality: "west/b" }));
}
