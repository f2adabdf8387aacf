import assert from "node:assert/strict";
import { type Plan, measureAll } from "../../../lab/bench/measure.ts";
import { PROGRAM_STEPS, type Row, scopeRows, timedRows } from "../../../lab/bench/rows.ts";
import { log, sharedLab } from "../sharedLab.ts";

const SERVICES = 20;
const PEER_SERVICES = 5;

describe("the benchmark, with few services", () => {
  const rows: Row[] = [];

  before(async () => {
    const { lab } = await sharedLab();
    const plan: Plan = {
      services: [SERVICES],
      peerServices: [PEER_SERVICES],
      scopeServices: SERVICES,
      repeats: 1,
      // So few entries have their addresses at once, and no test looks at the times.
      quietSeconds: 1,
    };
    await measureAll(lab, plan, log, (row) => rows.push(row));
  });

  it("has a row for every step", () => {
    const expected = [
      "0 scope-none",
      `${SERVICES} scope-unseen`,
      `${SERVICES} scope-seen`,
      "10 no-op-preview",
      // The floor is measured around the program's steps.
      ...["floor-update", ...PROGRAM_STEPS, "floor-create"].map((step) => `${SERVICES} ${step}`),
      ...PROGRAM_STEPS.map((step) => `${PEER_SERVICES} custom-resource-${step}`),
    ];
    assert.deepEqual(
      rows.map(({ services, step }) => `${services} ${step}`),
      expected,
    );
  });

  it("counts at the API server what each step wrote", () => {
    const written = timedRows(rows).filter(({ services }) => services === SERVICES);
    assert.deepEqual(
      written.map(({ step, writes }) => [step, writes]),
      [
        ["floor-update", undefined],
        ["create", SERVICES],
        ["no-op-preview", 0],
        ["no-op-up", 0],
        ["update-one", 1],
        ["update-all", SERVICES],
        ["refresh", 0],
        ["destroy", SERVICES],
        ["floor-create", undefined],
      ],
    );
  });

  it("knows each program's state and its provider's memory", () => {
    for (const { step, seconds, stateBytes = 0, rssBytes = 0 } of timedRows(rows)) {
      assert.ok(seconds > 0, step);
      if (step.startsWith("floor-")) continue;
      assert.ok(stateBytes > 100, `${step}: state of ${stateBytes} bytes`);
      assert.ok(rssBytes > 20e6, `${step}: memory of ${rssBytes} bytes`);
    }
  });

  it("finds that an import costs only the sidecars that see it", () => {
    const [none, unseen, seen] = scopeRows(rows);
    assert.ok(none && unseen && seen);
    assert.ok(unseen.configBytes - none.configBytes < 100 * SERVICES, "unseen imports are in the sidecar");
    assert.ok(seen.configBytes - none.configBytes > 1000 * SERVICES, "seen imports are not in the sidecar");
  });
});
