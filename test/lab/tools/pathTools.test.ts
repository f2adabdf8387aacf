import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath, isAccepted } from "../../../lab/tools/tools.ts";
import { pinnedVersion, type ToolName } from "../../../lab/tools/versions.ts";

describe("tools on PATH", () => {
  const versions: { tool: ToolName; version: string; accepted: boolean; because: string }[] = [
    {
      tool: "pulumi",
      version: "3.208.0",
      accepted: true,
      because: "it is the oldest that has what the program uses",
    },
    { tool: "pulumi", version: "3.199.0", accepted: false, because: "it is older" },
    { tool: "pulumi", version: "4.0.0", accepted: false, because: "a new major version is another tool" },
    { tool: "helm", version: "3.22", accepted: true, because: "helm may print no patch number" },
    { tool: "helm", version: "4.0.1", accepted: false, because: "the stand-in speaks helm 3" },
    { tool: "etcd", version: "3.5.21", accepted: true, because: "3.5 serves Kubernetes" },
    { tool: "etcd", version: "3.4.30", accepted: false, because: "3.4 is too old for it" },
    {
      tool: "kube-apiserver",
      version: "1.37.0",
      accepted: true,
      because: "the controller manager may be one minor older",
    },
    {
      tool: "kube-apiserver",
      version: "1.35.4",
      accepted: false,
      because: "the controller manager must not be newer",
    },
    {
      tool: "kube-controller-manager",
      version: "1.36.9",
      accepted: true,
      because: "it is a patch of the pinned release",
    },
    {
      tool: "kube-controller-manager",
      version: "1.37.0",
      accepted: false,
      because: "it may be newer than the API server",
    },
    { tool: "pilot-agent", version: "1.31.0", accepted: false, because: "it must be the pinned commit" },
    {
      tool: "pilot-agent",
      version: pinnedVersion("pilot-agent"),
      accepted: true,
      because: "it is the pinned commit",
    },
    { tool: "envoy", version: "1.39.2", accepted: false, because: "istiod is of another release" },
    { tool: "envoy", version: "1.40.3", accepted: true, because: "it is a patch of the pinned release" },
  ];
  for (const { tool, version, accepted, because } of versions) {
    it(`${accepted ? "accepts" : "refuses"} ${tool} ${version}: ${because}`, () => {
      assert.equal(isAccepted(tool, version), accepted);
    });
  }

  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "path-tools-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const install = async (place: string, script: string) => {
    await mkdir(join(folder, place), { recursive: true });
    await writeFile(join(folder, place, "etcd"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return join(folder, place);
  };

  it("passes over programs of another version, or of the same name by chance, and says why", async () => {
    const old = await install("old", "echo 'etcd Version: 3.3.1'");
    const unrelated = await install("unrelated", "echo 'no such flag' >&2; exit 2");
    const good = await install("good", "echo 'etcd Version: 3.6.8'");
    const { found, refused } = await findOnPath("etcd", [old, unrelated, good].join(":"));
    assert.deepEqual(found, { file: join(good, "etcd"), version: "3.6.8" });
    assert.deepEqual(refused, [
      `${old}/etcd is version 3.3.1, wanted >=3.5.0 <3.7.0`,
      `${unrelated}/etcd is of unknown version, wanted >=3.5.0 <3.7.0`,
    ]);
  });

  it("finds nothing in relative or missing folders, nor in a file that is not executable", async () => {
    await writeFile(join(folder, "etcd"), "");
    assert.deepEqual(await findOnPath("etcd", [".", "bin", join(folder, "none"), folder].join(":")), {
      refused: [],
    });
  });
});
