import assert from "node:assert/strict";
import { renderChart } from "../../../lab/bench/chart.ts";
import type { TimedRow } from "../../../lab/bench/rows.ts";

const ROWS: TimedRow[] = [
  { services: 10, step: "no-op-preview", seconds: 2.4 },
  { services: 100, step: "create", seconds: 2.7 },
  { services: 10_000, step: "create", seconds: 22 },
  { services: 1000, step: "create", seconds: 4 },
  { services: 10_000, step: "floor-create", seconds: 20 },
  { services: 1000, step: "custom-resource-create", seconds: 298 },
];

/** Places of a line's points, by the dashes that tell whose it is. */
function pointsOf(svg: string, dashes: string): number[][] {
  const [, points = ""] = new RegExp(`stroke-dasharray="${dashes}" points="([^"]*)"`).exec(svg) ?? [];
  return points.split(" ").map((point) => point.split(",").map(Number));
}

describe("the chart of the benchmark", () => {
  const svg = renderChart(ROWS);

  it("draws a line from fewer to more services, evenly by powers of ten", () => {
    const [first, second, third] = pointsOf(svg, "none");
    assert.ok(first && second && third);
    assert.equal(first[0], 64, "the fewest are at the left edge, whatever was only compared with");
    assert.equal(third[0], 660);
    assert.equal(second[0]! - first[0], third[0] - second[0]!);
    assert.ok(first[1]! > second[1]! && second[1]! > third[1]!, "more seconds are higher up");
  });

  it("draws the floor and the peer in the same scale", () => {
    const ours = pointsOf(svg, "none").at(-1);
    const floor = pointsOf(svg, "8 5").at(-1);
    const peer = pointsOf(svg, "2 4").at(-1);
    assert.ok(ours && floor && peer);
    assert.equal(ours[0], floor[0]);
    assert.ok(floor[1]! > ours[1]! && ours[1]! > peer[1]!);
  });

  it("is the same for the same rows, in whatever order they come", () => {
    assert.equal(renderChart(ROWS.toReversed()), svg);
  });

  it("has an axis even when nothing was measured", () => {
    const empty = renderChart([]);
    assert.match(empty, /^<svg [^>]*viewBox/);
    assert.doesNotMatch(empty, /NaN|Infinity|undefined/);
  });
});
