import assert from "node:assert/strict";
import type { Leftover } from "../../federation/imports/leftovers.ts";
import { provider } from "../../providers/leftovers.ts";

const MONDAY = { old: { entries: 12, newest: "2026-11-16T10:00:00Z" } };
const TUESDAY = { old: { entries: 12, newest: "2026-11-17T10:00:00Z" } };
const FEWER = { old: { entries: 3, newest: "2026-11-16T10:00:00Z" } };

function inputs(found: Record<string, Leftover>) {
  return { kubeconfig: { context: "a" }, namespace: "istio-federation", found };
}

describe("diff of Leftovers", () => {
  const cases: [string, Record<string, Leftover>, Record<string, Leftover>, boolean][] = [
    ["has no change without leftovers", {}, {}, false],
    ["has no change after the leftovers were removed", MONDAY, {}, false],
    ["shows leftovers", {}, MONDAY, true],
    ["shows leftovers after others were removed", { c: MONDAY.old }, MONDAY, true],
    ["shows as many later leftovers of the same peer", MONDAY, TUESDAY, true],
    ["shows the rest after a partial removal", MONDAY, FEWER, true],
    ["has no change in a refresh", MONDAY, MONDAY, false],
  ];
  for (const [title, removed, found, changes] of cases) {
    it(title, async () => {
      assert.deepEqual(await provider.diff("id", { removed }, inputs(found)), { changes });
    });
  }
});

describe("check of Leftovers", () => {
  it("accepts inputs of the program", async () => {
    for (const found of [{}, MONDAY])
      assert.deepEqual((await provider.check({}, inputs(found))).failures, []);
  });

  it("reports all faults at once", async () => {
    const wrong = { ...inputs({ old: { entries: 0, newest: "" } }), namespace: "Not a label" };
    const { failures } = await provider.check({}, wrong);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "found.old.entries"],
    );
  });
});
