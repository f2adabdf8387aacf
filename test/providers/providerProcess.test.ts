import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "../..");

/** Makes much garbage, some of which lives for a while, and prints the sizes of the young generation and of the heap, in MB. */
const BUSY = `
  const { getHeapSpaceStatistics, getHeapStatistics } = require("node:v8");
  const kept = [];
  for (let i = 0; i < 2_000_000; i++) kept[i % 50_000] = { text: "service-" + i, list: [i] };
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size;
  console.log(Math.round(young / 1e6), Math.round(getHeapStatistics().total_heap_size / 1e6), typeof gc);
`;

function run(first: string): { young: number; heap: number; gc: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", first + BUSY], {
    cwd: CHECKOUT,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "", "the user would see this");
  const [young, heap, gc = ""] = stdout.trim().split(" ");
  return { young: Number(young), heap: Number(heap), gc };
}

describe("saveMemory", () => {
  it("keeps the heap small without a message to the user", () => {
    const usual = run("");
    const saving = run('require("./providers/providerProcess.ts").saveMemory();');
    assert.ok(saving.young <= usual.young / 4, `young: ${saving.young} MB instead of ${usual.young} MB`);
    assert.ok(saving.heap < usual.heap * 0.7, `${saving.heap} MB instead of ${usual.heap} MB`);
    assert.equal(saving.gc, "undefined");
  });
});
