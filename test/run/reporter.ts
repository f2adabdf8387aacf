import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

/** One finished test or hook. */
export interface TestTime {
  /** Path of its file from the checkout. */
  readonly file: string;
  readonly title: string;
  readonly kind: "test" | "hook";
  readonly seconds: number;
}

/** The end of a mocha process. */
export interface ProcessTime {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** CPU seconds of the process and of all descendants that it waited for. */
  readonly cpuSeconds: number;
}

const { EVENT_HOOK_BEGIN, EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_END } = Mocha.Runner.constants;
const CHECKOUT = `${import.meta.dirname}/../..`;
const TICKS_PER_SECOND = 100;

/** Mocha's `spec` reporter, which also writes times as JSON lines to the file that `TEST_TIMES` names. */
export default class TimesReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const path = process.env["TEST_TIMES"];
    if (path === undefined) return;
    const write = (line: TestTime | ProcessTime) => {
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    };
    let hookStart = 0;
    const record = (runnable: Mocha.Runnable, kind: TestTime["kind"], seconds: number) => {
      const file = runnable.file ?? runnable.parent?.file;
      if (file !== undefined)
        write({ file: relative(CHECKOUT, file), title: titleOf(runnable), kind, seconds });
    };
    runner.on(EVENT_TEST_END, (test) => {
      record(test, "test", (test.duration ?? 0) / 1000);
    });
    runner.on(EVENT_HOOK_BEGIN, () => (hookStart = performance.now()));
    runner.on(EVENT_HOOK_END, (hook) => {
      record(hook, "hook", (performance.now() - hookStart) / 1000);
    });
    runner.on(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      write({ passed: passes, failed: failures, skipped: pending, cpuSeconds: cpuSeconds() });
    });
  }
}

function titleOf(runnable: Mocha.Runnable): string {
  return runnable.titlePath().join(" ");
}

/** User and system time of this process and of its children, from `/proc`; 0 where there is none. */
function cpuSeconds(): number {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "utf8");
  } catch {
    return 0;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.reduce((sum, count) => sum + count, 0) / TICKS_PER_SECOND;
}
