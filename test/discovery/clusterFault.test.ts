import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { clusterFault } from "../../discovery/clusterFault.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import { type KubeconfigName, loadKubeconfig } from "../../kubernetes/kubeconfig.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";

const NAME = { path: "config", context: "a" };

describe("The fault of a cluster that cannot be worked with", () => {
  let folder: string;

  before(async () => {
    folder = await temporaryFolder("fault");
    writeFileSync(join(folder, "config"), "contexts: [{name: b, context: {cluster: none, user: none}}]");
  });

  async function faultOf(name: KubeconfigName) {
    const error = await loadKubeconfig(name).then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClusterError);
    return clusterFault(error, name);
  }

  it("is the kubeconfig's where the file cannot be read", async () => {
    const path = join(folder, "none");
    const fault = await faultOf({ path, context: "a" });
    assert.deepEqual([fault.path, fault.value], ["kubeconfig", path]);
    assert.match(fault.rule, /no such file$/);
    assert.match(fault.remedy, /kubeconfig\.path/);
  });

  it("is the context's where the file has none of that name, or one that leads nowhere", async () => {
    const path = join(folder, "config");
    const unknown = await faultOf({ path, context: "a" });
    assert.deepEqual([unknown.path, unknown.value], ["kubeconfig.context", "a"]);
    assert.match(unknown.rule, /no such context; it has b$/);
    const broken = await faultOf({ path, context: "b" });
    assert.deepEqual([broken.path, broken.value], ["kubeconfig.context", "b"]);
    assert.match(broken.rule, /is not in the file$/);
  });

  for (const [status, remedy] of [
    [401, /^Renew its credentials/],
    [403, /^Have its user allowed/],
    [404, /^Check the cluster/],
    [undefined, /^Check the cluster/],
  ] as const) {
    it(`is the context's where the API server answers ${status ?? "nothing, for want of credentials"}`, () => {
      const failure = { operation: "list pods", cause: "why", ...(status === undefined ? {} : { status }) };
      const fault = clusterFault(new ClusterError('cluster context "a"', failure), NAME);
      assert.deepEqual([fault.path, fault.value], ["kubeconfig.context", "a"]);
      assert.equal(fault.rule, "does not serve: cannot list pods: why");
      assert.match(fault.remedy, remedy);
    });
  }
});
