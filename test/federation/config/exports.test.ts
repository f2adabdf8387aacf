import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { configFaults } from "../samples.ts";

describe("The rules of exports", () => {
  for (const [name, raw, path] of [
    ["an empty selector", { exports: [{ selector: {} }] }, "exports[0].selector"],
    ["a bad selector key", { exports: [{ selector: { "a b": "c" } }] }, 'exports[0].selector["a b"]'],
    ["a bad selector value", { exports: [{ selector: { a: "b c" } }] }, "exports[0].selector.a"],
    [
      "a selector value that YAML reads as a boolean",
      { exports: [{ selector: { a: true } }] },
      "exports[0].selector.a",
    ],
    ["a service without a namespace", { exports: [{ service: "a" }] }, "exports[0]"],
    ["a namespace alone", { exports: [{ namespace: "a" }] }, "exports[0]"],
    [
      "a service and a selector",
      { exports: [{ namespace: "a", service: "b", selector: { c: "d" } }] },
      "exports[0]",
    ],
    ["a service with a bad name", { exports: [{ namespace: "a", service: "b.c" }] }, "exports[0].service"],
    [
      "an export given twice",
      {
        exports: [
          { namespace: "a", service: "b" },
          { service: "b", namespace: "a" },
        ],
      },
      "exports[1]",
    ],
    [
      "a selector given twice",
      { exports: [{ selector: { a: "b", c: "d" } }, { selector: { c: "d", a: "b" } }] },
      "exports[1]",
    ],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});
