import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { identityChanges } from "../../../federation/contract/identity.ts";
import { contractOf } from "../samples.ts";

const config = {
  cluster: {
    name: "cluster-b",
    domain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    network: "network-b",
    meshDomain: "cluster-b.mesh",
    domains: [],
  },
  topology: "federation" as const,
};

describe("The identity of a cluster", () => {
  it("may be anything before the first contract", () => {
    assert.deepEqual(identityChanges(undefined, config), []);
  });

  it("may be published again, also with a changed network", () => {
    assert.deepEqual(identityChanges(contractOf({ network: "other" }), config), []);
  });

  for (const [path, field] of [
    ["cluster.name", "cluster"],
    ["cluster.domain", "clusterDomain"],
    ["cluster.trustDomain", "trustDomain"],
    ["cluster.meshDomain", "meshDomain"],
  ] as const) {
    it(`refuses a changed ${path} with both values`, () => {
      const [fault, ...others] = identityChanges(contractOf({ [field]: "old" }), config);
      assert.deepEqual(others, []);
      assert.equal(fault?.path, path);
      assert.match(String(fault.value), /^cluster-b/);
      assert.match(fault.rule, /'old'/);
      assert.match(fault.remedy, /pulumi destroy.*new stack/);
    });
  }

  it("may gain a mesh domain, but a changed one is refused with its effects", () => {
    const published = contractOf();
    assert.equal(published.meshDomain, undefined);
    assert.deepEqual(identityChanges(published, config), []);
    const [fault] = identityChanges({ ...published, meshDomain: "b.mesh" }, config);
    assert.match(fault?.rule ?? "", /'b\.mesh', .* the host names of its services at peers would change/);
  });

  it("reports all changed fields", () => {
    const domains = { clusterDomain: "y", trustDomain: "z", meshDomain: "x.mesh" };
    const last = contractOf({ cluster: "x", ...domains, topology: "single-mesh" });
    assert.equal(identityChanges(last, config).length, 5);
  });

  it("refuses a changed topology with its effects", () => {
    for (const [last, topology] of [
      ["replicated", "federation"],
      [undefined, "replicated"],
    ] as const) {
      const published = contractOf(last === undefined ? {} : { topology: last });
      const [fault, ...others] = identityChanges(published, { ...config, topology });
      assert.deepEqual(others, []);
      assert.deepEqual([fault?.path, fault?.value], ["topology", topology]);
      assert.match(
        fault?.rule ?? "",
        new RegExp(`'${last ?? "federation"}' of the running cluster: host names`),
      );
      assert.match(fault?.remedy ?? "", /pulumi destroy.*new stacks/);
    }
    assert.deepEqual(identityChanges(undefined, { ...config, topology: "replicated" }), []);
  });
});
