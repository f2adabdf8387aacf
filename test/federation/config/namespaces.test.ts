import assert from "node:assert/strict";
import { isRootStack, parseRootConfig } from "../../../federation/config/rootStack.ts";
import { parseConfig, checkNamespaces } from "../../../federation/config/stackConfig.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import { KUBECONFIG, LOCAL_CLUSTER } from "../samples.ts";

describe("The namespaces of config keys", () => {
  for (const namespace of [
    "istio-federations",
    "istio_federation",
    "istiofederation",
    "Istio-Federation",
    "istio-federaton",
  ]) {
    it(`are a fault when misspelt: ${namespace}`, () => {
      assert.deepEqual(checkNamespaces([`${namespace}:exports`]).map(describeFault), [
        `${namespace}:exports: is in namespace '${namespace}', which is not read. Write 'istio-federation:exports', if that is what you mean.`,
      ]);
    });
  }

  it("are ignored when different", () => {
    const keys = ["pulumi:disable-default-providers", "kubernetes:context", "aws:region", "istio:x", "plain"];
    assert.deepEqual(checkNamespaces([...keys, "istio-federation:exports"]), []);
  });

  it("are checked with the rest of a cluster's or a shared root's config", () => {
    const keys = ["istio-federation:cluster", "istio-federations:exports"];
    const cluster = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, brake: { share: 2 } };
    assert.deepEqual(
      parseConfig(cluster, "cluster-a", keys).faults.map(({ path }) => path),
      ["istio-federations:exports", "brake.share"],
    );
    const root = { rootAuthority: { clusters: {} } };
    assert.ok(isRootStack(root));
    const [fault, ...others] = parseRootConfig(root, "root", keys).faults;
    assert.equal(fault?.path, "istio-federations:exports");
    assert.deepEqual(others, []);
  });
});
