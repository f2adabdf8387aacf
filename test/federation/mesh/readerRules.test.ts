import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { MESH_CONFIG_RULES, READER_RULES } from "../../../federation/mesh/reader.ts";

describe("What a peer's istiod may do", () => {
  const all = [...READER_RULES, ...MESH_CONFIG_RULES];

  it("is to list and watch, and nothing else", () => {
    for (const { verbs } of all) assert.deepEqual(verbs, ["list", "watch"]);
  });

  it("is told kind by kind, without wildcards", () => {
    const words = all.flatMap(({ apiGroups, resources }) => [...apiGroups, ...resources]);
    assert.ok(!words.some((word) => word.includes("*")));
  });

  it("names each kind once, and each is in the docs", () => {
    const kinds = all.flatMap(({ resources }) => resources);
    assert.equal(new Set(kinds).size, kinds.length);
    const docs = readFileSync(new URL("../../../docs/single-mesh.md", import.meta.url), "utf8");
    assert.deepEqual(
      kinds.filter((kind) => !docs.includes(kind)),
      [],
    );
  });

  it("is one ConfigMap only, and that in one namespace", () => {
    assert.ok(!READER_RULES.some(({ resources }) => resources.includes("configmaps")));
    assert.deepEqual(
      MESH_CONFIG_RULES.map(({ resourceNames }) => resourceNames),
      [["istio"]],
    );
  });
});
