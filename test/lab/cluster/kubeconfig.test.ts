import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { writeKubeconfig } from "../../../lab/cluster/kubeconfig.ts";

describe("the lab's kubeconfig", () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), "kubeconfig-"))));
  afterEach(() => rm(dir, { recursive: true }));

  it("has a context per cluster, with that cluster's own server, certificates and token", async () => {
    const file = join(dir, "made/kubeconfig");
    const entry = (name: string, network: string) => ({
      name,
      server: `https://${network}.0.1:6443`,
      certificateAuthority: `certificates of ${name}`,
      token: `token of ${name}`,
    });
    writeKubeconfig(file, [entry("cluster-a", "127.10"), entry("cluster-b", "127.20")]);
    const config = new KubeConfig();
    config.loadFromFile(file);
    assert.equal(config.getCurrentContext(), "cluster-a");
    config.setCurrentContext("cluster-b");
    assert.equal(config.getCurrentCluster()?.server, "https://127.20.0.1:6443");
    assert.equal(
      Buffer.from(config.getCurrentCluster()?.caData ?? "", "base64").toString(),
      "certificates of cluster-b",
    );
    assert.equal(config.getCurrentUser()?.token, "token of cluster-b");
    assert.equal((await stat(file)).mode & 0o077, 0, "others may read the tokens");
  });
});
