import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLUSTERS } from "../../lab/clusters.ts";
import {
  labEnvironment,
  labPaths,
  readSession,
  stackEnvironment,
  writeSession,
} from "../../lab/environment.ts";
import { identify } from "../../lab/process.ts";

describe("a lab's session", () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), "session-"))));
  afterEach(() => rm(dir, { recursive: true }));

  it("is found by other shells while its holder runs", () => {
    const session = {
      holder: identify(process.pid)!,
      range: 0,
      clusters: CLUSTERS,
      environment: { KUBECONFIG: "/lab/kubeconfig" },
    };
    writeSession(dir, session);
    assert.deepEqual(readSession(dir), session);
  });

  it("is over when its holder is gone, or another process has its pid", () => {
    writeSession(dir, { holder: { pid: process.pid, startTime: "1" }, range: 0, clusters: CLUSTERS });
    assert.equal(readSession(dir), undefined);
  });

  it("is not there in a folder without a lab", () => {
    assert.equal(readSession(join(dir, "none")), undefined);
  });
});

describe("the lab's environment", () => {
  const paths = labPaths("/work/.lab");

  it("puts the lab's tools before the person's own", () => {
    const { PATH } = labEnvironment(paths, true, "/usr/bin", "/cache");
    assert.match(PATH ?? "", /^\/work\/\.lab\/bin:.*\/node_modules\/\.bin:\/usr\/bin$/);
  });

  it("keeps kubectl and pulumi away from everything but the lab", () => {
    const environment = labEnvironment(paths, true, "/usr/bin", "/cache");
    assert.equal(environment["KUBECONFIG"], "/work/.lab/kubeconfig");
    assert.equal(environment["PULUMI_BACKEND_URL"], "file:///work/.lab/state");
    assert.equal(environment["PULUMI_HOME"], "/work/.lab/pulumi-home");
  });

  it("has a passphrase per stack, and one for the stacks of a mesh, which read each other's secrets", () => {
    const passphrases = ["cluster-a", "cluster-b", "mesh-east", "mesh-west"].map(
      (stack) => stackEnvironment({ PULUMI_CONFIG_PASSPHRASE: "another" }, stack)["PULUMI_CONFIG_PASSPHRASE"],
    );
    assert.deepEqual(passphrases, ["cluster-a", "cluster-b", "mesh", "mesh"]);
  });

  it("lets Pulumi look for plugins on the network unless stand-ins serve", () => {
    const key = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION";
    assert.equal(labEnvironment(paths, true, "", "/cache")[key], "true");
    assert.equal(labEnvironment(paths, false, "", "/cache")[key], undefined);
  });
});
