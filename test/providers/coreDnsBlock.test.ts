import assert from "node:assert/strict";
import { type CoreDnsBlockArgs, provider } from "../../providers/coreDnsBlock.ts";

const INPUTS: CoreDnsBlockArgs = {
  kubeconfig: { path: "kubeconfig", context: "a" },
  namespace: "kube-system",
  configMap: "coredns",
  block: "block",
};

describe("CoreDnsBlock", () => {
  const cases: [string, Partial<CoreDnsBlockArgs>, object][] = [
    ["has no diff without a change", {}, { changes: false, replaces: [] }],
    ["updates the block", { block: "other" }, { changes: true, replaces: [] }],
    ["updates when the kubeconfig changes", { kubeconfig: {} }, { changes: true, replaces: [] }],
    ["is replaced for another ConfigMap", { configMap: "dns" }, { changes: true, replaces: ["configMap"] }],
    ["is replaced for another namespace", { namespace: "dns" }, { changes: true, replaces: ["namespace"] }],
  ];
  for (const [title, change, expected] of cases) {
    it(title, async () => {
      assert.deepEqual(await provider.diff("id", INPUTS, { ...INPUTS, ...change }), expected);
    });
  }

  it("refuses invalid names", async () => {
    assert.deepEqual(await provider.check({}, INPUTS), { inputs: INPUTS, failures: [] });
    const { failures } = await provider.check({}, { ...INPUTS, namespace: "A", configMap: "B" });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "configMap"],
    );
  });
});
