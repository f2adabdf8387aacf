import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  DNS_LABEL,
  HOST_NAME,
  LABEL_KEY,
  LABEL_VALUE,
  isBelow,
  overlap,
} from "../../../federation/core/names.ts";
import type { TextRule } from "../../../federation/core/schema.ts";

const long = (length: number): string => "a".repeat(length);

const cases: [string, TextRule, string[], string[]][] = [
  [
    "DNS label",
    DNS_LABEL,
    ["a", "0", "cluster-a", long(63)],
    ["", "-a", "a-", "A", "a.b", "a_b", long(64), "a\n", "ä"],
  ],
  [
    "host name",
    HOST_NAME,
    ["local", "cluster-a.local", "a.0x.b", "1.example", `${long(63)}.${long(63)}.${long(63)}.${long(61)}`],
    [
      "",
      ".",
      "a..b",
      ".a",
      "a.",
      "A.b",
      "*.a.b",
      "a_b.c",
      "127.1",
      "2130706433",
      "0x7f000001",
      "a.0x1f",
      "a.b ",
      `${long(64)}.a`,
      `${long(63)}.${long(63)}.${long(63)}.${long(62)}`,
    ],
  ],
  [
    "label key",
    LABEL_KEY,
    ["app", "a.b/c", "Example_1", `${long(60)}.${long(60)}/${long(63)}`],
    ["", "/a", "a/", "a/b/c", "A.b/c", "-a", long(64), "a b"],
  ],
  ["label value", LABEL_VALUE, ["", "true", "A_1.b-c", long(63)], ["-a", "a-", "a b", "a/b", long(64)]],
];

describe("Host names", () => {
  for (const [name, rule, good, bad] of cases) {
    it(`are valid as ${name} exactly where Kubernetes and Istio accept them`, () => {
      for (const text of good) assert.equal(rule.test(text), true, JSON.stringify(text));
      for (const text of bad) assert.equal(rule.test(text), false, JSON.stringify(text));
    });
  }

  it("are below a domain by whole labels", () => {
    assert.equal(isBelow("a.b.local", "b.local"), true);
    assert.equal(isBelow("b.local", "b.local"), false);
    assert.equal(isBelow("ab.local", "b.local"), false);
    assert.equal(isBelow("a.b.local.evil", "b.local"), false);
  });

  it("overlap when one domain contains the other", () => {
    assert.equal(overlap("b.local", "b.local"), true);
    assert.equal(overlap("b.local", "local"), true);
    assert.equal(overlap("local", "b.local"), true);
    assert.equal(overlap("a.local", "b.local"), false);
  });
});
