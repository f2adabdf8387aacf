import assert from "node:assert/strict";
import { mock } from "node:test";
import { Progress } from "../../../providers/importedServices/writes.ts";

describe("The progress of many writes", () => {
  let lines: string[];

  beforeEach(() => {
    lines = [];
    mock.timers.enable({ apis: ["setInterval"] });
  });

  afterEach(() => {
    mock.timers.reset();
  });

  const start = (): Progress =>
    new Progress(
      (done, total) => `${done} of ${total} written`,
      10_000,
      (line) => lines.push(line),
    );

  it("is logged every ten seconds", () => {
    const progress = start();
    for (let step = 0; step < 2000; step++) progress.advance();
    mock.timers.tick(9_999);
    assert.deepEqual(lines, []);
    mock.timers.tick(1);
    progress.advance();
    mock.timers.tick(10_000);
    progress.end();
    assert.deepEqual(lines, ["2,000 of 10,000 written", "2,001 of 10,000 written"]);
  });

  it("is not logged for a short run", () => {
    const progress = start();
    mock.timers.tick(9_000);
    progress.end();
    mock.timers.tick(60_000);
    assert.deepEqual(lines, []);
  });
});
