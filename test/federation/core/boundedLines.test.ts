import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { SHOWN_ENTRIES, boundedLines } from "../../../federation/core/text.ts";

const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe("boundedLines", () => {
  it("returns all lines of a short list", () => {
    assert.deepEqual(boundedLines([], String), []);
    assert.deepEqual(boundedLines(numbers(SHOWN_ENTRIES), String), numbers(SHOWN_ENTRIES).map(String));
  });

  it("returns the first lines in order and the count of the rest, which is not formatted", () => {
    const described: number[] = [];
    const describe_ = (number: number): string => `${described.push(number)}`;
    const lines = boundedLines(numbers(10_000), describe_);
    assert.equal(lines.length, SHOWN_ENTRIES + 1);
    assert.equal(lines.at(-1), "and 9,980 more");
    assert.deepEqual(described, numbers(SHOWN_ENTRIES));
  });

  it("uses the caller's sentence for the rest", () => {
    assert.deepEqual(
      boundedLines(numbers(5), String, (more) => `${more} others`, 2),
      ["0", "1", "3 others"],
    );
  });
});
