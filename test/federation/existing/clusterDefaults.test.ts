import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { clusterDefaults } from "../../../federation/existing/clusterDefaults.ts";
import { controlPlane, installed } from "./installation.ts";

describe("What an installed Istio decides of the cluster", () => {
  const domains = { domain: "cluster-a.local", trustDomain: "cluster-a.mesh" };

  it("is its domains, and its network by istiod or by its namespace's label", () => {
    assert.deepEqual(clusterDefaults({ value: installed() }), domains);
    const west = [controlPlane({ injectorValues: { global: { network: "west" } } })];
    const defaults = { ...domains, network: "west" };
    assert.deepEqual(
      clusterDefaults({ value: installed({ controlPlanes: west, network: "east" }) }),
      defaults,
    );
    assert.deepEqual(clusterDefaults({ value: installed({ network: "west" }) }), defaults);
  });

  it("is nothing while it cannot be read, or parsed", () => {
    assert.deepEqual(clusterDefaults({ unreachable: "no answer" }), {});
    assert.deepEqual(clusterDefaults({ value: undefined }), {});
    const broken = [controlPlane({ meshConfig: "a: b: c" })];
    assert.deepEqual(clusterDefaults({ value: installed({ controlPlanes: broken }) }), {});
  });
});
