import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, it } from "mocha";
import { SHOWN_ENTRIES, boundedLines, quote } from "../../../federation/core/text.ts";

describe("A quoted value", () => {
  it("is short and without control characters", () => {
    assert.equal(quote("x".repeat(1000)).length, 121);
    assert.equal(quote("a\u001b[2J\u202e\u009b\nb"), '"a\\u001b[2J\\u{202e}\\u{9b}\\nb"');
  });

  it("is JSON when short enough", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
        const written = JSON.stringify(value);
        fc.pre(written.length <= 120 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(written));
        assert.equal(quote(value), Object.is(value, -0) ? "0" : written);
      }),
    );
  });

  for (const [name, value, quoted] of [
    ["a number that JSON lacks", Number.NaN, "NaN"],
    ["a number that JSON lacks in a list", [Number.POSITIVE_INFINITY], '["Infinity"]'],
    ["a large integer", 10n ** 20n, '"100000000000000000000"'],
    ["nothing", undefined, '"undefined"'],
    ["a map with toJSON and toString", { toString: 1, toJSON: 1 }, '{"toString":1,"toJSON":1}'],
    ["a prototype", JSON.parse('{"__proto__": 1}'), '{"__proto__":1}'],
    ["half of a surrogate pair", "a\ud800", '"a\\ud800"'],
    ["many characters outside the basic plane", "🂡".repeat(100), `"${"🂡".repeat(59)}\ufffd…`],
    ["a deeply nested value", [[[[[[1]]]]]], '[[[["…"]]]]'],
  ] as const) {
    it(`shows ${name}`, () => {
      assert.equal(quote(value), quoted);
    });
  }

  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  for (const [what, text] of Object.entries({
    "in PEM": pem.toString(),
    "whose first line is missing": pem.toString().split("\n").slice(1).join("\n"),
    "without line breaks": pem.toString().replaceAll(/-----.*?-----|\n/g, ""),
    "after other text": `key: ${pem.toString()}`,
  }))
    it(`hides a private key ${what}, also in a map`, () => {
      const hidden = '"(not shown: it may be a private key)"';
      assert.equal(quote(text), hidden);
      assert.equal(quote({ key: [text] }), `{"key":[${hidden}]}`);
    });

  it("may be nested deeper or larger than JSON.stringify accepts", () => {
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level++) deep = { deep };
    assert.equal(quote(deep), '{"deep":{"deep":{"deep":{"deep":"…"}}}}');
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, "v"]));
    assert.equal(quote(wide).length, 121);
    assert.equal(quote(new Array(10_000_000).fill("x".repeat(1000))).length, 121);
  });
});

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
