import assert from "node:assert/strict";
import { check, diff } from "../../../providers/coreDnsStub/diff.ts";
import type { Inputs } from "../../../providers/coreDnsStub/inputs.ts";

const INPUTS: Inputs = {
  kubeconfig: { path: "kubeconfig", context: "a" },
  namespace: "kube-system",
  configMap: "coredns",
  block: "block",
};

describe("diff of CoreDnsStub", () => {
  const cases: [string, Partial<Inputs>, object][] = [
    ["finds nothing when nothing changed", {}, { changes: false, replaces: [] }],
    ["updates when the block is another", { block: "other" }, { changes: true, replaces: [] }],
    ["updates when the cluster has another name", { kubeconfig: {} }, { changes: true, replaces: [] }],
    ["moves to another ConfigMap", { configMap: "dns" }, { changes: true, replaces: ["configMap"] }],
    ["moves to another namespace", { namespace: "dns" }, { changes: true, replaces: ["namespace"] }],
  ];
  for (const [what, change, expected] of cases) {
    it(what, () => {
      assert.deepEqual(diff(INPUTS, { ...INPUTS, ...change }), expected);
    });
  }

  it("refuses names that are none", () => {
    assert.deepEqual(check({}, INPUTS), { inputs: INPUTS, failures: [] });
    const { failures = [] } = check({}, { ...INPUTS, namespace: "A", configMap: "B" });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "configMap"],
    );
  });
});
