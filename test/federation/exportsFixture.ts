import type { KubernetesService, Workload } from "../../federation/clusterServices.ts";
import type { ExportRule } from "../../federation/exportRule.ts";
import { exportServices } from "../../federation/exports.ts";

export const cluster = { domain: "cluster-b.local", trustDomain: "b.example" };
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
export const pod = { namespace: "xyz", labels: { app: "bar", version: "v1" }, serviceAccount: "bar" };
export const byName: ExportRule[] = [{ namespace: "xyz", service: "bar" }];
export const byLabel: ExportRule[] = [{ selector: { "istio-federation.dev/export": "true" } }];

/** What is offered of one Service, and the paths of the warnings. */
export function exportsOf(
  changes: Partial<KubernetesService>,
  workloads: Workload[] = [pod],
  rules = byName,
) {
  const { services, warnings } = exportServices(
    { services: [{ ...bar, ...changes }], workloads },
    rules,
    cluster,
  );
  return { offered: services["bar.xyz.svc.cluster-b.local"], warned: warnings.map(({ path }) => path) };
}

export const offeredBar = {
  ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
  subjectAltNames: ["spiffe://b.example/ns/xyz/sa/bar"],
};
