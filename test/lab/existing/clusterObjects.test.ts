import assert from "node:assert/strict";
import { compareObjects, unexplained, type ClusterObjects } from "../../../lab/existing/clusterObjects.ts";

const RESTARTED = new Set(["bar"]);

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
  unexplained(compareObjects(before, after), RESTARTED);

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
});
