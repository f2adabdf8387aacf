import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";

const PROGRAM = "{components,discovery,federation,kubernetes,providers}/**/*.ts";
const EXPORT =
  /^export (?:abstract |async |declare )*(?:function\*?|const|let|interface|type|class|enum) (\w+)/gm;

/** Names that several files have by rule: each file of a dynamic provider exports its `provider`. */
const SHARED = ["provider"];

describe("Names that the program exports", () => {
  it("are each of one file", () => {
    const places = new Map<string, Set<string>>();
    for (const path of globSync(PROGRAM))
      for (const [, name = ""] of readFileSync(path, "utf8").matchAll(EXPORT))
        places.set(name, (places.get(name) ?? new Set()).add(path));
    assert.ok(places.size > 1000, `${places.size} names`);
    const shared = [...places].filter(([name, paths]) => paths.size > 1 && !SHARED.includes(name));
    assert.deepEqual(new Map(shared), new Map());
  });
});
