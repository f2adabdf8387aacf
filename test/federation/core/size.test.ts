import assert from "node:assert/strict";
import fc from "fast-check";
import structPb, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { exceededLimit } from "../../../federation/core/size.ts";

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
