import assert from "node:assert/strict";
import { createProgress, step } from "../../lab/progress.ts";

describe("progress", () => {
  it("is lines with the time of day and the seconds since the start", () => {
    let written = "";
    createProgress((text) => (written += text))("etcd is ready");
    assert.match(written, /^\d\d:\d\d:\d\d +\+0\.\ds etcd is ready\n$/);
  });

  it("tells the begin and the end of a step, and returns its result", async () => {
    const lines: string[] = [];
    assert.equal(
      await step(
        (line) => lines.push(line),
        "building",
        () => Promise.resolve(7),
      ),
      7,
    );
    assert.match(lines.join("\n"), /^building \.\.\.\nbuilding: done in \d+\.\d s$/);
  });

  it("tells which step failed, and passes the error on", async () => {
    const lines: string[] = [];
    const failing = step(
      (line) => lines.push(line),
      "building",
      () => Promise.reject(new Error("no space")),
    );
    await assert.rejects(failing, /no space/);
    assert.match(lines[1] ?? "", /^building: FAILED after/);
  });
});
