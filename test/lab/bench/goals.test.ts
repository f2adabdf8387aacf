import assert from "node:assert/strict";
import { checkGoals, type Goal } from "../../../lab/bench/goals.ts";
import type { Row, TimedRow, VerificationRow } from "../../../lab/bench/rows.ts";

/** A run in which every goal is just met. */
const MET: readonly (TimedRow | VerificationRow)[] = [
  { services: 10, step: "no-op-preview", seconds: 2.25 },
  { services: 1000, step: "floor-create", seconds: 2 },
  { services: 1000, step: "create", seconds: 4 },
  { services: 1000, step: "no-op-up", seconds: 2.5 },
  { services: 1000, step: "update-all", seconds: 3 },
  { services: 10_000, step: "floor-create", seconds: 20 },
  { services: 10_000, step: "create", seconds: 22, stateBytes: 1_900_000, rssBytes: 250_000_000 },
  { services: 10_000, step: "no-op-preview", seconds: 3, writes: 0 },
  { services: 10_000, step: "no-op-up", seconds: 3 },
  { services: 10_000, step: "update-one", seconds: 4, writes: 1 },
  { services: 10_000, step: "update-all", seconds: 33, stateBytes: 3_000_000, rssBytes: 300_000_000 },
  { services: 10_000, step: "refresh", seconds: 6, writes: 0, requests: 20 },
  { services: 10_000, step: "destroy", seconds: 17.5 },
  { services: 10_000, step: "verify-contract", userSeconds: 0.3, contractBytes: 1_800_000 },
];

/** Each goal, and a change of one row by which it and no other is missed. */
const MISSES: readonly { what: string; goal: string; rows: Partial<TimedRow | VerificationRow>[] }[] = [
  { what: "create 1,000", goal: "floor + 2 s", rows: [{ services: 1000, step: "create", seconds: 4.01 }] },
  { what: "create 10,000", goal: "1.10 x floor", rows: [{ step: "create", seconds: 22.01 }] },
  { what: "change 1 of 10,000", goal: "no-op up + 1 s", rows: [{ step: "update-one", seconds: 4.01 }] },
  { what: "change 1 of 10,000", goal: "one API write", rows: [{ step: "update-one", writes: 2 }] },
  { what: "change 1 of 10,000", goal: "one API write", rows: [{ step: "update-one", writes: 0 }] },
  {
    what: "no-op preview, 10,000",
    goal: "3 s",
    rows: [
      { step: "no-op-preview", seconds: 3.01 },
      { services: 10, step: "no-op-preview", seconds: 2.5 },
    ],
  },
  { what: "no-op preview, 10,000", goal: "no API write", rows: [{ step: "no-op-preview", writes: 1 }] },
  {
    what: "no-op preview, 10,000",
    goal: "with 10 services + 0.8 s",
    rows: [{ services: 10, step: "no-op-preview", seconds: 2.19 }],
  },
  { what: "refresh 10,000", goal: "6 s", rows: [{ step: "refresh", seconds: 6.01 }] },
  { what: "refresh 10,000", goal: "one paged LIST", rows: [{ step: "refresh", requests: 21 }] },
  { what: "refresh 10,000", goal: "one paged LIST", rows: [{ step: "refresh", writes: 1 }] },
  { what: "destroy 10,000", goal: "0.8 x create", rows: [{ step: "destroy", seconds: 17.7 }] },
  { what: "state for 10,000", goal: "3 MB", rows: [{ step: "update-all", stateBytes: 3_000_001 }] },
  {
    what: "provider process memory, 10,000",
    goal: "300 MB",
    rows: [{ step: "update-all", rssBytes: 300_000_001 }],
  },
  {
    what: "verification of a contract, 10,000",
    goal: "0.3 s of user CPU",
    rows: [{ step: "verify-contract", userSeconds: 0.301 }],
  },
  {
    what: "growth from 1,000 to 10,000",
    goal: "11 x in every step",
    rows: [{ services: 1000, step: "update-all", seconds: 2.9 }],
  },
];

function withChanges(changes: readonly Partial<TimedRow | VerificationRow>[]): Row[] {
  return MET.map((row) => {
    const change = changes.find(
      ({ step, services = 10_000 }) => step === row.step && services === row.services,
    );
    return { ...row, ...change } as Row;
  });
}

function names(goals: readonly Goal[], met: boolean): string[] {
  return goals.filter((goal) => goal.met === met).map(({ what, goal }) => `${what}: ${goal}`);
}

describe("the goals of the benchmark", () => {
  it("are all met at their very limits", () => {
    assert.deepEqual(names(checkGoals(MET), false), []);
    assert.equal(names(checkGoals(MET), true).length, 14);
  });

  for (const { what, goal, rows } of MISSES) {
    it(`are missed one by one: ${what}, ${goal}: ${JSON.stringify(rows)}`, () => {
      assert.deepEqual(names(checkGoals(withChanges(rows)), false), [`${what}: ${goal}`]);
    });
  }

  it("are neither met nor missed without measurements", () => {
    for (const { met, measured } of checkGoals([])) {
      assert.equal(met, undefined);
      assert.equal(measured, "not measured");
    }
  });

  it("say what was measured", () => {
    const measured = checkGoals(MET).map((goal) => goal.measured);
    for (const text of ["floor 2.00 s + 2.00 s", "1.10 x floor (20.00 s)", "20 requests", "3.0 MB"]) {
      assert.ok(measured.includes(text), text);
    }
    assert.equal(measured.at(-1), "11.0 x at most (update-all)");
  });
});
