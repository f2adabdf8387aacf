import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { NAME_PATTERN, matchesAny, matchesPattern } from "../../../federation/core/names.ts";

describe("A name pattern", () => {
  for (const [pattern, fits, others] of [
    ["shop", ["shop"], ["shops", "sho", "a-shop", ""]],
    ["*", ["", "a", "shop-1"], []],
    ["team-*", ["team-", "team-a", "team-a-b"], ["team", "a-team-a"]],
    ["*-db", ["-db", "a-db", "a-db-db"], ["db", "a-db-1"]],
    ["a*b*c", ["abc", "a-b-c", "abbcc"], ["ab", "acb", "bc"]],
    ["a*a", ["aa", "aba"], ["a", "ab"]],
    ["ab*ba", ["abba", "ab-ba"], ["aba"]],
    ["*b*b*", ["bb", "a-b-b-a"], ["b", "aba"]],
  ] as const) {
    it(`${pattern} matches its names only`, () => {
      for (const name of fits) assert.ok(matchesPattern(pattern, name), name);
      for (const name of others) assert.equal(matchesPattern(pattern, name), false, name);
    });
  }

  it("matches like a regular expression, in linear time for many '*'", () => {
    const text = fc.stringMatching(/^[ab]{0,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*]{0,6}$/), text, (pattern, name) => {
        assert.equal(
          matchesPattern(pattern, name),
          new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name),
        );
      }),
      { numRuns: 2000 },
    );
    assert.equal(matchesPattern("*a".repeat(40), `${"a".repeat(5000)}b`), false);
  });

  it("must be a DNS label in which '*' stands for any part", () => {
    for (const name of ["a", "*", "a-*", "*-a", "a*b", "**"]) assert.ok(NAME_PATTERN.test(name), name);
    for (const name of ["", "A", "-*", "*-", "a.b", "a b", "?", "a".repeat(64), "*".repeat(101)])
      assert.equal(NAME_PATTERN.test(name), false, name);
  });

  it("is one of a list; no list matches all", () => {
    assert.ok(matchesAny(undefined, "a"));
    assert.ok(matchesAny(["b", "a*"], "a"));
    assert.equal(matchesAny([], "a"), false);
  });
});
