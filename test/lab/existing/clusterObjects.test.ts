import assert from "node:assert/strict";
import { compareObjects, unexplained, type ClusterObjects } from "../../../lab/existing/clusterObjects.ts";

const ACTIONS = { restarted: new Set(["bar", "foo"]), moved: new Set(["foo"]) };

/** Objects of a cluster, by kind and name: `{ "Pod bar a": { spec: 1 } }`. */
function objects(given: Record<string, { version?: string; [field: string]: unknown }>): ClusterObjects {
  return new Map(
    Object.entries(given).map(([key, { version = "1", ...fields }]) => [
      key,
      { metadata: { name: "x", resourceVersion: version }, ...fields },
    ]),
  );
}

const left = (before: ClusterObjects, after: ClusterObjects) =>
  unexplained(compareObjects(before, after), ACTIONS);

const NOTHING = { added: [], removed: [], changed: [] };

describe("The objects of a cluster that was joined and left", () => {
  const before = objects({ "ConfigMap istio-system istio": { data: 1 }, "Pod bar a": {}, "Pod shop c": {} });

  it("are as before when nothing was written", () => {
    assert.deepEqual(left(before, before), NOTHING);
  });

  it("are compared by content, and by resourceVersion where the content is equal", () => {
    const edited = objects({
      "ConfigMap istio-system istio": { version: "2", data: 2 },
      "Pod bar a": {},
      "Pod shop c": { version: "2" },
    });
    assert.deepEqual(left(before, edited), {
      ...NOTHING,
      changed: [
        { object: "ConfigMap istio-system istio", fields: ["data"] },
        { object: "Pod shop c", fields: [] },
      ],
    });
  });

  it("may have other Pods of a restarted workload, as many as before, and nowhere else", () => {
    const config = { "ConfigMap istio-system istio": { data: 1 } };
    assert.deepEqual(left(before, objects({ ...config, "Pod bar b": {}, "Pod shop c": {} })), NOTHING);
    assert.deepEqual(left(before, objects({ ...config, "Pod shop c": {} })).removed, ["Pod bar a"]);
    assert.deepEqual(left(before, objects({ ...config, "Pod bar a": {}, "Pod shop d": {} })), {
      ...NOTHING,
      added: ["Pod shop d"],
      removed: ["Pod shop c"],
    });
  });

  it("may have another status of a restarted workload's Deployment and ReplicaSet, and no other field", () => {
    const of = (status: number, spec: number, version: string) =>
      objects({
        "Deployment.apps bar a": { version, status, spec },
        "ReplicaSet.apps bar a": { version, status },
        "Deployment.apps shop c": { version: "1" },
      });
    assert.deepEqual(left(of(1, 1, "1"), of(2, 1, "2")), NOTHING);
    assert.deepEqual(left(of(1, 1, "1"), of(2, 2, "2")).changed, [
      { object: "Deployment.apps bar a", fields: ["spec", "status"] },
    ]);
  });

  it("may have other labels of a moved namespace, and endpoints that are others of the same content", () => {
    const of = (metadata: object, spec: number): ClusterObjects =>
      new Map(
        ["Namespace", "WorkloadEntry.networking.istio.io"].flatMap((kind) =>
          ["foo", "bar"].map((name) => [`${kind} ${name}`, { metadata: { name, ...metadata }, spec }]),
        ),
      );
    const changed = (metadata: object, spec: number) =>
      left(
        of({ resourceVersion: "1", labels: { rev: "stable" }, uid: "1" }, 1),
        of(metadata, spec),
      ).changed.map(({ object }) => object);
    const [namespace, endpoint] = ["Namespace", "WorkloadEntry.networking.istio.io"];
    assert.deepEqual(changed({ resourceVersion: "2", labels: { rev: "next" }, uid: "1" }, 1), [
      `${namespace} bar`,
      `${endpoint} bar`,
      `${endpoint} foo`,
    ]);
    assert.deepEqual(changed({ resourceVersion: "2", labels: { rev: "stable" }, uid: "2" }, 1), [
      `${namespace} bar`,
      `${namespace} foo`,
      `${endpoint} bar`,
    ]);
    assert.equal(changed({ resourceVersion: "2", labels: { rev: "stable" }, uid: "1" }, 2).length, 4);
  });
});
