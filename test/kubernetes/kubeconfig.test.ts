import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { inClusterContext, loadKubeconfig, resolvePath } from "../../kubernetes/kubeconfig.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { ownEnvironment } from "./support/environment.ts";

const GOOD = `
current-context: a
clusters: [{name: a, cluster: {server: "https://a"}}, {name: b, cluster: {server: "https://b"}}]
users: [{name: u, user: {token: s3cr3t}}]
contexts:
  - {name: b, context: {cluster: b, user: u}}
  - {name: a, context: {cluster: a, user: u}}
  - {name: broken, context: {cluster: none, user: u}}
  - {name: anonymous, context: {cluster: a, user: none, namespace: elsewhere}}
`;

const ANOTHER = `
current-context: c
clusters: [{name: b, cluster: {server: "https://other"}}, {name: c, cluster: {server: "https://c"}}]
contexts:
  - {name: b, context: {cluster: c, user: u}}
  - {name: c, context: {cluster: b, user: u}}
`;

describe("loadKubeconfig", () => {
  let folder: string;
  let file: string;

  ownEnvironment(["HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"]);

  before(async () => {
    folder = await temporaryFolder("kubeconfig");
    file = write("config", GOOD);
  });

  function write(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  const hostOf = async (path: string | undefined, context?: string) =>
    (await loadKubeconfig({ path, context })).server.host;
  const failureOf = (path: string | undefined, context?: string) =>
    loadKubeconfig({ path, context }).then(() => assert.fail("must fail"), String);

  it("selects the named context, else the current one", async () => {
    assert.equal(await hostOf(file, "b"), "b");
    assert.equal(await hostOf(file), "a");
  });

  it("resolves a path relative to the working directory, and ~/ to the home folder", async () => {
    assert.equal(await hostOf(relative(process.cwd(), file)), "a");
    assert.equal(resolvePath("~/.kube/config"), join(homedir(), ".kube/config"));
  });

  it("merges the files of $KUBECONFIG: the first definition of a name and the first current context win", async () => {
    const another = write("another", ANOTHER);
    process.env.KUBECONFIG = ["", file, another, file].join(delimiter);
    assert.equal(await hostOf(undefined), "a");
    assert.equal(await hostOf(undefined, "b"), "b");
    assert.equal(await hostOf(undefined, "c"), "b", "a context may name a cluster of another file");
    process.env.KUBECONFIG = [another, file].join(delimiter);
    assert.equal(await hostOf(undefined), "other");
    assert.equal(await hostOf(undefined, "b"), "c");
  });

  it("does not expand ~ in $KUBECONFIG, which a shell does", async () => {
    process.env.HOME = folder;
    process.env.KUBECONFIG = "~/config";
    assert.match(await failureOf(undefined), /no such file$/);
    assert.equal(await hostOf("~/config"), "a");
  });

  it("skips missing and empty files of $KUBECONFIG, and reports that none is there", async () => {
    const [missing, empty, comment] = [join(folder, "none"), write("empty", ""), write("comment", "# a\n")];
    process.env.KUBECONFIG = [missing, empty, comment, file].join(delimiter);
    assert.equal(await hostOf(undefined), "a");
    process.env.KUBECONFIG = missing;
    assert.equal(
      await failureOf(undefined, "a"),
      `ClusterError: kubeconfig ${missing} ($KUBECONFIG): cannot read it: no such file`,
    );
    process.env.KUBECONFIG = empty;
    assert.match(await failureOf(undefined, "a"), /no such context; it has none$/);
  });

  it("reports a broken file of $KUBECONFIG, whichever has the context", async () => {
    const broken = write("broken-list", "clusters: {}");
    process.env.KUBECONFIG = [file, broken].join(delimiter);
    assert.equal(
      await failureOf(undefined),
      `ClusterError: kubeconfig ${broken}: cannot read it: kubeconfig: clusters must be a list`,
    );
  });

  it("reads ~/.kube/config without $KUBECONFIG", async () => {
    process.env.HOME = folder;
    for (const set of [() => undefined, () => (process.env.KUBECONFIG = "")]) {
      set();
      assert.equal(
        await failureOf(undefined, "a"),
        "ClusterError: kubeconfig ~/.kube/config: cannot read it: no such file, and $KUBECONFIG is not set",
      );
    }
    mkdirSync(join(folder, ".kube"));
    symlinkSync(file, join(folder, ".kube/config"));
    assert.equal(await hostOf(undefined, "b"), "b");
    rmSync(join(folder, ".kube"), { recursive: true });
  });

  it("reports a given file that is missing, whatever $KUBECONFIG has, and a folder", async () => {
    process.env.KUBECONFIG = file;
    const path = join(folder, "none");
    assert.equal(await failureOf(path), `ClusterError: kubeconfig ${path}: cannot read it: no such file`);
    assert.match(await failureOf(folder), /cannot read it: is a folder$/);
  });

  it("resolves paths in a file relative to its folder, and a command only with a separator", async () => {
    mkdirSync(join(folder, "sub"), { recursive: true });
    const exec = (command: string) => ({ command, apiVersion: "client.authentication.k8s.io/v1beta1" });
    const user = {
      "client-certificate": "a.crt",
      "client-key": "/b.key",
      tokenFile: "../token",
      exec: exec("./p"),
    };
    const content = {
      clusters: [{ name: "a", cluster: { server: "https://a", "certificate-authority": "ca.crt" } }],
      users: [
        { name: "a", user },
        { name: "b", user: { exec: exec("p") } },
      ],
      contexts: ["a", "b"].map((name) => ({ name, context: { cluster: "a", user: name } })),
    };
    const path = write("sub/config", JSON.stringify(content, null, "\t"));
    const { cluster, user: found } = await loadKubeconfig({ path, context: "a" });
    assert.equal(cluster.certificateAuthority, join(folder, "sub/ca.crt"));
    assert.deepEqual(
      [found?.clientCertificate, found?.clientKey, found?.tokenFile, found?.exec?.command],
      [join(folder, "sub/a.crt"), "/b.key", join(folder, "token"), join(folder, "sub/p")],
    );
    assert.equal((await loadKubeconfig({ path, context: "b" })).user?.exec?.command, "p");
  });

  it("reports a missing context with those that exist", async () => {
    assert.match(await failureOf(file, "c"), /"c": no such context; it has a, anonymous, b, broken$/);
  });

  it("refuses a context without a cluster, and takes one without a user as anonymous", async () => {
    assert.match(await failureOf(file, "broken"), /the cluster that it names is not in the file$/);
    assert.equal((await loadKubeconfig({ path: file, context: "anonymous" })).user, undefined);
  });

  for (const [what, content, fault] of [
    ["two entries of one name", "users: [{name: u}, {name: u}]", /users has two named "u"$/],
    ["another kind", "kind: Pod", /is a Pod of v1, and must be a Config of v1$/],
    ["another version", "apiVersion: v2", /is a Config of v2, and must be a Config of v1$/],
    ["a list", "- a", /kubeconfig must be a map$/],
    ["a field of another type", "users: [{name: u, user: {token: 12345}}]", /user "u": token must be a text/],
    ["a tab as indentation", "a:\n\tb: c", /not YAML: tab characters .* \(line 2\)$/],
  ] as const) {
    it(`refuses ${what}, as kubectl does`, async () => {
      assert.match(await failureOf(write("wrong", content)), fault);
    });
  }

  it("takes what kubectl takes: repeated keys, anchors, null, further documents, yes for true", async () => {
    const content = `
current-context: none
current-context: a
x-anchor: &a {insecure-skip-tls-verify: yes}
clusters: [{name: a, cluster: {<<: *a, server: "https://a", proxy-url: null, unknown: 1}}]
contexts: [{name: a, context: {cluster: a}}]
users:
---
ignored: true
`;
    const { cluster } = await loadKubeconfig({ path: write("liberal", content) });
    assert.equal(cluster.insecureSkipTlsVerify, true);
  });

  it("reports the line of a YAML fault without the secrets around it", async () => {
    for (const content of [
      "users:\n- name: u\n  user: {token: s3cr3t\n",
      "users:\n- user: {token: *s3cr3t}\n",
      "users:\n- user: {token: !s3cr3t x}\n",
      "token: 's3cr3t\n",
      "users:\n- user: {token: s3cr3t, token: [s3cr3t}\n",
    ]) {
      const error = await failureOf(write("broken", content));
      assert.match(error, /not YAML: .* \(line \d+\)$/);
      assert.doesNotMatch(error, /s3cr3t/);
    }
  });

  it("reads the service account of a pod", () => {
    mkdirSync(join(folder, "account"));
    write("account/token", "t");
    process.env.KUBERNETES_SERVICE_HOST = "fd00::1";
    process.env.KUBERNETES_SERVICE_PORT = "6443";
    const bare = inClusterContext(join(folder, "account"));
    assert.deepEqual([bare.server.origin, bare.cluster.certificateAuthority], ["https://[fd00::1]:6443", ""]);
    assert.equal(bare.user?.tokenFile, join(folder, "account/token"));
    const authority = write("account/ca.crt", "");
    assert.equal(inClusterContext(join(folder, "account")).cluster.certificateAuthority, authority);
  });
});
