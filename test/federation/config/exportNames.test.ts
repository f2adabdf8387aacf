import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, faultsThrown, validConfig } from "../samples.ts";

const rule = { namespace: "shop", service: "bar" };
const owning = { ...LOCAL_CLUSTER, domains: ["shop.example"] };

describe("The alias in an export rule", () => {
  for (const [as, cluster] of [
    ["bar.cluster-a.local", LOCAL_CLUSTER],
    ["{name}.{namespace}.cluster-a.local", LOCAL_CLUSTER],
    ["{name}.{namespace}.svc.cluster-a.local", LOCAL_CLUSTER],
    ["{name}.{namespace}.svc.local", { ...LOCAL_CLUSTER, domain: "local" }],
    ["{name}.shop.example", owning],
  ] as const) {
    it(`may be ${as}`, () => {
      assert.deepEqual(configFaults({ cluster, exports: [{ ...rule, as }] }), []);
    });
  }

  for (const [as, cluster] of [
    ["bar.example.org", LOCAL_CLUSTER],
    ["bar.shop.svc.cluster-a.local", LOCAL_CLUSTER],
    ["{name}.svc.cluster-a.local", LOCAL_CLUSTER],
    ["{name}.pod.cluster-a.local", LOCAL_CLUSTER],
    ["cluster-a.local", LOCAL_CLUSTER],
    ["bar.local", { ...LOCAL_CLUSTER, domain: "local" }],
    ["shop.example", owning],
    ["{name}.myshop.example", owning],
    ["bar.cluster-a.mesh", owning],
    ["a..b", owning],
    ["{name}.{cluster}.shop.example", owning],
    ["*.shop.example", owning],
  ] as const) {
    it(`may not be ${as}`, () => {
      assert.deepEqual(configFaults({ cluster, exports: [rule, { ...rule, as }] }), ["exports[1].as"]);
    });
  }

  it("is refused outside the cluster's domains, with both remedies", () => {
    const raw = {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      exports: [{ ...rule, as: "bar.shop.example" }],
    };
    assert.throws(
      () => validConfig(raw, "cluster-a"),
      /exports\[0\]\.as: "bar\.shop\.example" must be a name below the cluster domain 'cluster-a\.local'.*e\.g\. \{name\}\.cluster-a\.local, or add the domain to cluster\.domains/,
    );
  });

  it("is accepted in a federation only", () => {
    const faults = (as: string): string[] =>
      faultsThrown(() =>
        validConfig(
          {
            ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, topology: "replicated" },
            ...{ certificateAuthority: { source: "shared", shared: { stack: "root" } } },
            exports: [{ ...rule, as }],
          },
          "cluster-a",
        ),
      );
    assert.deepEqual(faults("{name}.{namespace}.svc.cluster-a.local"), []);
    assert.deepEqual(faults("{name}.cluster-a.local"), [
      "exports[0].as: is a name that Services do not have in topology 'replicated', where peers call them <name>.<namespace>.global",
    ]);
  });
});

describe("The further domains of a cluster", () => {
  const parse = (domains: unknown) =>
    validConfig({ cluster: { ...LOCAL_CLUSTER, domains }, kubeconfig: KUBECONFIG }, "cluster-a").cluster;

  it("are sorted, and empty by default", () => {
    assert.deepEqual(parse(["shop.example", "pay.example"]).domains, ["pay.example", "shop.example"]);
    for (const none of [[], undefined]) assert.deepEqual(parse(none).domains, []);
  });

  for (const [what, domains, ...paths] of [
    ["of one label", ["example"], "cluster.domains[0]"],
    ["in cluster.local", ["shop.cluster.local"], "cluster.domains[0]"],
    ["global", ["shop.global"], "cluster.domains[0]"],
    ["ending like short Service names", ["shop.svc"], "cluster.domains[0]"],
    ["the cluster domain", ["cluster-a.local"], "cluster.domains[0]"],
    ["below the cluster domain", ["x.cluster-a.local"], "cluster.domains[0]"],
    ["below the mesh domain", ["x.cluster-a.mesh"], "cluster.domains[0]"],
    ["nested", ["shop.example", "eu.shop.example"], "cluster.domains[1]"],
    ["not a list", "shop.example", "cluster.domains"],
    ["not text", [1, null], "cluster.domains[0]", "cluster.domains[1]"],
    ["too many", Array.from({ length: 17 }, (_, index) => `d${index}.example`), "cluster.domains"],
  ] as const) {
    it(`are refused: ${what}`, () => {
      assert.deepEqual(configFaults({ cluster: { ...LOCAL_CLUSTER, domains } }), paths);
    });
  }

  it("are reported by their index in the config", () => {
    const cluster = { ...LOCAL_CLUSTER, domains: ["shop.example", "a.cluster-a.local"] };
    assert.deepEqual(configFaults({ cluster }), ["cluster.domains[1]"]);
  });

  it("may not contain the cluster domain", () => {
    const cluster = { name: "cluster-a", domain: "k8s.shop.example", domains: ["shop.example"] };
    assert.deepEqual(configFaults({ cluster }), ["cluster.domains[0]"]);
  });

  it("are refused in other topologies", () => {
    const raw = {
      ...{ cluster: { ...LOCAL_CLUSTER, domains: ["shop.example"] }, topology: "replicated" },
      certificateAuthority: { source: "shared", shared: { stack: "root" } },
    };
    assert.deepEqual(configFaults(raw), ["cluster.domains"]);
  });
});
