import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterApi } from "../../../../lab/plugins/kubernetes/clusterApi.ts";
import type { Settings } from "../../../../lab/plugins/kubernetes/connection.ts";
import { Helm } from "../../../../lab/plugins/kubernetes/helm.ts";
import { helmReleases } from "../../../../lab/plugins/kubernetes/release.ts";
import { Secret, UNKNOWN, type Properties } from "../../../../lab/plugins/protocol/values.ts";

const SUBJECT = { urn: "urn", type: "kubernetes:helm.sh/v3:Release", name: "istiod" };
const SETTINGS = { kubeconfig: undefined, context: "cluster-a", namespace: undefined } as Settings;
const INPUTS: Properties = {
  name: "istiod",
  namespace: "istio-system",
  chart: "./charts/istiod",
  skipAwait: true,
};

describe("A Helm release", () => {
  let folder: string;
  const api = new ClusterApi(() => {
    throw new Error("no cluster here");
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-helm-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function helm(body: string): Helm {
    const program = join(folder, "helm");
    writeFileSync(program, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${body}\n`);
    chmodSync(program, 0o755);
    return new Helm(SETTINGS, api, program);
  }

  function releases(body: string) {
    return helmReleases(helm(body), api, SETTINGS);
  }

  const check = (news: Properties) => ({ ...SUBJECT, olds: {}, news, randomSeed: new Uint8Array() });

  it("gets the provider's defaults and the chart's exact version", async () => {
    const kind = releases("echo version: 1.31.1");
    const news = { chart: "istiod", version: "1.x", repositoryOpts: { repo: "https://c.example" } };
    const { inputs } = await kind.check(check({ ...news, compat: "true", atomic: false }));
    const { name } = inputs;
    assert.ok(typeof name === "string" && /^istiod-[0-9a-f]{8}$/.test(name));
    assert.deepEqual(inputs, { ...news, name, version: "1.31.1", namespace: "default", timeout: 300 });
    const asked = "show chart istiod --repo https://c.example --version 1.x --kube-context cluster-a\n";
    assert.equal(readFileSync(join(folder, "calls"), "utf8"), asked);
  });

  it("fails before anything changes when the chart cannot be had", async () => {
    const { failures } = await releases("echo 'Error: no such chart' >&2; exit 1").check(check(INPUTS));
    const reason = "helm show: no such chart; check the chart name and repository configuration.";
    assert.deepEqual(failures, [{ property: "chart", reason }]);
  });

  it("is not asked of Helm while something is unknown", async () => {
    const inputs = { ...INPUTS, values: { a: UNKNOWN } };
    assert.deepEqual((await releases("exit 1").check(check(inputs))).inputs, inputs);
  });

  it("refuses options that the stand-in does not cover", async () => {
    const { failures } = await releases("").check(check({ ...INPUTS, postrender: "x" }));
    assert.equal(failures?.[0]?.property, "postrender");
  });

  it("gives values to Helm in a file for this user only, which is gone afterwards", async () => {
    const body =
      'while [ "$1" != --values ]; do shift; done; stat -c %a "$2" > $0.mode; cat "$2" > $0.values; echo "$2" > $0.file';
    await helm(body).install({
      name: "n",
      namespace: "ns",
      chart: "c",
      skipAwait: true,
      values: { key: "s3cret", no: null },
    });
    assert.equal(readFileSync(join(folder, "helm.mode"), "utf8"), "600\n");
    assert.deepEqual(JSON.parse(readFileSync(join(folder, "helm.values"), "utf8")), {
      key: "s3cret",
      no: null,
    });
    assert.throws(() => readFileSync(readFileSync(join(folder, "helm.file"), "utf8").trim()), /ENOENT/);
    const call = readFileSync(join(folder, "calls"), "utf8");
    assert.match(call, /^install n c --namespace ns --values \S+ --timeout 300s --kube-context cluster-a\n$/);
  });

  it("waits for its objects unless told not to", async () => {
    await helm("").upgrade({ name: "n", namespace: "ns", chart: "c", timeout: 7, atomic: true });
    assert.match(readFileSync(join(folder, "calls"), "utf8"), /--timeout 7s --atomic --wait --history-max 0/);
  });

  it("shows what its values change, and moves only for another name or namespace", async () => {
    const inputs = { ...INPUTS, values: { pilot: { env: { A: "1" } } } };
    const olds = {
      ...inputs,
      values: { pilot: { env: { A: "1", LIVE: "x" } } },
      __inputs: new Secret(inputs),
      status: {},
    };
    const call = { ...SUBJECT, id: "istio-system/istiod", olds, oldInputs: {}, ignoreChanges: [] };
    const kind = releases("");
    assert.deepEqual(await kind.diff({ ...call, news: inputs }), { differences: {}, replaces: [] });
    const changed = { ...inputs, namespace: "other", values: { pilot: { env: { A: "2" } } } };
    assert.deepEqual(await kind.diff({ ...call, news: changed }), {
      differences: { namespace: "update", "values.pilot.env.A": "update" },
      replaces: ["namespace"],
    });
  });

  it("is known in preview as far as its inputs are", async () => {
    const call = { ...SUBJECT, inputs: INPUTS, preview: true, timeoutSeconds: 0 };
    const { id, outputs } = await releases("exit 1").create(call);
    assert.equal(id, "");
    assert.deepEqual(outputs, {
      ...INPUTS,
      __inputs: new Secret(INPUTS),
      status: UNKNOWN,
      resourceNames: UNKNOWN,
    });
  });

  it("says which cluster it misses", async () => {
    const call = { ...SUBJECT, inputs: INPUTS, preview: false, timeoutSeconds: 0 };
    const creating = Promise.resolve(releases("").create(call));
    await assert.rejects(creating, /can't create Helm Release with unreachable cluster: no cluster here/);
  });
});
