import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import type { KubernetesService, Workload } from "../../../federation/exports/clusterServices.ts";
import {
  BAR_HOST,
  bar,
  byName,
  cluster,
  exportsOf,
  found,
  offeredBar,
  pod,
  exportsIn,
  twoPorts,
} from "./exportsFixture.ts";

const services = ["bar"];

describe("An export rule", () => {
  const namespaces = { xyz: { team: "pay" } };
  for (const [rule, matches] of [
    [{ services: ["b*"] }, true],
    [{ services: ["foo", "bar"] }, true],
    [{ services: ["foo"] }, false],
    [{ namespaces: ["x*z", "abc"], services: ["*"] }, true],
    [{ namespaces: ["abc"], services: ["*"] }, false],
    [{ namespaceSelector: { team: "pay" }, services }, true],
    [{ namespaceSelector: { team: "other" }, services }, false],
    [{ namespaceSelector: { team: "pay" }, namespaces: ["abc"], services }, false],
    [{ services, selector: { "istio-federation.dev/export": "true" } }, true],
    [{ services, selector: { other: "label" } }, false],
    [{ namespaceSelector: { team: "pay" } }, false],
    [{}, false],
  ] as [ExportRule, boolean][]) {
    it(`${matches ? "matches" : "does not match"} xyz/bar by ${JSON.stringify(rule)}`, () => {
      const { offered } = exportsOf({}, [pod], [rule], { namespaces });
      assert.deepEqual(offered, matches ? offeredBar : undefined);
    });
  }

  it("decides alone if it is the first that matches the Service", () => {
    const all: ExportRule[] = [{ services: ["*"] }, { services, ports: ["grpc"] }];
    assert.equal(exportsOf({ ports: twoPorts }, [pod], all).offered?.ports.length, 2);
    assert.equal(exportsOf({ ports: twoPorts }, [pod], all.toReversed()).offered?.ports.length, 1);
    const nobody: ExportRule[] = [{ services, peers: [] }, ...byName];
    const { offered, offer, rules } = exportsOf({}, [pod], nobody);
    assert.deepEqual([offered, offer], [undefined, undefined]);
    assert.deepEqual(rules, ["exports nothing: earlier rules (exports[0]) match xyz/bar first"]);
  });

  it("exports its ports, by name or number", () => {
    for (const port of ["grpc", "9090"]) {
      const { offered, warned } = exportsOf({ ports: twoPorts }, [pod], [{ services, ports: [port] }]);
      assert.deepEqual([offered?.ports.map(({ number }) => number), warned], [[9090], []]);
    }
    const unnamed = [{ port: 80 }, { port: 81 }];
    const rules = [{ services, ports: ["tcp-80"] }];
    assert.deepEqual(exportsOf({ ports: unnamed }, [pod], rules).offered?.ports.length, 1);
  });

  it("causes no warning about other ports", () => {
    const ports = [...twoPorts, { name: "dns", port: 53, protocol: "UDP" }];
    assert.deepEqual(exportsOf({ ports }, [pod], [{ services, ports: ["http"] }]).warned, []);
  });

  it("causes one warning for ports that its Services do not have", () => {
    const named = ["a", "b", "c", "d"].map((name): KubernetesService => ({ ...bar, name }));
    const { warnings } = exportsIn(
      found({ services: [...named, { ...bar, ports: twoPorts }], workloads: [pod] }),
      [{ services: ["*"], ports: ["grpc", "http", "x"] }],
      cluster,
    );
    assert.deepEqual(
      warnings.map(({ path, value, rule }) => [path, value, rule]),
      [
        ["exports[0].ports", "grpc", "is no port of xyz/a, xyz/b, xyz/c and 1 more"],
        ["exports[0].ports", "x", "is no port of xyz/a, xyz/b, xyz/bar and 2 more"],
      ],
    );
  });

  it("does not export a Service that has none of its ports", () => {
    const { offered, warned, rules } = exportsOf({}, [pod], [{ services, ports: ["grpc", "9090"] }]);
    assert.deepEqual([offered, warned], [undefined, ["Service xyz/bar.ports"]]);
    assert.deepEqual(rules, [
      "has none of those that exports[0] names (grpc, 9090), so the Service is not exported",
    ]);
  });

  it("exports to its peers, by their pinned identities", () => {
    const peersOf = (peers: string[]) => exportsOf({}, [pod], [{ services, peers }]);
    assert.deepEqual(peersOf(["cluster-c", "cluster-a"]).offered?.peers, ["a.local/cluster-a", "c.local/c"]);
    assert.deepEqual(peersOf(["cluster-c"]).offered?.peers, ["c.local/c"]);
    assert.deepEqual(peersOf(["cluster-c"]).offer?.audience, ["cluster-c"]);
    assert.deepEqual(exportsOf({}).offer?.audience, ["cluster-a", "cluster-c"]);
  });

  it("causes no warning when it exports to no peer", () => {
    const annotations = { "istio-federation.dev/export-to": "cluster-a" };
    const { offered, offer, warned } = exportsOf({ annotations }, [pod], [{ services, peers: [] }]);
    assert.deepEqual([offered, offer, warned], [undefined, undefined, []]);
  });

  it("publishes its labels that the Service has", () => {
    const labels = { tier: "gold", app: "bar", secret: "x" };
    const rules = [{ services, labels: ["app", "constructor", "tier"] }];
    assert.deepEqual(exportsOf({ labels }, [pod], rules).offered, {
      ...offeredBar,
      labels: { app: "bar", tier: "gold" },
    });
    assert.deepEqual(exportsOf({}, [pod], rules).offered, offeredBar);
  });

  const emptySelectors: [string, ExportRule][] = [
    ["selector", { selector: {} }],
    ["selector beside names", { namespaces: ["xyz"], services: ["bar"], selector: {} }],
    ["namespace selector", { services: ["bar"], namespaceSelector: {} }],
  ];
  for (const [what, rule] of emptySelectors) {
    it(`selects nothing by an empty ${what}, with a warning`, () => {
      const { services: offered, warnings } = exportsIn(
        found({ services: [bar], workloads: [pod] }),
        [rule],
        cluster,
      );
      assert.deepEqual(offered, {});
      assert.deepEqual(warnings.map(describeFault), [
        "exports[0]: has an empty selector, which selects nothing. Name a label in it, or remove the rule.",
      ]);
    });
  }

  it("that exports nothing causes a warning with the reason", () => {
    const rules: ExportRule[] = [
      { namespaces: ["xyz"], services: ["bar", "gone"] },
      { services: ["b*"] },
      { selector: { app: "none" } },
      { services: ["out"] },
      { services: ["*"] },
      { namespaces: ["xyz"], services: ["bar"], ports: ["http"] },
    ];
    const out = { ...bar, name: "out", labels: { "istio-federation.dev/export": "false" } };
    const { warnings } = exportsIn(found({ services: [bar, out], workloads: [pod] }), rules, cluster);
    assert.deepEqual(warnings.map(describeFault), [
      'exports[0]: "xyz/gone" is no Service of this cluster yet. Create it and update this stack again, or correct its namespace and name.',
      "exports[1]: exports nothing: earlier rules (exports[0]) match xyz/bar first. Move it up, or remove it.",
      "exports[2]: matches no Service of this cluster. Create or label one and update this stack again, or correct the rule.",
      "exports[3]: exports nothing: the label istio-federation.dev/export excludes xyz/out. Ask their owners, or remove it.",
      "exports[4]: exports nothing: earlier rules (exports[0], exports[3]) match xyz/bar, xyz/out first. Move it up, or remove it.",
      "exports[5]: exports nothing: earlier rules (exports[0]) match xyz/bar first. Move it up, or remove it.",
    ]);
  });
});

