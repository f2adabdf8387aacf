import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { MESH_CONFIG_RULES, READER_RULES } from "../../../federation/mesh/reader.ts";

describe("The RBAC rules of a peer's istiod", () => {
  const all = [...READER_RULES, ...MESH_CONFIG_RULES];

  it("allow list and watch only", () => {
    for (const { verbs } of all) assert.deepEqual(verbs, ["list", "watch"]);
  });

  it("name each kind, without wildcards", () => {
    const words = all.flatMap(({ apiGroups, resources }) => [...apiGroups, ...resources]);
    assert.ok(!words.some((word) => word.includes("*")));
  });

  it("name each kind once, as documented", () => {
    const kinds = all.flatMap(({ resources }) => resources);
    assert.equal(new Set(kinds).size, kinds.length);
    const docs = readFileSync(new URL("../../../docs/single-mesh.md", import.meta.url), "utf8");
    assert.deepEqual(
      kinds.filter((kind) => !docs.includes(kind)),
      [],
    );
  });

  it("allow one ConfigMap in one namespace", () => {
    assert.ok(!READER_RULES.some(({ resources }) => resources.includes("configmaps")));
    assert.deepEqual(
      MESH_CONFIG_RULES.map(({ resourceNames }) => resourceNames),
      [["istio"]],
    );
  });
});
