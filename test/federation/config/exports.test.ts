import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type Fault, FaultsError } from "../../../federation/core/fault.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

describe("Export rules", () => {
  for (const [name, raw, path] of [
    ["a bad selector key", { exports: [{ selector: { "a b": "c" } }] }, 'exports[0].selector["a b"]'],
    ["a bad selector value", { exports: [{ selector: { a: "b c" } }] }, "exports[0].selector.a"],
    [
      "a selector value that YAML reads as a boolean",
      { exports: [{ selector: { a: true } }] },
      "exports[0].selector.a",
    ],
    ["only a namespace", { exports: [{ namespace: "a" }] }, "exports[0]"],
    ["only a namespace selector", { exports: [{ namespaceSelector: { a: "b" } }] }, "exports[0]"],
    ["an empty list of services", { exports: [{ service: [] }] }, "exports[0].service"],
    ["a duplicate service", { exports: [{ service: ["a", "a"] }] }, "exports[0].service[1]"],
    ["a bad name in a list", { exports: [{ service: ["a", "B*"] }] }, "exports[0].service[1]"],
    ["a number in the place of a name", { exports: [{ service: 5 }] }, "exports[0].service"],
    ["a number in a list of names", { exports: [{ service: [5] }] }, "exports[0].service[0]"],
    ["an empty list of ports", { exports: [{ service: "a", ports: [] }] }, "exports[0].ports"],
    ["an invalid port", { exports: [{ service: "a", ports: [70000] }] }, "exports[0].ports[0]"],
    ["a port with a bad name", { exports: [{ service: "a", ports: ["ht tp"] }] }, "exports[0].ports[0]"],
    [
      "one port as number and text",
      { exports: [{ service: "a", ports: [80, "80"] }] },
      "exports[0].ports[1]",
    ],
    ["a bad label key", { exports: [{ service: "a", labels: ["a b"] }] }, "exports[0].labels[0]"],
    ["an unknown peer", { exports: [{ service: "a", peers: ["b"] }] }, "exports[0].peers[0]"],
    ["a peer that is not text", { exports: [{ service: "a", peers: [5] }] }, "exports[0].peers[0]"],
    ["an unknown field", { exports: [{ service: "a", port: 80 }] }, "exports[0].port"],
    ["a service with a bad name", { exports: [{ namespace: "a", service: "b.c" }] }, "exports[0].service"],
    [
      "a duplicate rule",
      {
        exports: [
          { namespace: "a", service: "b" },
          { service: "b", namespace: "a" },
        ],
      },
      "exports[1]",
    ],
    [
      "a duplicate rule with a selector",
      { exports: [{ selector: { a: "b", c: "d" } }, { selector: { c: "d", a: "b" } }] },
      "exports[1]",
    ],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }

  const rulesOf = (exports: unknown[]) =>
    validConfig(
      { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, exports, peers: { "cluster-b": { stack: "b" } } },
      "cluster-a",
    ).exports;

  it("have sorted lists", () => {
    assert.deepEqual(
      rulesOf([
        {
          namespace: ["shop", "team-*"],
          namespaceSelector: { b: "c", a: "b" },
          service: "bar",
          selector: { app: "bar" },
          ports: ["http", 8443],
          peers: ["cluster-b"],
          labels: ["tier", "app.kubernetes.io/name"],
        },
        { service: "*" },
        { selector: { a: "b" }, peers: [] },
      ]),
      [
        {
          namespaces: ["shop", "team-*"],
          services: ["bar"],
          namespaceSelector: { a: "b", b: "c" },
          selector: { app: "bar" },
          ports: ["8443", "http"],
          peers: ["cluster-b"],
          labels: ["app.kubernetes.io/name", "tier"],
        },
        { namespaces: undefined, services: ["*"] },
        { namespaces: undefined, services: undefined, selector: { a: "b" }, peers: [] },
      ],
    );
  });

  it("suggest the stack's peers for an unknown peer", () => {
    const faultOf = (peer: string): Fault | undefined => {
      try {
        rulesOf([{ service: "a", peers: [peer] }]);
      } catch (error) {
        if (error instanceof FaultsError) return error.faults[0];
      }
      return undefined;
    };
    assert.deepEqual(faultOf("clutser-b"), {
      path: "exports[0].peers[0]",
      value: "clutser-b",
      rule: "is not one of this stack's peers",
      remedy: "Write 'cluster-b', if that is what you mean",
    });
    assert.match(faultOf("x")?.remedy ?? "", /known here: cluster-b$/);
  });

  it("are duplicates when only the order of a list differs", () => {
    assert.deepEqual(configFaults({ exports: [{ service: ["a", "b"] }, { service: ["b", "a"] }] }), [
      "exports[1]",
    ]);
  });
});
