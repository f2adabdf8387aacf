import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { isLargerThan } from "../../../federation/core/text.ts";

describe("The size of a value", () => {
  it("is at most that of its JSON, and close to the size of its text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = JSON.stringify(value);
        assert.ok(!isLargerThan(value, written.length));
        assert.ok(isLargerThan(value, 0));
      }),
    );
    assert.ok(isLargerThan("x".repeat(100), 100));
    assert.ok(isLargerThan({ ["x".repeat(100)]: 1 }, 100));
    assert.ok(isLargerThan(Array(101).fill(0), 100));
  });

  it("is bounded for deep and cyclic values", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.ok(!isLargerThan(deep, 1_000_000));
    assert.ok(isLargerThan(deep, 10_000));
    const endless: unknown[] = [];
    endless.push(endless);
    assert.ok(isLargerThan(endless, 1_000_000));
  });
});
