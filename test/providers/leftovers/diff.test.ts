import assert from "node:assert/strict";
import type { Leftover } from "../../../federation/imports/leftovers.ts";
import { check, diff } from "../../../providers/leftovers/diff.ts";

const MONDAY = { old: { entries: 12, newest: "2026-11-16T10:00:00Z" } };
const TUESDAY = { old: { entries: 12, newest: "2026-11-17T10:00:00Z" } };
const FEWER = { old: { entries: 3, newest: "2026-11-16T10:00:00Z" } };

function inputs(found: Record<string, Leftover>) {
  return { kubeconfig: { context: "a" }, namespace: "istio-federation", found };
}

describe("A preview of what is left behind", () => {
  const cases: [string, Record<string, Leftover>, Record<string, Leftover>, boolean][] = [
    ["is quiet where there is nothing", {}, {}, false],
    ["is quiet after what was found has been removed", MONDAY, {}, false],
    ["shows what is found", {}, MONDAY, true],
    ["shows what is found after something else was removed", { c: MONDAY.old }, MONDAY, true],
    ["shows as many of the same peer that were left later", MONDAY, TUESDAY, true],
    ["shows the rest of what was removed in part", MONDAY, FEWER, true],
    ["is quiet in a refresh, which asks about the inputs of the last update again", MONDAY, MONDAY, false],
  ];
  for (const [what, removed, found, changes] of cases) {
    it(what, () => {
      assert.deepEqual(diff({ removed }, inputs(found)), { changes });
    });
  }
});

describe("The inputs of Leftovers", () => {
  it("are taken as the program gives them", () => {
    for (const found of [{}, MONDAY]) assert.deepEqual(check({}, inputs(found)).failures, []);
  });

  it("are refused with every failure at once", () => {
    const wrong = { ...inputs({ old: { entries: 0, newest: "" } }), namespace: "Not a label" };
    const { failures = [] } = check({}, wrong);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "found.old.entries"],
    );
  });
});
