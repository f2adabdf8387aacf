import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { judgeIdentity } from "../../federation/identity.ts";
import { contractOf } from "./samples.ts";

const config = {
  cluster: {
    name: "cluster-b",
    domain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    network: "network-b",
  },
  topology: "federation",
} as const;

describe("The identity of a cluster", () => {
  it("is free as long as nothing was published, or nothing that tells it", () => {
    for (const last of [undefined, null, "text", {}, { cluster: 1, clusterDomain: null }]) {
      assert.deepEqual(judgeIdentity(last, config), []);
    }
  });

  it("may be published again, also with another network, and by whatever version of this program", () => {
    assert.deepEqual(judgeIdentity(contractOf({ network: "other", schemaVersion: 7 }), config), []);
  });

  for (const [path, field] of [
    ["cluster.name", "cluster"],
    ["cluster.domain", "clusterDomain"],
    ["cluster.trustDomain", "trustDomain"],
  ] as const) {
    it(`does not let ${path} change, and names both values`, () => {
      const [fault, ...others] = judgeIdentity(contractOf({ [field]: "old" }), config);
      assert.deepEqual(others, []);
      assert.equal(fault?.path, path);
      assert.match(String(fault.value), /^cluster-b/);
      assert.match(fault.rule, /'old'/);
      assert.match(fault.remedy, /pulumi destroy.*new stack/);
    });
  }

  it("names all that changed", () => {
    const last = { cluster: "x", clusterDomain: "y", trustDomain: "z", topology: "single-mesh" };
    assert.equal(judgeIdentity(last, config).length, 4);
  });

  it("does not let the topology change, and tells what that would do", () => {
    for (const [last, topology] of [
      ["replicated", "federation"],
      [undefined, "replicated"],
    ] as const) {
      const published = contractOf(last === undefined ? {} : { topology: last });
      const [fault, ...others] = judgeIdentity(published, { ...config, topology });
      assert.deepEqual(others, []);
      assert.deepEqual([fault?.path, fault?.value], ["topology", topology]);
      assert.match(
        fault?.rule ?? "",
        new RegExp(`'${last ?? "federation"}', in which .* runs: by what names`),
      );
      assert.match(fault?.remedy ?? "", /pulumi destroy.*new stacks/);
    }
    assert.deepEqual(judgeIdentity(undefined, { ...config, topology: "replicated" }), []);
  });
});
