import assert from "node:assert/strict";
import { formatReport } from "../../../lab/bench/table.ts";

describe("the tables of the benchmark", () => {
  it("show the peer beside the program, step by step", () => {
    const report = formatReport(
      [
        { services: 1000, step: "create", seconds: 3.456 },
        { services: 1000, step: "custom-resource-create", seconds: 298 },
        { services: 10_000, step: "create", seconds: 22 },
      ],
      [],
    );
    assert.match(report, /│ seconds +│ +1,000 │ +10,000 │ +peer 1,000 │/);
    assert.match(report, /│ create +│ +3\.46 │ +22\.00 │ +298\.00 │/);
    assert.match(report, /│ destroy +│ +- │ +- │ +- │/);
  });

  it("show what the largest round cost else", () => {
    const costs = { seconds: 1, writes: 10_000, requests: 10_021, stateBytes: 1_400_000 };
    const report = formatReport(
      [
        { services: 1000, step: "create", seconds: 1, writes: 1000 },
        { services: 10_000, step: "create", ...costs },
      ],
      [],
    );
    assert.match(report, /│ create +│ +10,000 │ +10,000 │ +10,021 │ +1\.4 MB │ +- │/);
    assert.doesNotMatch(report, /│ create +│ +1,000 │ +1,000 │/);
  });

  it("show what a sidecar holds", () => {
    const sizes = { configBytes: 2_500_000, sidecarRssBytes: 170_000_000, istiodRssBytes: 210_000_000 };
    const report = formatReport([{ services: 1000, step: "scope-seen", ...sizes }], []);
    assert.match(report, /│ scope-seen +│ +1,000 │ +2\.5 MB │ +170\.0 MB │ +210\.0 MB │/);
  });

  it("tell of each goal whether it is met", () => {
    const goal = { what: "refresh 10,000", goal: "6 s", measured: "5.00 s" };
    const report = formatReport([], [{ ...goal, met: true }, { ...goal, met: false }, goal]);
    const begins = report.split("\n").filter((line) => line.includes("refresh"));
    assert.deepEqual(
      begins.map((line) => line.slice(0, 10)),
      ["│ ok     │", "│ MISSED │", "│        │"],
    );
    assert.equal(formatReport([], [goal]), "", "nothing to tell when nothing was measured for a goal");
  });
});
