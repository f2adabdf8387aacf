import assert from "node:assert/strict";
import { haveCommonViewer, viewersOf } from "../../../federation/core/exportTo.ts";

describe("exportTo", () => {
  for (const [title, exportTo, expected] of [
    ["is all namespaces where it is left out", undefined, undefined],
    ["is all namespaces where it is empty", [], undefined],
    ["is all namespaces with '*'", ["shop", "*"], undefined],
    ["is the object's namespace as '.'", ["."], ["own"]],
    ["is the namespaces that it names", ["shop", ".", "abc"], ["shop", "own", "abc"]],
    ["is none as '~'", ["~"], []],
  ] as const)
    it(title, () => {
      assert.deepEqual(viewersOf(exportTo, "own"), expected);
    });

  for (const [title, one, other, expected] of [
    ["share all namespaces", undefined, undefined, true],
    ["share the namespaces of the narrower one", undefined, ["shop"], true],
    ["share a namespace that both name", ["shop", "abc"], ["abc"], true],
    ["share no namespace", ["shop"], ["abc"], false],
    ["share no namespace where none sees one of them", [], ["abc"], false],
  ] as const)
    it(`of two objects: ${title}`, () => {
      assert.equal(haveCommonViewer(one, other), expected);
      assert.equal(haveCommonViewer(other, one), expected);
    });
});
