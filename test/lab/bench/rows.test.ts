import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  medianRow,
  type Row,
  scopeRows,
  timedRows,
  type TimedRow,
  writeRows,
} from "../../../lab/bench/rows.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const STEP = { services: 100, step: "update-one" } as const;
const TIMED: TimedRow = { ...STEP, seconds: 2.5, writes: 1 };
const SCOPE: Row = {
  services: 1000,
  step: "scope-seen",
  configBytes: 5,
  sidecarRssBytes: 6,
  istiodRssBytes: 7,
};

describe("the rows of the benchmark", () => {
  it("join several runs of a step: the median time, the most of all else", () => {
    const runs: [TimedRow, ...TimedRow[]] = [
      { ...STEP, seconds: 9, writes: 1, requests: 2, rssBytes: 70 },
      { ...STEP, seconds: 3, writes: 2, requests: 2, rssBytes: 90 },
      { ...STEP, seconds: 4, writes: 1, requests: 5 },
    ];
    assert.deepEqual(medianRow(runs), { ...STEP, seconds: 4, writes: 2, requests: 5, rssBytes: 90 });
  });

  it("leave out what no run has", () => {
    assert.deepEqual(medianRow([{ ...STEP, seconds: 3 }]), { ...STEP, seconds: 3 });
  });

  it("are of two kinds", () => {
    assert.deepEqual(timedRows([TIMED, SCOPE]), [TIMED]);
    assert.deepEqual(scopeRows([TIMED, SCOPE]), [SCOPE]);
  });

  it("are written as a JSON array, times to the millisecond", async () => {
    const file = join(await temporaryFolder("bench-rows"), "rows.json");
    writeRows(file, [{ ...TIMED, seconds: 2.50012 }, SCOPE]);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), [TIMED, SCOPE]);
  });
});
