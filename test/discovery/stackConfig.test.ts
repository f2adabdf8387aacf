import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig } from "../../discovery/stackConfig.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { describeFault } from "../../federation/core/fault.ts";
import { withStacks } from "./support.ts";

const REQUIRED = {
  "istio-federation:cluster": '{"name":"cluster-a","domain":"cluster-a.local"}',
  "istio-federation:kubeconfig": '{"context":"cluster-a"}',
};

function readClusterConfig(): StackConfig {
  const { config, faults } = readStackConfig();
  assert.deepEqual(faults, []);
  assert.ok(config !== undefined && "cluster" in config);
  return config;
}

describe("readStackConfig", () => {
  before(() => withStacks({}));

  afterEach(() => {
    pulumi.runtime.setAllConfig({});
  });

  it("parses structured config from JSON", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "istio-federation:peers": '{"b":{"stack":"b"}}' });
    const config = readClusterConfig();
    assert.equal(config.cluster.trustDomain, "cluster-a.local");
    assert.deepEqual(config.peers, { b: { stack: "b" } });
  });

  it("ignores config in other namespaces", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "kubernetes:context": "x", "federation:y": "z" });
    assert.deepEqual(readClusterConfig().exports, []);
  });

  it("refuses a key in a misspelt namespace", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "istio-federations:exports": "[]" });
    assert.match(
      readStackConfig().faults.map(describeFault).join(),
      /istio-federations:exports: .*Write 'istio-federation:exports'/,
    );
  });

  it("distinguishes a cluster's stack from a root's by the sections that are not empty", () => {
    pulumi.runtime.setAllConfig({ ...REQUIRED, "istio-federation:rootAuthority": "{}" });
    assert.equal(readClusterConfig().cluster.name, "cluster-a");
    const clusters = { a: { stack: "a", trustDomain: "a.local" } };
    pulumi.runtime.setAllConfig({
      "istio-federation:rootAuthority": JSON.stringify({ clusters }),
      "istio-federation:cluster": "{}",
      "istio-federation:exports": "[]",
    });
    assert.deepEqual(readStackConfig().config, {
      rootAuthority: {
        name: "istio-federation",
        algorithm: "ECDSA",
        expiryWarningDays: 90,
        clusters: { a: { stack: "a", trustDomain: "a.local", istiodHosts: [] } },
      },
    });
  });

  it("reports missing keys, misspelt keys and text in the place of a map in one run", () => {
    pulumi.runtime.setAllConfig({ "istio-federation:clusters": "{}", "istio-federation:kubeconfig": "~/x" });
    const { config, faults } = readStackConfig();
    assert.equal(config, undefined);
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["clusters", "cluster", "kubeconfig"],
    );
  });
});
