import assert from "node:assert/strict";
import { ClusterApi } from "../../../../lab/plugins/kubernetes/clusterApi.ts";
import type { Settings } from "../../../../lab/plugins/kubernetes/connection.ts";
import { withoutIgnored } from "../../../../lab/plugins/kubernetes/ignoredChanges.ts";
import {
  autoname,
  checkpoint,
  diffObject,
  manifestOf,
  markManifest,
  normalize,
  prune,
  type Manifest,
} from "../../../../lab/plugins/kubernetes/manifest.ts";
import { kubernetesObjects } from "../../../../lab/plugins/kubernetes/objects.ts";
import { diffProviderConfig } from "../../../../lab/plugins/kubernetes/provider.ts";
import { Secret, UNKNOWN, type Properties } from "../../../../lab/plugins/protocol/values.ts";

const SUBJECT = { urn: "urn", type: "kubernetes:core/v1:ConfigMap", name: "settings", id: "ns/x" };
const SETTINGS = { enableSecretMutable: false, enableConfigMapMutable: false } as Settings;
const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "gateway", namespace: "istio" },
  spec: { ports: [{ port: 15443 }] },
};

function diff(live: Manifest, inputs: Properties, news: Properties, settings = SETTINGS) {
  const olds = checkpoint(live, inputs, "manager");
  return diffObject({ ...SUBJECT, olds, oldInputs: inputs, ignoreChanges: [], news }, true, settings);
}

describe("A Kubernetes object's inputs", () => {
  const call = { ...SUBJECT, olds: {}, news: {}, randomSeed: new Uint8Array([1]) };
  const unnamed = manifestOf({ apiVersion: "v1", kind: "ConfigMap" });

  it("get a name by the resource's name and the engine's seed, and a mark that says so", () => {
    const { metadata } = autoname(unnamed, call);
    assert.match(String(metadata.name), /^settings-[0-9a-f]{8}$/);
    assert.deepEqual(metadata.annotations, { "pulumi.com/autonamed": "true" });
    assert.deepEqual(autoname(unnamed, call).metadata, metadata);
  });

  it("keep the given name of before, but not one that somebody chose", () => {
    const olds = { ...autoname(unnamed, call) };
    const later = { ...call, olds, randomSeed: new Uint8Array([2]) };
    assert.equal(autoname(unnamed, later).metadata.name, olds.metadata.name);
    const chosen = { ...call, olds: { metadata: { name: "chosen" } } };
    assert.notEqual(autoname(unnamed, chosen).metadata.name, "chosen");
  });

  it("heed the project's rules for names", () => {
    const proposed = { ...call, autonaming: { mode: "enforce" as const, name: "by-rule" } };
    assert.equal(autoname(unnamed, proposed).metadata.name, "by-rule");
    const disabled = { ...call, autonaming: { mode: "disable" as const, name: "" } };
    assert.throws(() => autoname(unnamed, disabled), /autonaming is disabled/);
  });

  it("of a Secret have their text as data, which are secret as a whole", () => {
    const inputs = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      stringData: { key: "k" },
      data: { a: "Yg==" },
    };
    const normal = normalize(manifestOf(inputs));
    assert.deepEqual(markManifest(normal, inputs)["data"], new Secret({ a: "Yg==", key: "aw==" }));
    assert.equal("stringData" in normal, false);
  });

  it("lose what only the API server sets", () => {
    const metadata = { name: "x", uid: "1", managedFields: [], resourceVersion: "2", labels: { a: "b" } };
    assert.deepEqual(normalize({ ...unnamed, metadata }).metadata, { name: "x", labels: { a: "b" } });
  });
});

describe("A live object cut to its inputs", () => {
  it("has the inputs' fields with the live values", () => {
    const live = { a: 1, b: { c: 2, d: 3 }, list: [{ x: 1, y: 2 }, { x: 3 }], own: true };
    assert.deepEqual(prune(live, { a: 0, b: { c: 0, gone: 1 }, list: [{ x: 0 }] }), {
      a: 1,
      b: { c: 2 },
      list: [{ x: 1 }],
    });
  });
});

describe("A Kubernetes object's diff", () => {
  const live = {
    ...SERVICE,
    spec: { ports: [{ port: 15443, protocol: "TCP" }], clusterIP: "10.0.0.1" },
    status: {},
  };

  it("is empty when only the cluster added something", () => {
    assert.deepEqual(diff(live, SERVICE, SERVICE), {
      differences: {},
      replaces: [],
      deleteBeforeReplace: false,
    });
  });

  it("shows what the inputs change, in place", () => {
    const news = { ...SERVICE, spec: { ports: [{ port: 15443 }, { port: 80 }] } };
    assert.deepEqual(diff(live, SERVICE, news).differences, { "spec.ports[1]": "add" });
  });

  it("shows drift that a refresh has found", () => {
    const drifted = { ...live, spec: { ports: [{ port: 1 }] } };
    assert.deepEqual(diff(drifted, SERVICE, SERVICE).differences, { "spec.ports[0].port": "update" });
  });

  it("makes a new object beside the old one for a new name", () => {
    const news = { ...SERVICE, metadata: { ...SERVICE.metadata, name: "other" } };
    const found = diff(live, SERVICE, news);
    assert.deepEqual([found.replaces, found.deleteBeforeReplace], [["metadata.name"], false]);
  });

  it("deletes first where the name stays: a Secret's data are not changed in place", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: SERVICE.metadata, data: { k: "YQ==" } };
    const news = { ...secret, data: new Secret({ k: "Yg==" }) };
    const found = diff(secret, secret, news);
    assert.deepEqual([found.replaces, found.deleteBeforeReplace], [["data.k"], true]);
    assert.deepEqual(diff(secret, secret, news, { ...SETTINGS, enableSecretMutable: true }).replaces, []);
  });

  it("takes an unknown value for a change", () => {
    const news = { ...SERVICE, spec: { ports: [{ port: UNKNOWN }] } };
    assert.deepEqual(diff(live, SERVICE, news).differences, { "spec.ports[0].port": "update" });
  });
});

