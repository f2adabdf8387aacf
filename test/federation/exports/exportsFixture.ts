import type {
  ClusterServices,
  KubernetesService,
  Workload,
} from "../../../federation/exports/clusterServices.ts";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { exportServices } from "../../../federation/exports/exportedServices.ts";
import { CAPTURES_ALL } from "../../../federation/exports/inboundCapture.ts";
import { ownMesh } from "../../../federation/exports/localMesh.ts";
import { toContractServices } from "../../../federation/exports/offer.ts";

export const BAR_HOST = "bar.xyz.svc.cluster-b.local";
export const cluster = {
  domain: "cluster-b.local",
  domains: [],
  ...ownMesh({}),
  trustDomain: "b.example",
  peers: { "cluster-a": "a.local/cluster-a", "cluster-c": "c.local/c" },
};
export const bar: KubernetesService = {
  namespace: "xyz",
  name: "bar",
  labels: { "istio-federation.dev/export": "true" },
  annotations: {},
  type: "ClusterIP",
  clusterIP: "10.0.0.1",
  selector: { app: "bar" },
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
};
export const pod: Workload = {
  kind: "Pod",
  namespace: "xyz",
  name: "bar-1",
  addresses: ["10.244.0.1"],
  labels: { app: "bar", version: "v1", "security.istio.io/tlsMode": "istio" },
  serviceAccount: "bar",
  ready: true,
  ports: { web: 8000 },
  hostNetwork: false,
  inject: undefined,
  capture: CAPTURES_ALL,
};
export const twoPorts = [
  { name: "http", port: 8080 },
  { name: "grpc", port: 9090, targetPort: "web" },
];
export const byName: ExportRule[] = [{ namespaces: ["xyz"], services: ["bar"] }];
export const byLabel: ExportRule[] = [{ selector: { "istio-federation.dev/export": "true" } }];

/** Objects of a cluster that is empty otherwise. */
export function found(changes: Partial<ClusterServices>): ClusterServices {
  return {
    services: [],
    workloads: [],
    namespaces: {},
    peerAuthentications: [],
    destinationRules: [],
    ...changes,
  };
}

type Arguments = Parameters<typeof exportServices>;

/** Exports, and services of the contract. */
export function exportsIn(
  services: ClusterServices,
  rules: Arguments[1],
  exporting: Arguments[2],
  last: Arguments[3] = {},
  lastAliases: Arguments[4] = [],
) {
  const { offers, warnings } = exportServices(services, rules, exporting, last, lastAliases);
  return { offers, services: toContractServices(offers), warnings };
}

/** Contract entry and offer of one Service, and its warnings. */
export function exportsOf(
  changes: Partial<KubernetesService>,
  workloads: Workload[] = [pod],
  rules = byName,
  others: Partial<ClusterServices> = {},
) {
  const { services, warnings, offers } = exportsIn(
    found({ services: [{ ...bar, ...changes }], workloads, ...others }),
    rules,
    cluster,
  );
  return {
    offered: services[BAR_HOST],
    warned: warnings.map(({ path }) => path),
    rules: warnings.map(({ rule }) => rule),
    offer: offers[0],
  };
}

/** Contract entry of one Service, and the paths of its warnings. */
export function offerOf(...args: Parameters<typeof exportsOf>) {
  const { offered, warned } = exportsOf(...args);
  return { offered, warned };
}

export const offeredBar = {
  ports: [{ number: 8080, name: "http", protocol: "HTTP" as const }],
  subjectAltNames: ["spiffe://b.example/ns/xyz/sa/bar"],
};
