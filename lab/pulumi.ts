import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { labPaths, passphraseOf, stackEnvironment } from "./environment.ts";
import type { RunningLab } from "./lab.ts";
import { LabError } from "./progress.ts";
import { quoteLog } from "./ready.ts";

/** Number of resources by change: `create`, `update`, `delete`, `same`, ... */
export type Changes = Readonly<Record<string, number>>;

/** Sentence of an update about a contract stack that is behind (federation/ownContractStack.ts). */
const BEHIND = /Contract stack (\S+) (?:has|publishes) /;

/** Command by which an update asks to accept what it takes from peers (federation/access/withdrawals.ts). */
const WITHDRAWAL = /config set --path '(\S+)' (withdrawal-\w+)`/;

/** Gets each line that the CLI prints about a stack, as soon as it is there. */
export type LineListener = (stack: string, line: string) => void;

/** A stack of the program, operated with the Pulumi CLI in the lab's project. */
export class Stack {
  readonly name: string;
  readonly #lab: Pick<RunningLab, "dir" | "environment">;
  readonly #config: readonly string[];
  readonly #folder: string;
  readonly #onLine: LineListener | undefined;
  #ensured = false;
  /** Log of the CLI's output. */
  readonly log: string;
  /** `pulumi up` of this stack, for a command line in the lab. */
  readonly upCommand: string;

  /**
   * @param name as in `stacks/Pulumi.<name>.yaml`; the stack itself need not exist yet.
   * @param options.configFile another stack file to use instead.
   * @param options.folder of another project. Default: the lab's.
   * @param options.onLine gets what the CLI prints, also for the contract stack.
   */
  constructor(
    name: string,
    lab: Pick<RunningLab, "dir" | "environment">,
    {
      configFile,
      folder = lab.dir,
      onLine,
    }: { configFile?: string; folder?: string; onLine?: LineListener | undefined } = {},
  ) {
    this.name = name;
    this.#lab = lab;
    this.#folder = folder;
    this.#onLine = onLine;
    this.#config = configFile === undefined ? [] : ["--config-file", configFile];
    const options = ["-s", name, ...this.#config].join(" ");
    this.upCommand = `PULUMI_CONFIG_PASSPHRASE=${passphraseOf(name)} pulumi up ${options}`;
    this.log = join(labPaths(lab.dir).logs, `pulumi-${name}.log`);
  }

  /** Creates the stack if it does not exist. */
  async ensure(): Promise<void> {
    if (this.#ensured) return;
    const stacks = JSON.parse(await this.#pulumi(["stack", "ls", "--json"])) as { name: string }[];
    if (!stacks.some(({ name }) => name === this.name))
      await this.#pulumi(["stack", "init", this.name, "--no-select"]);
    this.#ensured = true;
  }

  /** `pulumi stack select`: the default stack of later commands. */
  async select(): Promise<void> {
    await this.#pulumi(["stack", "select", this.name]);
  }

  /**
   * `pulumi up`, and then that of this cluster's contract stack where it says that one is behind. A withdrawal of exports that peers import
   * is accepted: the lab's teams are one.
   *
   * @param options.expectNoChanges fail when anything changes.
   * @returns the lines of its summary, e.g. `+ 25 created`.
   */
  async up(options: { expectNoChanges?: boolean } = {}): Promise<string[]> {
    const expectation = options.expectNoChanges ? ["--expect-no-changes"] : [];
    const args = ["--yes", "--skip-preview", ...expectation];
    const output = await this.#operate("up", ...args).catch(async (error: unknown) => {
      if (!(await this.acceptWithdrawal(error instanceof Error ? error.message : ""))) throw error;
      return this.#operate("up", ...args);
    });
    return [...summary(output), ...(await this.#publish(output))];
  }

  /** Accepts what an operation asks to accept. @param output of the operation. @returns whether it asks for that. */
  async acceptWithdrawal(output: string): Promise<boolean> {
    const [, path, token] = WITHDRAWAL.exec(output) ?? [];
    if (path === undefined || token === undefined) return false;
    await this.#operate("config", "set", "--path", path, token);
    return true;
  }

  /** `pulumi preview`, as data. */
  async preview(): Promise<Changes> {
    return (JSON.parse(await this.#operate("preview", "--json")) as { changeSummary: Changes }).changeSummary;
  }

  /** `pulumi destroy`. */
  async destroy(): Promise<string[]> {
    return summary(await this.#operate("destroy", "--yes", "--skip-preview"));
  }

  /** `pulumi stack rm`; the stack's objects in the cluster and its stack file stay. */
  async remove(): Promise<void> {
    await this.#pulumi(["stack", "rm", this.name, "--yes", "--force", "--preserve-config"]);
    this.#ensured = false;
  }

  /** Updates this cluster's contract stack where an update says that it is behind. @returns a line about it. */
  async #publish(output: string): Promise<string[]> {
    const [, contractStack] = BEHIND.exec(output) ?? [];
    if (contractStack === undefined) return [];
    const stack = new Stack(contractStack, this.#lab, { onLine: this.#onLine });
    await stack.ensure();
    return [`then ${contractStack}: ${(await stack.up()).join(", ")}`];
  }

  /** Runs an operation that may fail; after an `up` the contract stack, as {@link up} does. @returns its exit code and output. */
  async run(operation: string, ...args: string[]): Promise<{ exitCode: number | undefined; output: string }> {
    const { exitCode, all } = await this.#execute([
      operation,
      "--stack",
      this.name,
      ...this.#config,
      ...args,
    ]);
    if (operation === "up" && exitCode === 0) await this.#publish(all);
    return { exitCode, output: all };
  }

  /** One output of the stack, parsed; undefined when it has none of that name. */
  async output(name: string): Promise<unknown> {
    const outputs = JSON.parse(
      await this.#pulumi(["stack", "output", "--json", "--stack", this.name]),
    ) as Record<string, unknown>;
    return outputs[name];
  }

  #operate(operation: string, ...args: string[]): Promise<string> {
    return this.#pulumi([operation, ...args, "--stack", this.name, ...this.#config]);
  }

  /** @throws LabError with the end of the command's output. */
  async #pulumi(args: string[]): Promise<string> {
    const result = await this.#execute(args);
    if (result.failed) throw this.#failure(args, result.all);
    return result.stdout;
  }

  #failure(args: readonly string[], output: string): LabError {
    return new LabError(`\`pulumi ${args.join(" ")}\` failed. ${diagnosticsIn(output)}${quoteLog(this.log)}`);
  }

  #execute(args: string[]) {
    const { dir, environment } = this.#lab;
    appendFileSync(this.log, `\n$ pulumi ${args.join(" ")}\n`);
    const running = execa(
      join(labPaths(dir).bin, "pulumi"),
      [...args, "--non-interactive", "--color", "never"],
      {
        cwd: this.#folder,
        env: { ...stackEnvironment(environment, this.name), PULUMI_OPTION_CWD: this.#folder },
        reject: false,
        all: true,
        stdout: ["pipe", { file: this.log, append: true }],
        stderr: ["pipe", { file: this.log, append: true }],
      },
    );
    if (this.#onLine !== undefined)
      createInterface(running.stdout).on("line", (line) => this.#onLine?.(this.name, line));
    return running;
  }
}

/** Whether a preview changes nothing. */
export function changesNothing(changes: Changes): boolean {
  return Object.keys(changes).every((operation) => operation === "same" || operation === "read");
}

/** Report of a failed command before its list of outputs, for an error. */
function diagnosticsIn(output: string): string {
  const [, diagnostics] = /^(Diagnostics:\n[^]*?)\n(?:Outputs|Resources):/m.exec(output) ?? [];
  return diagnostics === undefined ? "" : `${diagnostics.trimEnd()}\n`;
}

function summary(output: string): string[] {
  const lines = output.split("\n");
  const start = lines.indexOf("Resources:");
  const rest = start < 0 ? [] : lines.slice(start + 1);
  const end = rest.indexOf("");
  return rest.slice(0, end < 0 ? undefined : end).map((line) => line.trim());
}
