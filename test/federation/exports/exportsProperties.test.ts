import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { parseContract } from "../../../federation/contract/contract.ts";
import { matches } from "../../../federation/core/labels.ts";
import type { ClusterServices } from "../../../federation/exports/clusterServices.ts";
import { matchesService } from "../../../federation/exports/exportRule.ts";
import { mutualTlsModes, speaksMutualTls } from "../../../federation/exports/mutualTls.ts";
import { shuffled } from "../arbitraries.ts";
import { findings, rules } from "./exportsArbitraries.ts";
import { bar, cluster, pod, exportsIn } from "./exportsFixture.ts";
import { contractOf } from "../samples.ts";

/** Ports that a peer can reach, as `host:port`. */
function reached(found: ClusterServices, made: readonly ExportRule[], peer: string): string[] {
  const { offers } = exportsIn(found, made, cluster);
  return offers
    .filter(({ audience }) => audience.includes(peer))
    .flatMap(({ host, ports }) => ports.map(({ number }) => `${host}:${number}`));
}

/** Counts the samples, out of 100, that export a Service. */
function fruitful(): number {
  const samples = fc.sample(fc.tuple(findings, rules), { numRuns: 100, seed: 1 });
  return samples.filter(([found, made]) => exportsIn(found, made, cluster).offers.length > 0).length;
}

describe("Exports, for any cluster and rules,", () => {
  it("make a valid contract, the same for objects in any order", () => {
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
        const exports = exportsIn(found, made, cluster);
        assert.equal(JSON.stringify(exportsIn(other, made, cluster)), JSON.stringify(exports));
        const contract = parseContract(contractOf({ services: exports.services }), "own contract");
        assert.equal(JSON.stringify(contract.services), JSON.stringify(exports.services));
      }),
      { numRuns: 500 },
    );
  });

  it("are generated with and without exported Services", () => {
    const number = fruitful();
    assert.ok(number > 30 && number < 95, String(number));
  });

  it("are equal in the contract and in this cluster's Gateway", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const { services, offers } = exportsIn(found, made, cluster);
        assert.deepEqual(
          Object.keys(services),
          offers.map(({ host }) => host),
        );
        for (const { host, ports, audience, rule: own, ruleIndex } of offers) {
          assert.deepEqual(
            ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
            services[host]?.ports,
          );
          assert.deepEqual(
            audience.map((peer) => (cluster.peers as Record<string, string>)[peer]).sort(),
            services[host]?.peers ?? ["a.local/cluster-a", "c.local/c"],
          );
          assert.equal(made[ruleIndex], own);
        }
      }),
    );
  });

  it("do not grow when a rule is restricted", () => {
    const narrower = fc.record({
      ports: fc.option(fc.constant<string[]>(["http"]), { nil: undefined }),
      peers: fc.option(fc.constant<string[]>(["cluster-a"]), { nil: undefined }),
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

  it("have a workload with mutual TLS behind each port, or a warning", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const modeOf = mutualTlsModes(found.peerAuthentications, cluster.mutualTls, cluster.rootNamespace);
        const { offers, warnings } = exportsIn(found, made, cluster);
        for (const { namespace, name, selector, ports, permissiveBy } of offers) {
          const behind = found.workloads.filter(
            (workload) => workload.namespace === namespace && matches(selector, workload.labels),
          );
          for (const { targetPort } of ports) {
            const modes = behind.filter(speaksMutualTls).map((workload) => modeOf(workload, targetPort).mode);
            // A port that is not known may be another one at each workload.
            if (targetPort === undefined || behind.length === 0) continue;
            if (modes.length === 0) {
              const path = `Service ${namespace}/${name}.selector`;
              assert.ok(warnings.some((each) => each.path === path && /none with a sidecar/.test(each.rule)));
              continue;
            }
            assert.ok(modes.some((mode) => mode !== "DISABLE"));
            assert.ok(permissiveBy.length > 0 || !modes.includes("PERMISSIVE"));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("do not grow by an owner's annotations", () => {
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

  it("depend only on the first rule that matches a Service", () => {
    fc.assert(
      fc.property(findings, rules, (found, made) => {
        const all = exportsIn(found, made, cluster);
        for (const each of found.services) {
          const only = { ...found, services: [each] };
          const labels = found.namespaces[each.namespace] ?? {};
          const first = made.findIndex((one) => matchesService(one, each, labels));
          const alone = first < 0 ? {} : exportsIn(only, made.slice(first, first + 1), cluster).services;
          const host = `${each.name}.${each.namespace}.svc.cluster-b.local`;
          assert.deepEqual(all.services[host], alone[host]);
          assert.equal(all.offers.find((one) => one.host === host)?.ruleIndex ?? first, first);
        }
      }),
    );
  });

  const ways: [string, (names: readonly string[]) => ExportRule[]][] = [
    ["named one by one", (names) => names.map((name) => ({ namespaces: ["xyz"], services: [name] }))],
    ["all by one rule", () => [{ selector: { app: "none" } }, { services: ["s-*"] }]],
  ];
  for (const [way, made] of ways) {
    it(`take linear time: ten times as many Services, ${way}`, () => {
      const [few, many] = [1_000, 10_000].map((size) => secondsFor(size, made));
      // Pairs of all with all would take a hundred times as long.
      assert.ok((many ?? 0) < 40 * (few ?? 0), `${few} s for a tenth, ${many} s for all`);
    });
  }
});

/** CPU time of the fastest of three runs. */
function secondsFor(size: number, made: (names: readonly string[]) => ExportRule[]): number {
  const names = Array.from({ length: size }, (_, index) => `s-${index}`);
  const found: ClusterServices = {
    services: names.map((name) => ({ ...bar, name, selector: { app: name } })),
    workloads: names.map((name) => ({ ...pod, labels: { ...pod.labels, app: name } })),
    namespaces: {},
    peerAuthentications: [],
    destinationRules: [],
  };
  const runs = [1, 2, 3].map(() => {
    const begin = process.cpuUsage();
    assert.equal(exportsIn(found, made(names), cluster).offers.length, size);
    return process.cpuUsage(begin).user / 1e6;
  });
  return Math.min(...runs);
}
