import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endRecorded, identify, isRunning, ProcessTable } from "../../lab/process.ts";
import { waitFor, waitUntilReady } from "../../lab/ready.ts";

describe("the lab's processes", () => {
  let folder: string;
  let record: string;
  let table: ProcessTable;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "processes-"));
    record = join(folder, "processes.json");
    table = new ProcessTable(record);
  });
  afterEach(async () => {
    await table.stopAll();
    await rm(folder, { recursive: true });
  });

  const start = (script: string, name = "program") =>
    table.start({ name, command: "/bin/sh", args: ["-c", script], log: join(folder, "logs", `${name}.log`) });

  it("write both outputs to the log, and end with what the program ended with", async () => {
    const program = await start("echo out; echo err >&2; exit 3");
    assert.equal(await program.exited, "exit code 3");
    assert.equal(program.ended, "exit code 3");
    assert.equal(await readFile(program.log, "utf8"), "out\nerr\n");
  });

  it("are recorded while they run, with pid and start time", async () => {
    const program = await start("sleep 60");
    const [entry] = JSON.parse(await readFile(record, "utf8")) as unknown[];
    assert.deepEqual(entry, { name: "program", ...identify(program.pid) });
    await program.stop();
    assert.equal(await readFile(record, "utf8"), "[]\n");
  });

  it("are killed when they do not heed SIGTERM", async () => {
    const program = await start("trap '' TERM; while :; do sleep 0.1; done");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await program.stop(0.3);
    assert.equal(program.ended, "signal SIGKILL");
  });

  it("take what they started along", async () => {
    const program = await start("sleep 61 & echo $!; wait");
    await waitFor("no output", async () => (await readFile(program.log, "utf8")) !== "", 5);
    const child = identify(Number(await readFile(program.log, "utf8")));
    assert.ok(child);
    await program.stop();
    await waitFor("the child still runs", () => Promise.resolve(!isRunning(child)), 5);
  });

  it("are ended by their record when their parent died", async () => {
    const program = await start("sleep 62");
    assert.deepEqual(await endRecorded(record), ["program"]);
    assert.match(await program.exited, /signal SIGTERM/);
  });

  it("are left alone when the pid belongs to another program by now", async () => {
    const program = await start("sleep 63");
    await writeFile(record, JSON.stringify([{ name: "old", pid: program.pid, startTime: "1" }]));
    assert.deepEqual(await endRecorded(record), []);
    assert.equal(program.ended, undefined);
  });

  it("have no record where no lab ever ran", async () => {
    assert.deepEqual(await endRecorded(join(folder, "none.json")), []);
  });

  it("are an error that names the command when it does not exist", async () => {
    const spec = { name: "etcd", command: "/none/etcd", args: [], log: join(folder, "etcd.log") };
    await assert.rejects(table.start(spec), /etcd cannot be started: .*ENOENT/);
  });

  it("fail to become ready with their log's path and last lines", async () => {
    const program = await start("echo address in use; exit 1");
    await assert.rejects(
      waitUntilReady(program, () => Promise.resolve(false), 5),
      /program ended with exit code 1\nLast lines of .*program\.log:\n {2}address in use/,
    );
  });

  it("fail to become ready with the last reason when the deadline passes", async () => {
    const program = await start("sleep 64");
    const check = () => Promise.reject(new Error("connection refused"));
    await assert.rejects(
      waitUntilReady(program, check, 0.3),
      /is not ready after 0.3 s \(connection refused\)/,
    );
  });
});