describe("An exported Service", () => {
  it("is an offer with all fields", () => {
    const rule = { services, peers: ["cluster-a"] };
    const { offer } = exportsOf({ ports: twoPorts }, [pod], [{ services: ["x"] }, rule]);
    assert.deepEqual(offer, {
      namespace: "xyz",
      name: "bar",
      host: BAR_HOST,
      isAliased: false,
      via: "passthrough",
      selector: { app: "bar" },
      ports: [
        { number: 8080, name: "http", protocol: "HTTP", targetPort: 8080, targetPorts: [8080] },
        { number: 9090, name: "grpc", protocol: "GRPC", targetPort: 8000, targetPorts: [8000] },
      ],
      isWhole: true,
      identities: offeredBar.subjectAltNames,
      audience: ["cluster-a"],
      importers: ["a.local/cluster-a"],
      labels: {},
      permissiveBy: [],
      rule,
      ruleIndex: 1,
    });
  });

  it("has each target port that a workload with a sidecar has for a port name", () => {
    const ports = [{ name: "http", port: 80, targetPort: "web" }];
    const bare = { ...pod, labels: { app: "bar" }, ports: { web: 7000 } };
    const led = (...workloads: Workload[]) => {
      const [port] = exportsOf({ ports }, workloads).offer?.ports ?? [];
      return [port?.targetPort, port?.targetPorts];
    };
    assert.deepEqual(led(pod, { ...pod, ports: { web: 9000 } }, bare), [undefined, [8000, 9000]]);
    assert.deepEqual(led({ ...pod, ports: {} }), [undefined, []]);
  });

  it("is whole when all ports reachable through the gateway are exported", () => {
    const ports = [...twoPorts, { name: "dns", port: 53, protocol: "UDP" }];
    const isWhole = (rule: ExportRule) => exportsOf({ ports }, [pod], [rule]).offer?.isWhole;
    assert.equal(isWhole({ services }), true);
    assert.equal(isWhole({ services, ports: ["http", "grpc"] }), true);
    assert.equal(isWhole({ services, ports: ["http"] }), false);
  });

  it("has no target port where the number is unknown", () => {
    const { offer } = exportsOf({ ports: twoPorts }, [{ ...pod, ports: {} }]);
    assert.deepEqual(offer?.ports[1], {
      number: 9090,
      name: "grpc",
      protocol: "GRPC",
      targetPort: undefined,
      targetPorts: [],
    });
  });

  it("is sorted by full name", () => {
    const named = ["b", "a"].flatMap((namespace) =>
      ["y", "x"].map((name): KubernetesService => ({ ...bar, namespace, name })),
    );
    const workloads = ["a", "b"].map((namespace) => ({ ...pod, namespace }));
    const { offers } = exportsIn(found({ services: named, workloads }), [{ services: ["*"] }], cluster);
    assert.deepEqual(
      offers.map(({ name, namespace }) => `${name}.${namespace}`),
      ["x.a", "x.b", "y.a", "y.b"],
    );
  });
});
