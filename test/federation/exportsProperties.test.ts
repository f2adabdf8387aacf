import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ClusterServices, KubernetesService, Workload } from "../../federation/clusterServices.ts";
import { parseContract } from "../../federation/contract.ts";
import type { ExportRule } from "../../federation/exportRule.ts";
import { exportServices } from "../../federation/exports.ts";
import type { GatewayTls } from "../../federation/gatewayTls.ts";
import type { MutualTlsMode } from "../../federation/mutualTls.ts";
import { label, shuffled } from "./arbitraries.ts";
import { bar, cluster, pod } from "./exportsFixture.ts";
import { contractOf } from "./samples.ts";

const NAMESPACES = ["abc", "xyz"];
const NAMES = ["a", "b", "bar"];
const PATTERNS = ["a", "bar", "b*", "*"];
const LABELS = ["a", "b"];

/** A map of one or two labels, or none. */
const labels = (): fc.Arbitrary<Record<string, string>> =>
  fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom(...LABELS), { noNullPrototype: true });

function optional<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

/** Without the fields that are undefined. */
function compact<T extends object>(made: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as never;
}

const kubernetesPort = fc
  .record({
    name: optional(fc.constantFrom("http", "grpc-x", "udp-y", "Bad_Name", "")),
    port: fc.integer({ min: 1, max: 4 }),
    protocol: fc.constantFrom("TCP", "UDP", undefined),
    targetPort: fc.constantFrom(8080, "web", undefined),
  })
  .map(compact);

const annotations = fc
  .record({
    "istio-federation.dev/export-ports": optional(fc.constantFrom("http", "1,2", "x", "")),
    "istio-federation.dev/export-to": optional(fc.constantFrom("cluster-a", "cluster-a,cluster-c", "x")),
  })
  .map(compact);

const service: fc.Arbitrary<KubernetesService> = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    name: fc.oneof(fc.constantFrom(...NAMES), label()),
    labels: fc.tuple(labels(), fc.boolean()).map(([some, out]): Record<string, string> => ({
      ...some,
      ...(out ? {} : { "istio-federation.dev/export": "false" }),
    })),
    annotations,
    selector: labels(),
    ports: fc.array(kubernetesPort, { maxLength: 4 }),
  })
  .map((made) => ({ ...bar, ...made }));

const workload: fc.Arbitrary<Workload> = fc
  .record({
    namespace: fc.constantFrom(...NAMESPACES),
    labels: fc.tuple(labels(), fc.boolean()).map(([some, mutual]): Record<string, string> => ({
      ...some,
      ...(mutual ? { "security.istio.io/tlsMode": "istio" } : {}),
    })),
    serviceAccount: label(),
    ready: fc.boolean(),
    ports: fc.constantFrom<Record<string, number>>({}, { web: 8000 }),
  })
  .map((made) => ({ ...pod, ...made }));

