import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig } from "../../discovery/stackConfig.ts";
import { FaultsError } from "../../federation/fault.ts";
import { withStacks } from "./support.ts";

const REQUIRED = {
  "istio-federation:cluster": '{"name":"cluster-a","domain":"cluster-a.local"}',
  "istio-federation:kubeconfig": '{"context":"cluster-a"}',
};

describe("readStackConfig", () => {
  before(() => withStacks({}));

  afterEach(() => {
    pulumi.runtime.setAllConfig({});
  });

  it("reads structured config, which comes as JSON", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "istio-federation:peers": '{"b":{"stack":"b"}}' });
    const config = readStackConfig();
    assert.equal(config.cluster.trustDomain, "cluster-a.local");
    assert.deepEqual(config.peers, { b: { stack: "b" } });
  });

  it("leaves other namespaces' config alone", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "kubernetes:context": "x", "istio-federation2:y": "z" });
    assert.deepEqual(readStackConfig().exports, []);
  });

  it("names every fault of the stack: what is missing, misspelt, and text where a map should be", () => {
    pulumi.runtime.setAllConfig({ "istio-federation:clusters": "{}", "istio-federation:kubeconfig": "~/x" });
    assert.throws(readStackConfig, (error: unknown) => {
      assert.ok(error instanceof FaultsError);
      assert.match(error.message, /^config of stack cluster-a has/);
      const paths = error.faults.map(({ path }) => path);
      assert.deepEqual(paths, ["clusters", "cluster", "kubeconfig"]);
      return true;
    });
  });
});
