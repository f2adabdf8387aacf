import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

const withRules = (imports: unknown) => ({ peers: { b: { stack: "b", imports } } });

describe("The import rules of a config", () => {
  it("have sorted lists where order does not matter", () => {
    const rules = [
      { namespace: "sho*", service: ["b", "a"], host: "*.svc.cluster-b.local", exportTo: ["client"] },
      { selector: { tier: "gold" }, skip: true },
      { as: ["{name}.{namespace}.global", "bar.example.org"], outlierDetection: { consecutive5xxErrors: 5 } },
    ];
    const raw = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...withRules(rules) };
    assert.deepEqual(validConfig(raw, "cluster-a").peers["b"]?.imports, [
      { namespace: ["sho*"], service: ["a", "b"], host: ["*.svc.cluster-b.local"], exportTo: ["client"] },
      { selector: { tier: "gold" }, skip: true },
      { as: ["bar.example.org", "{name}.{namespace}.global"], outlierDetection: { consecutive5xxErrors: 5 } },
    ]);
  });

  it("may be an empty list, which imports nothing", () => {
    assert.deepEqual(configFaults(withRules([])), []);
  });

  for (const [what, rules, path] of [
    ["no list", { service: "bar" }, "peers.b.imports"],
    ["an unknown field", [{ services: "bar" }], "peers.b.imports[0].services"],
    ["a namespace that can be none", [{ namespace: "A" }], "peers.b.imports[0].namespace"],
    ["an empty list of names", [{ service: [] }], "peers.b.imports[0].service"],
    ["a host that can be none", [{ host: ["*.B"] }], "peers.b.imports[0].host[0]"],
    ["a label that can be none", [{ selector: { a: "b c" } }], "peers.b.imports[0].selector.a"],
    ["skip: false, which says nothing", [{ skip: false }], "peers.b.imports[0].skip"],
    ["settings of what is skipped", [{ skip: true, as: "a.b" }], "peers.b.imports[0].as"],
    ["nobody who sees it", [{ exportTo: [] }], "peers.b.imports[0].exportTo"],
    ["a wildcard as a name", [{ as: "*.example.org" }], "peers.b.imports[0].as"],
    ["a placeholder that there is not", [{ as: "{service}.global" }], "peers.b.imports[0].as"],
    ["names as local Services have", [{ as: "{name}.{namespace}" }], "peers.b.imports[0].as"],
    ["no weight", [{ weight: 0 }], "peers.b.imports[0].weight"],
    ["a priority below none", [{ priority: -1 }], "peers.b.imports[0].priority"],
    ["a weight of what is skipped", [{ skip: true, weight: 2 }], "peers.b.imports[0].weight"],
    ["no outlier detection", [{ outlierDetection: {} }], "peers.b.imports[0].outlierDetection"],
    [
      "a duration without a unit",
      [{ outlierDetection: { interval: "10" } }],
      "peers.b.imports[0].outlierDetection.interval",
    ],
    [
      "more than all gateways",
      [{ outlierDetection: { maxEjectionPercent: 101 } }],
      "peers.b.imports[0].outlierDetection.maxEjectionPercent",
    ],
    ["a rule of all services before others", [{ exportTo: ["a"] }, { service: "b" }], "peers.b.imports[0]"],
  ] as const) {
    it(`are refused for ${what}`, () => {
      assert.deepEqual(configFaults(withRules(rules)), [path]);
    });
  }

  it("report all faults at once, and one for a rule of a wrong type", () => {
    assert.deepEqual(configFaults(withRules([null, { host: 5 }, { as: "A", skip: "yes" }])), [
      "peers.b.imports[0]",
      "peers.b.imports[1].host",
      "peers.b.imports[2].skip",
      "peers.b.imports[2].as",
      "peers.b.imports[2].as",
    ]);
  });
});
