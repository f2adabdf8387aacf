import { copyFileSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, labPaths } from "../environment.ts";
import type { RunningLab } from "../lab.ts";
import { LabError } from "../progress.ts";
import { Stack } from "../pulumi.ts";
import { quoteLog } from "../ready.ts";
import { between, countRequests, type ApiServer } from "./apiServer.ts";
import { watchPeakMemory, type ProcessMark } from "./memory.ts";
import type { TimedRow } from "./rows.ts";
import { WORK_VARIABLE, type Work } from "./work.ts";

/** Name of the benchmark's project, as its Pulumi.yaml has it. */
const PROJECT = "istio-federation-bench";

/** The argument that identifies the provider's process of each of the benchmark's programs. */
const PROGRAMS: Readonly<Record<ProgramName, ProcessMark["argument"]>> = {
  importedServices: (argument) => /^\/.*\/@pulumi\/pulumi\/cmd\/dynamic-provider\/index\.js$/.test(argument),
  customResources: (argument) => argument.endsWith("pulumi-resource-kubernetes"),
};

/** The program under test, and its peer. */
export type ProgramName = "importedServices" | "customResources";

/** Cost of one run of the CLI. */
export type Measured = Omit<TimedRow, "services" | "step">;

/** One of the benchmark's Pulumi programs, with a folder and a stack of its own in the lab. */
export class BenchProject {
  readonly #program: ProgramName;
  readonly #lab: RunningLab;
  readonly #api: ApiServer;
  readonly #folder: string;

  constructor(program: ProgramName, lab: RunningLab, api: ApiServer) {
    this.#program = program;
    this.#lab = lab;
    this.#api = api;
    this.#folder = join(lab.dir, "bench", program);
  }

  /** Writes the project's folder and creates its stack. */
  async prepare(work: Work): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
    const sources = join(import.meta.dirname, "program");
    copyFileSync(join(sources, "Pulumi.yaml"), join(this.#folder, "Pulumi.yaml"));
    symlinkSync(join(sources, `${this.#program}.ts`), join(this.#folder, "index.ts"));
    // The dynamic provider's code and all packages are resolved from the program's folder, which may be outside the checkout.
    for (const entry of ["providers", "node_modules", "package.json"]) {
      symlinkSync(join(CHECKOUT, entry), join(this.#folder, entry));
    }
    await this.#stack(work).ensure();
  }

  /**
   * Runs one operation with the CLI in the project's folder.
   *
   * @throws LabError with the end of the CLI's output.
   */
  async run(work: Work, operation: "preview" | "up" | "refresh" | "destroy"): Promise<Measured> {
    const stack = this.#stack(work);
    const args = operation === "preview" ? [] : ["--yes", "--skip-preview"];
    const before = await countRequests(this.#api);
    const home = realpathSync(this.#folder);
    const peak = watchPeakMemory({ folder: (folder) => folder === home, argument: PROGRAMS[this.#program] });
    const start = performance.now();
    const { exitCode } = await stack.run(operation, ...args);
    const seconds = (performance.now() - start) / 1000;
    const rssBytes = peak();
    if (exitCode !== 0)
      throw new LabError(`\`pulumi ${operation}\` of the benchmark failed. ${quoteLog(stack.log)}`);
    return {
      seconds,
      stateBytes: statSync(this.#stateFile).size,
      ...between(before, await countRequests(this.#api)),
      ...(rssBytes === undefined ? {} : { rssBytes }),
    };
  }

  #stack(work: Work): Stack {
    const environment = {
      ...this.#lab.environment,
      [WORK_VARIABLE]: JSON.stringify(work),
      // Checkpoints are on by default; the caller's environment may have turned them off.
      PULUMI_SKIP_CHECKPOINTS: "false",
    };
    return new Stack(this.#program, { dir: this.#lab.dir, environment }, { folder: this.#folder });
  }

  get #stateFile(): string {
    return join(labPaths(this.#lab.dir).state, ".pulumi/stacks", PROJECT, `${this.#program}.json`);
  }
}
