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
    ["a map in the place of a list", { service: "bar" }, "peers.b.imports"],
    ["an unknown field", [{ services: "bar" }], "peers.b.imports[0].services"],
    ["an invalid namespace", [{ namespace: "A" }], "peers.b.imports[0].namespace"],
    ["an empty list of names", [{ service: [] }], "peers.b.imports[0].service"],
    ["an invalid host", [{ host: ["*.B"] }], "peers.b.imports[0].host[0]"],
    ["an invalid label", [{ selector: { a: "b c" } }], "peers.b.imports[0].selector.a"],
    ["skip: false, which has no effect", [{ skip: false }], "peers.b.imports[0].skip"],
    ["settings beside skip", [{ skip: true, as: "a.b" }], "peers.b.imports[0].as"],
    ["an empty exportTo", [{ exportTo: [] }], "peers.b.imports[0].exportTo"],
    ["a wildcard as a name", [{ as: "*.example.org" }], "peers.b.imports[0].as"],
    ["an unknown placeholder", [{ as: "{service}.global" }], "peers.b.imports[0].as"],
    ["a template of local Service names", [{ as: "{name}.{namespace}" }], "peers.b.imports[0].as"],
    ["an invalid weight", [{ weight: 0 }], "peers.b.imports[0].weight"],
    ["a negative priority", [{ priority: -1 }], "peers.b.imports[0].priority"],
    ["a weight beside skip", [{ skip: true, weight: 2 }], "peers.b.imports[0].weight"],
    ["empty outlier detection", [{ outlierDetection: {} }], "peers.b.imports[0].outlierDetection"],
    [
      "a duration without a unit",
      [{ outlierDetection: { interval: "10" } }],
      "peers.b.imports[0].outlierDetection.interval",
    ],
    [
      "an ejection percentage above 100",
      [{ outlierDetection: { maxEjectionPercent: 101 } }],
      "peers.b.imports[0].outlierDetection.maxEjectionPercent",
    ],
    ["a rule for all services before others", [{ exportTo: ["a"] }, { service: "b" }], "peers.b.imports[0]"],
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