describe("Kubernetes objects that a provider waits for", () => {
  const objects = kubernetesObjects(
    new ClusterApi(() => {
      throw new Error("no cluster here");
    }),
    SETTINGS,
  );
  const checked = (news: Properties) =>
    objects.check({ ...SUBJECT, olds: {}, news, randomSeed: new Uint8Array() });

  it("are refused unless the program does not want them awaited", async () => {
    const { failures = [] } = await checked(SERVICE);
    assert.match(failures[0]?.reason ?? "", /does not wait for a Service: set pulumi.com\/skipAwait/);
    const annotations = { "pulumi.com/skipAwait": "true" };
    const unawaited = await checked({ ...SERVICE, metadata: { ...SERVICE.metadata, annotations } });
    assert.deepEqual(unawaited.failures, []);
  });
});

describe("The provider's configuration", () => {
  const kubeconfig = (server: string) =>
    JSON.stringify({
      "current-context": "c",
      clusters: [{ name: "k", cluster: { server } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    });
  const here = { kubeconfig: kubeconfig("https://a") };
  const there = { kubeconfig: kubeconfig("https://b") };
  const named = { clusterIdentifier: "cluster-a" };
  const cases: [string, Properties, Properties, string[]][] = [
    ["another server", here, there, ["kubeconfig"]],
    ["a kubeconfig that is not known yet", here, { kubeconfig: UNKNOWN }, ["kubeconfig"]],
    ["another server of the cluster that has a name", { ...here, ...named }, { ...there, ...named }, []],
    [
      "an unknown kubeconfig of the cluster that has a name",
      { ...here, ...named },
      { kubeconfig: UNKNOWN, ...named },
      [],
    ],
    ["another name", { ...here, ...named }, { ...here, clusterIdentifier: "b" }, ["clusterIdentifier"]],
    ["a name at last", here, { ...here, ...named }, []],
  ];
  for (const [what, olds, news, replaces] of cases) {
    it(`${replaces.length > 0 ? "means another cluster" : "means the same cluster"} with ${what}`, () => {
      const found = diffProviderConfig({ ...SUBJECT, olds, oldInputs: {}, ignoreChanges: [], news });
      assert.deepEqual(found.replaces, replaces);
      assert.ok(Object.keys(found.differences).length > 0);
    });
  }
});

describe("Ignored changes of an update", () => {
  const MANAGER = "pulumi-kubernetes-1";
  const live = (...managers: string[]) =>
    manifestOf({
      metadata: {
        name: "x",
        managedFields: managers.map((manager) => ({
          manager,
          operation: "Update",
          fieldsV1: { "f:spec": { "f:http": {} } },
        })),
      },
      spec: { http: [{ route: "live" }], hosts: ["live"] },
    });
  const declared = manifestOf({
    metadata: { name: "x" },
    spec: { http: [{ route: "old" }], hosts: ["new"] },
  });
  const specOf = (of: Manifest, ...ignoreChanges: string[]) =>
    withoutIgnored(declared, of, { fieldManager: MANAGER, ignoreChanges })["spec"];

  for (const [title, managers, ignored, expected] of [
    ["leave out a list that others manage alone", ["rollouts"], "spec.http", { hosts: ["new"] }],
    [
      "apply a shared list as it is in the cluster",
      ["rollouts", MANAGER],
      "spec.http",
      { http: [{ route: "live" }], hosts: ["new"] },
    ],
    [
      "apply a list that nobody manages as it is in the cluster",
      [],
      "spec.http",
      { http: [{ route: "live" }], hosts: ["new"] },
    ],
    ["have no effect within a list", ["rollouts"], "spec.http[0].route", declared["spec"]],
    ["have no effect on a field that is not there", ["rollouts"], "spec.tcp", declared["spec"]],
  ] as const)
    it(title, () => {
      assert.deepEqual(specOf(live(...managers), ignored), expected);
    });

  it("are no differences", () => {
    const service = (port: number, name: string) => ({ ...SERVICE, spec: { ports: [{ port, name }] } });
    const olds = checkpoint(service(1, "a"), SERVICE, "manager");
    const find = (...ignoreChanges: string[]) =>
      diffObject(
        { ...SUBJECT, olds, oldInputs: SERVICE, news: service(2, "b"), ignoreChanges },
        true,
        SETTINGS,
      ).differences;
    assert.deepEqual(Object.keys(find()), ["spec.ports[0].name", "spec.ports[0].port"]);
    assert.deepEqual(Object.keys(find("spec.ports[0].name", "spec.port")), ["spec.ports[0].port"]);
    assert.deepEqual(find("spec.ports"), {});
  });
});
