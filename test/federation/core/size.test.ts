import assert from "node:assert/strict";
import fc from "fast-check";
import structPb, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { exceededLimit, exceedsJson } from "../../../federation/core/size.ts";

const MANY = 1_000_000;

function isLargerThan(value: unknown, bytes: number): boolean {
  return exceededLimit(value, { bytes, entries: MANY }) === "bytes";
}

describe("The size of a value", () => {
  it("is at least that in the engine's encoding, and close to the size of its text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { length } = structPb.Value.fromJavaScript(value as JavaScriptValue).serializeBinary();
        assert.ok(isLargerThan(value, length - 1));
      }),
    );
    assert.ok(isLargerThan("x".repeat(100), 100));
    assert.ok(!isLargerThan("x".repeat(100), 120));
    assert.ok(isLargerThan({ ["x".repeat(100)]: 1 }, 100));
    assert.ok(isLargerThan("€".repeat(100), 300));
  });

  it("has a limit for the entries of each map and list, however small", () => {
    const limits = { bytes: MANY, entries: 3 };
    for (const [value, exceeded] of [
      [[0, 0, 0], undefined],
      [[0, 0, 0, 0], "entries"],
      [{ a: 0, b: 0, c: { d: 0, e: 0, f: 0 } }, undefined],
      [{ a: [{ b: 0, c: 0, d: 0, e: 0 }] }, "entries"],
      [null, undefined],
    ] as const) {
      assert.equal(exceededLimit(value, limits), exceeded);
    }
  });

  it("is bounded for deep and cyclic values", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.ok(!isLargerThan(deep, 2_000_000));
    assert.ok(isLargerThan(deep, 10_000));
    const endless: unknown[] = [];
    endless.push(endless);
    assert.ok(isLargerThan(endless, 1_000_000));
  });
});

describe("exceedsJson", () => {
  const limits = { depth: 2, values: 4 };
  for (const [json, exceeds] of [
    ["[[1]]", false],
    ["[[[1]]]", true],
    ['{"a":{"b":1}}', false],
    ['{"a":[{}]}', true],
    ["[1,2,3,4]", false],
    ["[1,2,3,4,5]", true],
    ["[{},{},{}]", true],
    ['["[[[[{{,,,,,,"]', false],
    [String.raw`["\"[[[,,,,,"]`, false],
    [String.raw`["\\",[[1]]]`, true],
    [String.raw`["\\\"[[[","]]]"]`, false],
    ['["', false],
    ["", false],
  ] as const)
    it(`is ${exceeds} of ${json}`, () => {
      assert.equal(exceedsJson(json, limits), exceeds);
    });

  it("counts the values and levels of any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const count = (each: unknown): [depth: number, values: number] => {
          if (typeof each !== "object" || each === null) return [0, 0];
          const inner = Object.values(each).map(count);
          const [depth, values] = [
            Math.max(0, ...inner.map(([d]) => d)),
            inner.reduce((n, [, v]) => n + v, 0),
          ];
          return [depth + 1, values + 1 + Math.max(0, inner.length - 1)];
        };
        const [depth, values] = count(value);
        const json = JSON.stringify(value, undefined, 1);
        assert.equal(exceedsJson(json, { depth, values }), false);
        if (depth > 0) assert.equal(exceedsJson(json, { depth: depth - 1, values }), true);
        if (values > 0) assert.equal(exceedsJson(json, { depth, values: values - 1 }), true);
      }),
    );
  });
});
