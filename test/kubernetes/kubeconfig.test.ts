import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { loadKubeconfig, resolvePath } from "../../kubernetes/kubeconfig.ts";

const GOOD = `
current-context: a
clusters: [{name: a, cluster: {server: "https://a"}}, {name: b, cluster: {server: "https://b"}}, {name: nowhere, cluster: {server: "a"}}]
users: [{name: u, user: {token: s3cr3t}}]
contexts:
  - {name: b, context: {cluster: b, user: u}}
  - {name: a, context: {cluster: a, user: u}}
  - {name: broken, context: {cluster: none, user: u}}
  - {name: nowhere, context: {cluster: nowhere, user: u}}
`;

describe("loadKubeconfig", () => {
  let folder: string;
  let file: string;
  const environment = process.env.KUBECONFIG;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-kubeconfig-"));
    file = join(folder, "config");
    writeFileSync(file, GOOD);
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  afterEach(() => {
    if (environment === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = environment;
  });

  it("selects the named context", async () => {
    const config = await loadKubeconfig({ path: file, context: "b" });
    assert.equal(config.getCurrentCluster()?.server, "https://b");
  });

  it("selects the current context by default", async () => {
    assert.equal((await loadKubeconfig({ path: file })).getCurrentCluster()?.server, "https://a");
  });

  it("resolves a path relative to the working directory", async () => {
    const config = await loadKubeconfig({ path: relative(process.cwd(), file) });
    assert.equal(config.getCurrentContext(), "a");
  });

  it("resolves ~/ to the home folder", () => {
    assert.equal(resolvePath("~/.kube/config"), join(homedir(), ".kube/config"));
  });

  it("reads $KUBECONFIG when no path is given", async () => {
    process.env.KUBECONFIG = file;
    assert.equal((await loadKubeconfig({ context: "b" })).getCurrentContext(), "b");
  });

  it("reports a missing file", async () => {
    const path = join(folder, "none");
    await assert.rejects(loadKubeconfig({ path }), {
      message: `kubeconfig ${path}: cannot read it: no such file`,
    });
  });

  it("reports a missing context with those that exist", async () => {
    await assert.rejects(
      loadKubeconfig({ path: file, context: "c" }),
      /"c": no such context; it has a, b, broken, nowhere$/,
    );
  });

  it("refuses a context without a cluster", async () => {
    await assert.rejects(loadKubeconfig({ path: file, context: "broken" }), /is not in the file$/);
  });

  it("refuses a cluster without a URL", async () => {
    await assert.rejects(
      loadKubeconfig({ path: file, context: "nowhere" }),
      /select context "nowhere": the server of its cluster is no https:\/\/ URL$/,
    );
  });

  it("reports the line of a YAML fault without the secrets around it", async () => {
    const broken = join(folder, "broken");
    writeFileSync(broken, `users:\n- name: u\n  user: {token: s3cr3t\n`);
    const error = await loadKubeconfig({ path: broken }).then(() => assert.fail("must fail"), String);
    assert.match(error, /not YAML: .* \(line \d+\)$/);
    assert.doesNotMatch(error, /s3cr3t/);
  });
});