const mode = fc.constantFrom<(MutualTlsMode | undefined)[]>("STRICT", "PERMISSIVE", "DISABLE", undefined);
const created = fc.constantFrom("2026-11-21T10:00:00Z", "2026-11-21T10:00:01Z");
const unique = {
  maxLength: 4,
  selector: ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`,
};

const peerAuthentication = fc
  .record({
    namespace: fc.constantFrom("istio-system", ...NAMESPACES),
    name: label(),
    created,
    selector: labels(),
    mode,
    ports: optional(fc.constant({ 8080: { mode: "DISABLE" as const } })),
  })
  .map(({ ports = {}, ...made }) => ({ ...compact(made), ports }));

const destinationRule: fc.Arbitrary<GatewayTls> = fc.record({
  namespace: fc.constantFrom("istio-gateway", "istio-system", ...NAMESPACES),
  name: label(),
  created,
  host: fc.constantFrom("*.local", "bar", "bar.xyz.svc.cluster-b.local"),
  exportTo: fc.constantFrom<string[][]>([], ["."], ["*"]),
  policy: fc.constantFrom<Exclude<GatewayTls["policy"], undefined>[]>(
    { mode: "ISTIO_MUTUAL", ports: {} },
    { mode: "DISABLE", ports: {} },
    { ports: { 1: "SIMPLE" } },
  ),
});

const findings: fc.Arbitrary<ClusterServices> = fc.record({
  services: fc.uniqueArray(service, { ...unique, maxLength: 6 }),
  workloads: fc.array(workload, { maxLength: 6 }),
  namespaces: fc.record({ abc: labels(), xyz: labels() }, { noNullPrototype: true }),
  peerAuthentications: fc.uniqueArray(peerAuthentication, unique),
  destinationRules: fc.uniqueArray(destinationRule, { ...unique, maxLength: 2 }),
});

const rule: fc.Arbitrary<ExportRule> = fc
  .record({
    namespaces: optional(fc.subarray(["abc", "x*"], { minLength: 1 })),
    services: optional(fc.subarray(PATTERNS, { minLength: 1 })),
    namespaceSelector: optional(labels()),
    selector: optional(labels()),
    ports: optional(fc.subarray(["http", "1", "2", "x"], { minLength: 1 })),
    peers: optional(fc.subarray(["cluster-a", "cluster-c"])),
    labels: optional(fc.subarray(["app", "tier"], { minLength: 1 })),
  })
  .map((made) => compact(made) as ExportRule);

const rules = fc.array(rule, { minLength: 1, maxLength: 4 });

/** What a peer may reach: `host:port`. */
function reached(found: ClusterServices, made: readonly ExportRule[], peer: string): string[] {
  const { exported } = exportServices(found, made, cluster);
  return exported
    .filter(({ peers }) => peers.includes(peer))
    .flatMap(({ host, ports }) => ports.map(({ number }) => `${host}:${number}`));
}

describe("Exports, whatever there is and whatever is asked for,", () => {
  it("make a fit contract, the same in bytes for the same findings in any order", () => {
    const pairs = fc.tuple(findings, rules).chain(([found, made]) =>
      fc
        .record({
          services: shuffled(found.services.map((each) => ({ ...each, ports: each.ports.toReversed() }))),
          workloads: shuffled(found.workloads),
          peerAuthentications: shuffled(found.peerAuthentications),
          destinationRules: shuffled(found.destinationRules),
        })
        .map((others) => ({ found, made, other: { ...found, ...others } })),
    );
    fc.assert(
      fc.property(pairs, ({ found, made, other }) => {
        const exports = exportServices(found, made, cluster);
        assert.equal(JSON.stringify(exportServices(other, made, cluster)), JSON.stringify(exports));
        const contract = parseContract(contractOf({ services: exports.services }), "own contract");
        assert.equal(JSON.stringify(contract.services), JSON.stringify(exports.services));
      }),
      { numRuns: 500 },
    );
  });

  it("are told alike to peers and to this cluster", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const { services, exported } = exportServices(found, made, cluster);
        assert.deepEqual(
          Object.keys(services),
          exported.map(({ host }) => host),
        );
        for (const { host, ports, peers, rule: own, ruleIndex } of exported) {
          assert.deepEqual(
            ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
            services[host]?.ports,
          );
          assert.deepEqual(
            peers.map((peer) => (cluster.peers as Record<string, string>)[peer]).sort(),
            services[host]?.peers ?? ["c", "cluster-a"],
          );
          assert.equal(made[ruleIndex], own);
        }
      }),
    );
  });

  it("are no more when a rule has less in it", () => {
    const narrower = fc.record({
      ports: optional(fc.constant<string[]>(["http"])),
      peers: optional(fc.constant<string[]>(["cluster-a"])),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(findings, rules, narrower, (found, made, { at, ports, peers }) => {
        const index = at % made.length;
        const narrowed = made.map((each, place) =>
          place !== index
            ? each
            : {
                ...each,
                ...(ports === undefined
                  ? {}
                  : { ports: each.ports?.filter((port) => ports.includes(port)) ?? ports }),
                ...(peers === undefined
                  ? {}
                  : { peers: each.peers?.filter((peer) => peers.includes(peer)) ?? peers }),
              },
        );
        for (const peer of Object.keys(cluster.peers)) {
          const before = new Set(reached(found, made, peer));
          for (const place of reached(found, narrowed, peer)) assert.ok(before.has(place), place);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are no more by an owner's word", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const plain = {
          ...found,
          services: found.services.map((each) => ({
            ...each,
            annotations: {},
            labels: { ...each.labels, "istio-federation.dev/export": "true" },
          })),
        };
        for (const peer of Object.keys(cluster.peers)) {
          const before = new Set(reached(plain, made, peer));
          for (const place of reached(found, made, peer)) assert.ok(before.has(place), place);
        }
      }),
    );
  });

  it("are decided by the first rule alone that means a Service", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const all = exportServices(found, made, cluster);
        for (const each of found.services) {
          const only = { ...found, services: [each] };
          const first = made.findIndex((one) => {
            const { warnings } = exportServices(only, [one], cluster);
            return !warnings.some(({ rule: why }) => /^(means no|is no) Service/.test(why));
          });
          const alone = first < 0 ? {} : exportServices(only, made.slice(first, first + 1), cluster).services;
          const host = `${each.name}.${each.namespace}.svc.cluster-b.local`;
          assert.deepEqual(all.services[host], alone[host]);
          assert.equal(all.exported.find((one) => one.host === host)?.ruleIndex ?? first, first);
        }
      }),
    );
  });

  it("take time in proportion to what there is: 10,000 Services and workloads, named one by one", () => {
    const size = 10_000;
    const all = Array.from({ length: size }, (_, index) => `s-${index}`);
    const found: ClusterServices = {
      services: all.map((name) => ({ ...bar, name, selector: { app: name } })),
      workloads: all.map((name) => ({ ...pod, labels: { ...pod.labels, app: name } })),
      namespaces: {},
      peerAuthentications: [],
      destinationRules: [],
    };
    for (const made of [
      all.map((name): ExportRule => ({ namespaces: ["xyz"], services: [name] })),
      [{ selector: { app: "none" } }, { services: ["s-*"] }],
    ]) {
      const start = performance.now();
      const { exported } = exportServices(found, made, cluster);
      assert.equal(exported.length, size);
      assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
    }
  });
});
