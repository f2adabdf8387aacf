import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import {
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  type PulumiFn,
  type Stack,
  type UpdateSummary,
} from "@pulumi/pulumi/automation/index.js";
import { createProgress } from "../../../lab/progress.ts";
import { WITHOUT_UNUSED_MODULES } from "../../../lab/plugins/sdkStart.ts";
import { compileCacheVariable } from "../../../lab/tools/cache.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { SecretSearch, expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";

/** Marks a secret in a state. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

const CACHE = process.env["NODE_COMPILE_CACHE"];
/** A compile cache for providers' processes alone, as in the lab (lab/plugins/pluginPath.ts). */
const PROVIDERS_CACHE = CACHE === undefined ? undefined : join(CACHE, "dynamic");

let command: Promise<PulumiCommand> | undefined;

/** Pulumi's engine with a state of its own. */
export class PulumiEngine {
  /** Output of the last operations. */
  readonly output: string[] = [];
  /** Secrets that may be neither printed nor in a state in clear; tests add their own keys. */
  readonly secrets = { keys: new Map<string, string>(), texts: new Map<string, string>() };
  /** All output so far. */
  private everything = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "istio-federation-engine-"));
  private readonly path = process.env.PATH ?? "";
  private readonly project: string;

  protected constructor(project = "engine-test") {
    this.project = project;
  }

  static async start(project?: string): Promise<PulumiEngine> {
    const engine = new PulumiEngine(project);
    await engine.extendPath();
    return engine;
  }

  /** Puts the CLI on the search path until `stop`. */
  protected async extendPath(): Promise<void> {
    const { programs } = await prepareTools(createProgress());
    const launcher = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
    process.env.PATH = [dirname(programs.pulumi), launcher, this.path].join(delimiter);
  }

  /** @throws Error when a secret was printed, or is left in the backend in clear. */
  async stop(): Promise<void> {
    process.env.PATH = this.path;
    const search = new SecretSearch(this.secrets);
    const findings = await search.inFolders(join(this.folder, ".pulumi"));
    findings.push(...search.inText("what was printed", this.everything));
    rmSync(this.folder, { recursive: true });
    expectNoSecrets(findings);
  }

  /** Makes a stack of a program that runs in this process. */
  async makeStack(stackName: string, program: PulumiFn): Promise<Stack> {
    command ??= PulumiCommand.get({ skipVersionCheck: true });
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName, projectName: this.project, program },
      {
        pulumiCommand: await command,
        envVars: {
          PULUMI_BACKEND_URL: `file://${this.folder}`,
          PULUMI_HOME: join(this.folder, "home"),
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          GOGC: "400",
          NODE_OPTIONS: WITHOUT_UNUSED_MODULES,
          ...compileCacheVariable(PROVIDERS_CACHE),
        },
      },
    );
    // After each update the SDK asks the CLI for these in three more processes, which take as long as the update.
    return Object.assign(stack, {
      outputs: () => Promise.resolve(this.outputsOf(stackName)),
      info: () => Promise.resolve(this.lastUpdateOf(stackName)),
    });
  }

  /** Options of an operation whose output is kept. With `diff`, messages are on standard error. */
  get printing(): { onOutput: (text: string) => void; onError: (text: string) => void; color: "never" } {
    const keep = (text: string): void => {
      this.output.push(text);
      this.everything += text;
    };
    return { onOutput: keep, onError: keep, color: "never" };
  }

  /** Returns the output since the last call. */
  printed(): string {
    return this.output.splice(0).join("");
  }

  /** Outputs in the state file; secrets have no value. */
  private outputsOf(stack: string): OutputMap {
    const file = join(this.folder, ".pulumi/stacks", this.project, `${stack}.json`);
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
      checkpoint: { latest: { resources?: { type: string; outputs?: Record<string, unknown> }[] } };
    };
    const root = checkpoint.latest.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
    return Object.fromEntries(
      Object.entries(root?.outputs ?? {}).map(([name, value]) => {
        const secret = typeof value === "object" && value !== null && SECRET_MARK in value;
        return [name, { value: secret ? undefined : value, secret }];
      }),
    );
  }

  /** The newest entry of the history. */
  private lastUpdateOf(stack: string): UpdateSummary | undefined {
    const folder = join(this.folder, ".pulumi/history", this.project, stack);
    const newest = readdirSync(folder)
      .filter((name) => name.endsWith(".history.json"))
      .sort()
      .at(-1);
    return newest === undefined
      ? undefined
      : (JSON.parse(readFileSync(join(folder, newest), "utf8")) as UpdateSummary);
  }
}
