import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import type { ContractService } from "../../../federation/contract/service.ts";
import { lastExports } from "../../../federation/exports/lastExports.ts";
import { cluster } from "./exportsFixture.ts";
import { BAR, barService } from "../samples.ts";

const FOO = "foo.abc.svc.cluster-b.local";
const services = { [BAR]: barService, [FOO]: barService };
const selector = { any: "label" };

describe("The exports last published, while the cluster is unreachable", () => {
  const cases: [string, ExportRule[], string[]][] = [
    ["stay where a rule matches them", [{ namespaces: ["xyz"], services: ["bar"] }], [BAR]],
    ["are removed where no rule matches them any more", [{ namespaces: ["xyz"], services: ["other"] }], []],
    ["go where the name is another namespace's", [{ namespaces: ["abc"], services: ["bar"] }], []],
    ["go where there is no rule", [], []],
    ["go where the selector is empty", [{ services: ["*"], selector: {} }], []],
    ["stay in the namespaces of a rule with a selector", [{ selector, namespaces: ["abc"] }], [FOO]],
    ["stay where a selector matches in all namespaces", [{ selector }], [BAR, FOO]],
    [
      "stay when any rule matches them",
      [
        { selector, namespaces: ["abc"] },
        { namespaces: ["xyz"], services: ["bar"] },
      ],
      [BAR, FOO],
    ],
    ["stay where a pattern matches", [{ namespaces: ["a*"], services: ["*"] }], [FOO]],
    ["stay where a namespace selector may match", [{ namespaceSelector: selector, services: ["b*"] }], [BAR]],
    ["are removed where their rule exports to no peer", [{ services: ["*"], peers: [] }], []],
    [
      "stay where a rule without peers may not match them",
      [{ selector, peers: [] }, { services: ["foo"] }],
      [FOO],
    ],
    [
      "are removed where the first matching rule exports to no peer",
      [
        { namespaces: ["xyz"], services: ["bar"], peers: [] },
        { namespaces: ["xyz"], services: ["*"] },
      ],
      [],
    ],
    ["are removed where the rule has none of their ports", [{ services: ["*"], ports: ["9090"] }], []],
  ];
  for (const [what, rules, hosts] of cases) {
    it(what, () => {
      const kept = lastExports(services, rules, cluster, []);
      assert.deepEqual(Object.keys(kept).sort(), hosts);
      for (const host of hosts) assert.deepEqual(kept[host], barService);
    });
  }

  it("stay in today's cluster domain only", () => {
    const odd = { "a.b.xyz.svc.cluster-b.local": barService, "xyz.svc.cluster-b.local": barService };
    assert.deepEqual(
      lastExports({ ...services, ...odd }, [{ selector }], { ...cluster, domain: "b.local" }, []),
      {},
    );
    assert.deepEqual(lastExports(odd, [{ selector }], cluster, []), {});
  });

  describe("are reduced to today's rules", () => {
    const published = {
      ...barService,
      ports: [...barService.ports, { number: 9090, name: "grpc", protocol: "GRPC" as const }],
      peers: ["a.local/cluster-a", "c.local/c"],
      labels: { app: "bar", tier: "gold" },
    };
    const bar = (rules: ExportRule[], service: ContractService = published) =>
      lastExports({ [BAR]: service }, rules, cluster, [])[BAR];
    const named = { services: ["bar"] };

    it("in their ports, by number or name", () => {
      for (const port of ["grpc", "9090"]) {
        assert.deepEqual(
          bar([{ ...named, ports: [port, "other"] }])?.ports.map(({ name }) => name),
          ["grpc"],
        );
      }
    });

    it("in their peers, by the peers' pinned identities", () => {
      assert.deepEqual(bar([{ ...named, peers: ["cluster-c"] }])?.peers, ["c.local/c"]);
      assert.deepEqual(bar([{ ...named, peers: ["cluster-c"] }], barService)?.peers, ["c.local/c"]);
      assert.deepEqual(bar([named])?.peers, ["a.local/cluster-a", "c.local/c"]);
      assert.equal(
        bar([{ ...named, peers: ["cluster-c"] }], { ...published, peers: ["a.local/cluster-a"] }),
        undefined,
      );
    });

    it("in their labels", () => {
      assert.deepEqual(bar([{ ...named, labels: ["tier", "other"] }])?.labels, { tier: "gold" });
      assert.equal("labels" in (bar([named]) ?? {}), false);
    });

    it("to all rules that may match, up to one that surely matches", () => {
      const rules: ExportRule[] = [
        { selector, peers: ["cluster-c"], ports: ["grpc"] },
        { ...named, peers: ["cluster-a"], ports: ["grpc"] },
        { services: ["*"] },
      ];
      assert.deepEqual(bar(rules)?.peers, ["a.local/cluster-a", "c.local/c"]);
      assert.deepEqual(bar(rules.slice(1))?.peers, ["a.local/cluster-a"]);
      assert.equal(bar(rules)?.ports.length, 1);
      assert.equal(
        bar([
          { selector, ports: ["grpc"] },
          { namespaces: ["xyz"], ...named },
        ])?.ports.length,
        2,
      );
    });

    it("and never exceed what was published", () => {
      const names = fc.option(fc.subarray(["bar", "b*", "foo"], { minLength: 1 }), { nil: undefined });
      const rule = fc
        .record({
          services: names,
          selector: fc.option(fc.constant(selector), { nil: undefined }),
          ports: fc.option(fc.subarray(["http", "9090", "8443"]), { nil: undefined }),
          peers: fc.option(fc.subarray(["cluster-a", "cluster-c"]), { nil: undefined }),
          labels: fc.option(fc.subarray(["app", "tier", "x"]), { nil: undefined }),
        })
        .map((made) => JSON.parse(JSON.stringify(made)) as ExportRule);
      fc.assert(
        fc.property(fc.array(rule, { maxLength: 4 }), (rules) => {
          const kept = bar(rules);
          if (kept === undefined) return;
          for (const port of kept.ports) assert.ok(published.ports.includes(port));
          for (const peer of kept.peers ?? assert.fail("all peers"))
            assert.ok(published.peers.includes(peer));
          assert.deepEqual({ ...published.labels, ...kept.labels }, published.labels);
        }),
      );
    });
  });
});
