import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findProcess, memoryOf, watchPeakMemory } from "../../../lab/bench/memory.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

/** A program that holds much memory for a moment, and then little. */
const HUNGRY = `
let held = Buffer.alloc(200e6, 1);
held = undefined;
gc();
setTimeout(() => process.exit(), 400);
`;

describe("the memory of a process that comes and goes", () => {
  it("is known by its peak after it has gone", async () => {
    const folder = realpathSync(await temporaryFolder("bench-memory"));
    const mark = {
      folder: (candidate: string) => candidate === folder,
      argument: (argument: string) => argument === HUNGRY,
    };
    assert.equal(findProcess(mark), undefined);
    const end = watchPeakMemory(mark);
    const child = spawn(process.execPath, ["--expose-gc", "-e", HUNGRY], { cwd: folder });
    await once(child, "exit");
    await sleep(200);
    const peak = end();
    assert.ok(peak !== undefined && peak > 200e6, String(peak));
    assert.equal(memoryOf(child.pid ?? 0, "VmRSS"), undefined);
  });

  it("is not known of a process that never came", () => {
    assert.equal(watchPeakMemory({ folder: () => false, argument: () => true })(), undefined);
  });

  it("is read in bytes", () => {
    const { rss } = process.memoryUsage();
    const read = memoryOf(process.pid, "VmRSS") ?? 0;
    assert.ok(Math.abs(read - rss) < rss / 4, `${read} against ${rss}`);
  });
});
