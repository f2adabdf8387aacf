import fc from "fast-check";
import type {
  ClusterServices,
  KubernetesService,
  Workload,
  MutualTlsMode,
} from "../../../federation/exports/clusterServices.ts";
import type { ExportRule } from "../../../federation/config/exports.ts";
import type { FoundDestinationRule } from "../../../federation/exports/destinationRules.ts";
import { foundRule, tlsPolicy } from "./foundRules.ts";
import { label } from "../arbitraries.ts";
import { bar, pod } from "./exportsFixture.ts";

type Labels = Record<string, string>;

const namespace = fc.constantFrom("abc", "xyz", "xyz");

/** Mostly undefined, as otherwise no Service would match all conditions. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, arbitrary);
}

/** Without the fields that are undefined. */
function compact<T extends object>(made: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as never;
}

const labels: fc.Arbitrary<Labels> = fc
  .record({ app: fc.constantFrom("a", "a", "b"), tier: seldom(fc.constantFrom("a", "b")) })
  .map(compact);

const selector: fc.Arbitrary<Labels> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Labels[]>({ app: "a" }, { app: "b" }) },
  fc.constantFrom<Labels[]>({ tier: "a" }, { app: "a", tier: "b" }, {}),
);

const port = fc
  .record({
    name: fc.constantFrom("http", "http", "grpc-x", "udp-y", "Bad_Name", "", undefined),
    port: fc.integer({ min: 1, max: 4 }),
    protocol: fc.constantFrom("TCP", "TCP", "UDP", undefined),
    targetPort: fc.constantFrom(8080, "web", undefined),
  })
  .map(compact);

const service: fc.Arbitrary<KubernetesService> = fc
  .record({
    namespace,
    name: fc.oneof(fc.constantFrom("a", "b", "bar"), label()),
    labels: fc
      .tuple(labels, seldom(fc.constant({ "istio-federation.dev/export": "false" })))
      .map(([some, out]): Labels => ({ ...some, ...out })),
    annotations: fc
      .record({
        "istio-federation.dev/export-ports": seldom(fc.constantFrom("http", "1,2", "x", "")),
        "istio-federation.dev/export-to": seldom(fc.constantFrom("cluster-a", "cluster-a,cluster-c", "x")),
      })
      .map(compact),
    selector,
    ports: fc.array(port, { minLength: 1, maxLength: 4 }),
  })
  .map((made) => ({ ...bar, ...made }));

const workload: fc.Arbitrary<Workload> = fc
  .record({
    namespace,
    labels: fc
      .tuple(labels, seldom(fc.constant("disabled")))
      .map(([some, mode = "istio"]): Labels => ({ ...some, "security.istio.io/tlsMode": mode })),
    serviceAccount: label(),
    ready: fc.boolean(),
    ports: fc.constantFrom<Record<string, number>>({}, { web: 8000 }),
  })
  .map((made) => ({ ...pod, ...made }));

const created = fc.constantFrom("2026-11-21T10:00:00Z", "2026-11-21T10:00:01Z");

const peerAuthentication = fc
  .record({
    namespace: fc.oneof(fc.constant("istio-system"), namespace),
    name: label(),
    created,
    selector: fc.oneof(fc.constant({}), selector),
    mode: fc.constantFrom<(MutualTlsMode | undefined)[]>("STRICT", "PERMISSIVE", "DISABLE", undefined),
    ports: fc.constantFrom<Record<number, { mode?: MutualTlsMode }>[]>({}, { 8080: { mode: "DISABLE" } }),
  })
  .map(compact);

const destinationRule: fc.Arbitrary<FoundDestinationRule> = fc
  .record({
    namespace: fc.oneof(fc.constantFrom("istio-gateway", "istio-system"), namespace),
    name: label(),
    created,
    host: fc.constantFrom("*.local", "bar", "bar.xyz.svc.cluster-b.local"),
    exportTo: fc.constantFrom<string[][]>([], ["."], ["*"]),
    trafficPolicy: fc.constantFrom(
      tlsPolicy("ISTIO_MUTUAL"),
      tlsPolicy("DISABLE"),
      tlsPolicy(undefined, { 1: "SIMPLE" }),
    ),
  })
  .map(foundRule);

const named = {
  maxLength: 6,
  selector: (object: { namespace: string; name: string }) => `${object.namespace}/${object.name}`,
};

/** Objects of a cluster, with names that rules match. */
export const findings: fc.Arbitrary<ClusterServices> = fc.record({
  services: fc.uniqueArray(service, { ...named, minLength: 1 }),
  workloads: fc.array(workload, { minLength: 1, maxLength: 8 }),
  namespaces: fc.record({ abc: labels, xyz: labels }, { noNullPrototype: true }),
  peerAuthentications: fc.uniqueArray(peerAuthentication, { ...named, maxLength: 2 }),
  destinationRules: fc.uniqueArray(destinationRule, { ...named, maxLength: 1 }),
});

const rule: fc.Arbitrary<ExportRule> = fc
  .record({
    namespaces: seldom(fc.subarray(["abc", "x*"], { minLength: 1 })),
    services: fc.subarray(["a", "bar", "b*", "*", "*"], { minLength: 1 }),
    namespaceSelector: seldom(selector),
    selector: seldom(selector),
    ports: seldom(fc.subarray(["http", "1", "2", "x"], { minLength: 1 })),
    peers: seldom(fc.subarray(["cluster-a", "cluster-c"])),
    labels: seldom(fc.subarray(["app", "tier"], { minLength: 1 })),
  })
  .map((made) => compact(made) as ExportRule);

/** Rules of such a cluster. */
export const rules: fc.Arbitrary<ExportRule[]> = fc.array(rule, { minLength: 1, maxLength: 4 });
