import assert from "node:assert/strict";
import { publishPolicies, readPolicies } from "../../../federation/access/policies.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { policiesFor } from "./callersFixture.ts";

describe("Policies that a stack publishes for its next run", () => {
  it("come back as they were", () => {
    const callers = [{ peer: "cluster-a", methods: ["GET"], serviceAccounts: ["a/b"] }];
    for (const among of [{}, { peers: { "cluster-a": "cluster.local" } }]) {
      const { policies } = policiesFor({ callers, localCallers: [] }, {}, among);
      const published = publishPolicies(policies);
      assert.deepEqual(Object.keys(published), ["shop/istio-federation-deny-bar"]);
      assert.deepEqual(readPolicies(JSON.parse(JSON.stringify(published))), policies);
    }
  });

  it("are none before the first update", () => {
    assert.deepEqual(readPolicies(undefined), []);
    assert.deepEqual(readPolicies(null), []);
  });

  it("must be readable: without them, guards would go", () => {
    assert.throws(() => readPolicies({ "shop/x": { action: "MAYBE" } }), FaultsError);
    assert.throws(() => readPolicies({ shop: {} }), FaultsError);
    assert.throws(() => readPolicies("?"), FaultsError);
  });
});
