import assert from "node:assert/strict";
import { partsOf, percentile, RunRecorder } from "../../../lab/bench/runMarks.ts";

describe("moments of updates, for the benchmark of freshness", () => {
  it("are found in what the CLI prints", () => {
    const recorder = new RunRecorder();
    const lines = [
      "Updating (cluster-a):",
      "    pulumi:pulumi:Stack istio-federation-cluster-a  warning: using pulumi-language-nodejs from $PATH",
      "    pulumi:pulumi:Stack istio-federation-cluster-a running ",
      " ~  pulumi-nodejs:dynamic:ImportedServices cluster-a-imports updating (0s) [diff: ~services]",
      " ~  pulumi-nodejs:dynamic:ImportedServices cluster-a-imports updated (0.04s) [diff: ~services]",
      "    pulumi:pulumi:Stack istio-federation-cluster-a  1 message",
    ];
    for (const [index, line] of lines.entries()) recorder.record("cluster-a", line, index);
    assert.deepEqual(recorder.marksOf("cluster-a"), { begun: 0, program: 2, planned: 3, written: 4 });
  });

  it("are those of the first run for all but its end, and infinite where there are none", () => {
    const recorder = new RunRecorder();
    for (const now of [1, 2]) recorder.record("a", "pulumi:pulumi:Stack x running", now);
    assert.equal(recorder.marksOf("a").program, 1);
    recorder.clear();
    assert.equal(recorder.marksOf("a").written, Number.POSITIVE_INFINITY);
  });

  it("make parts whose sum is the whole, also where a moment did not come", () => {
    const parts = partsOf([
      ["one", 1000, 3000],
      ["two", 3000, Number.POSITIVE_INFINITY],
      ["three", Number.POSITIVE_INFINITY, 6000],
    ]);
    assert.deepEqual(parts, { one: 2, two: 3, three: 0 });
  });

  it("have percentiles by the nearest rank", () => {
    const values = [5, 1, 4, 2, 3];
    assert.deepEqual(
      [0.5, 0.95, 1].map((share) => percentile(values, share)),
      [3, 5, 5],
    );
  });
});
