// Runs tests in several processes at a time. `node test/run/main.ts [--lanes N] [lint] [unit] [lab]`; without a kind: all.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { cacheRoot, compileCacheFolder, compileCacheVariable } from "../../lab/tools/cache.ts";
import { type FileTimes, type Job, KINDS, planJobs } from "./jobs.ts";
import type { ProcessTime, TestTime } from "./reporter.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");
const REPORTER = join(import.meta.dirname, "reporter.ts");
const TIMES_FILE = join(cacheRoot(), "test-times.json");
/** Findings of prettier and tsc in files of this checkout that have not changed since; eslint's rules look at other files too. */
const LINT_CACHE = join(cacheRoot(), "lint", encodeURIComponent(join(import.meta.dirname, "../..")));
/** Tests that are listed at the end. */
const SLOWEST = 10;

/** A process to run. */
interface Task {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** An ended task. */
interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly times: readonly TestTime[];
  readonly process: ProcessTime | undefined;
}

const { values, positionals } = parseArgs({ options: { lanes: { type: "string" } }, allowPositionals: true });
const isWanted = (kind: string) => positionals.length === 0 || positionals.includes(kind);
// Two more than cores, as tests of the lab wait for a third of their time.
const lanes = Number(values.lanes ?? Math.min(availableParallelism() + 2, 4));
const folder = mkdtempSync(join(tmpdir(), "istio-federation-tests-"));
const start = performance.now();
const known = readTimes();

const lint: Task[] = [
  { name: "eslint", command: "eslint", args: ["."] },
  {
    name: "prettier",
    command: "prettier",
    args: [
      ...["--check", "--log-level", "warn", "."],
      ...["--cache", "--cache-strategy", "content", "--cache-location", join(LINT_CACHE, "prettier")],
    ],
  },
  {
    name: "types",
    command: "tsc",
    args: ["--incremental", "--tsBuildInfoFile", join(LINT_CACHE, "types.tsbuildinfo")],
  },
];
const jobs = planJobs(KINDS.filter(isWanted), lanes, known).map(taskOf);
const queue = [...(isWanted("lint") ? lint : []), ...jobs];
/** Labs of three clusters: Linux gives a user 128 inotify instances, and each sidecar's agent takes some. */
const LARGE_LABS = ["equalDomains", "existing", "policy"];
const begun = new Set<string>();
const running = new Set<ChildProcess>();
const results: Result[] = [];

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    queue.length = 0;
    for (const child of running) child.kill(signal);
  });

await Promise.all(Array.from({ length: lanes }, runLane));
report();

async function runLane(): Promise<void> {
  for (let task = nextTask(); task !== undefined; task = nextTask()) {
    begun.add(task.name);
    results.push(await run(task));
    begun.delete(task.name);
  }
}

/** The first task that may begin: one lab of three clusters at a time, unless nothing else is left. */
function nextTask(): Task | undefined {
  const isBusy = LARGE_LABS.some((name) => begun.has(name));
  const index = queue.findIndex(({ name }) => !isBusy || !LARGE_LABS.includes(name));
  return index < 0 ? queue.shift() : queue.splice(index, 1)[0];
}

function taskOf({ name, files, lab }: Job): Task {
  const config = lab ? ["--config", ".mocharc.lab.yaml"] : [];
  return { name, command: "mocha", args: [...config, "--reporter", REPORTER, ...files] };
}

async function run({ name, command, args }: Task): Promise<Result> {
  const times = join(folder, `${name}.jsonl`);
  const log = join(folder, `${name}.log`);
  const begin = performance.now();
  print(`${name} ...`);
  const output = createWriteStream(log);
  const child = spawn(join(BIN, command), args, {
    env: { ...process.env, TEST_TIMES: times, ...compileCacheVariable(compileCacheFolder()) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  running.delete(child);
  await new Promise<void>((resolve) => output.end(resolve));
  const lines = readLines(times);
  const ended = lines.find((line) => "cpuSeconds" in line);
  const seconds = (performance.now() - begin) / 1000;
  const counts =
    ended === undefined ? "" : `, ${ended.passed} passed, ${ended.failed} failed, ${ended.skipped} skipped`;
  const cpu = ended === undefined ? "" : `, ${ended.cpuSeconds.toFixed(0)} s CPU`;
  print(`${name}: ${code === 0 ? "ok" : "FAILED"} after ${seconds.toFixed(0)} s${cpu}${counts}`);
  if (code !== 0) process.stdout.write(`${readFileSync(log, "utf8")}\n`);
  return { name, seconds, ok: code === 0, times: lines.filter((line) => "title" in line), process: ended };
}

function report(): void {
  const times = results.flatMap((result) => result.times);
  const tests = times.filter(({ kind }) => kind === "test");
  const slowest = tests.sort((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  const files = Map.groupBy(times, ({ file }) => file);
  const perFile = [...files].map(([file, own]) => ({
    file,
    seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
  }));
  if (tests.length > 0) {
    print(`\n${slowest.length} slowest tests:`);
    for (const { file, title, seconds } of slowest) print(`${format(seconds)} ${title} (${file})`);
    print("\nSuites over 5 s:");
    for (const { file, seconds } of perFile.sort((one, other) => other.seconds - one.seconds))
      if (seconds > 5) print(`${format(seconds)} ${file}`);
  }
  print("\nProcesses:");
  for (const { name, seconds, process: ended } of results)
    print(`${format(seconds)} ${name}${ended === undefined ? "" : `, ${ended.cpuSeconds.toFixed(0)} s CPU`}`);
  const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
  const passed = results.reduce((sum, result) => sum + (result.process?.passed ?? 0), 0);
  print(
    `\n${passed} tests passed in ${((performance.now() - start) / 60_000).toFixed(1)} minutes, ${lanes} processes at a time`,
  );
  if (failed.length > 0) {
    print(`FAILED: ${failed.join(", ")}; logs: ${folder}`);
    process.exitCode = 1;
    return;
  }
  rmSync(folder, { recursive: true });
  writeTimes(Object.fromEntries(perFile.map(({ file, seconds }) => [file, Math.round(seconds * 10) / 10])));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function format(seconds: number): string {
  return `${seconds.toFixed(1).padStart(7)} s`;
}

function readLines(path: string): (TestTime | ProcessTime)[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as TestTime | ProcessTime);
  } catch {
    return [];
  }
}

/** Seconds per file of the last run on this machine, or else none. */
function readTimes(): FileTimes {
  try {
    return JSON.parse(readFileSync(TIMES_FILE, "utf8")) as FileTimes;
  } catch {
    return {};
  }
}

function writeTimes(times: FileTimes): void {
  mkdirSync(dirname(TIMES_FILE), { recursive: true });
  writeFileSync(TIMES_FILE, JSON.stringify({ ...known, ...times }));
}
