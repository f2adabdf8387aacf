import assert from "node:assert/strict";
import { linkerFlags, moduleVersion, pinnedVersion, GO_VERSION } from "../../../lab/tools/versions.ts";

describe("versions of the lab's tools", () => {
  it("are read from go.mod, without the leading v", () => {
    assert.match(moduleVersion("k8s.io/kubernetes"), /^1\.\d+\.\d+$/);
    assert.match(GO_VERSION, /^1\.\d+(\.\d+)?$/);
  });

  it("are an error for a module that go.mod does not require", () => {
    assert.throws(() => moduleVersion("example.com/none"), /does not require example\.com\/none/);
  });

  it("name Istio by release and commit, since its module versions say neither", () => {
    assert.match(pinnedVersion("pilot-agent"), /^1\.31-[0-9a-f]{12}$/);
  });

  it("are linked into every tool that would not know its own", () => {
    for (const expected of [
      `version.Version=v${pinnedVersion("pulumi")}`,
      `version.gitVersion=v${pinnedVersion("kube-apiserver")}`,
      `version.buildVersion=${pinnedVersion("pilot-discovery")}`,
      `version.version=v${pinnedVersion("helm")}`,
    ]) {
      assert.ok(linkerFlags().includes(expected), expected);
    }
  });
});
