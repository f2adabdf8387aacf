import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Command, Option } from "commander";
import { TOPOLOGIES } from "../federation/core/topology.ts";
import { ensureLab, serveLab, takeDown } from "./background.ts";
import { benchCommand } from "./bench/bench.ts";
import { LAB_FOLDER } from "./environment.ts";
import { joinAndLeave } from "./existing/joinAndLeave.ts";
import {
  contractStackOf,
  expectConverged,
  federate,
  restartWorkloads,
  stacksOf,
  updatesOf,
} from "./federate.ts";
import { withLab, type RunningLab } from "./lab.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { createProgress, LabError } from "./progress.ts";
import { prove } from "./proofs/prove.ts";
import {
  chooseScenario,
  CLUSTER_COUNTS,
  EXISTING,
  FEDERATION,
  scenarioOf,
  SCENARIOS,
  type Scenario,
} from "./scenarios.ts";

const log = createProgress();

/** Arguments of commands that have the option `--clusters`. */
interface Counted {
  clusters?: string;
}

const program = new Command("lab")
  .description("Federated clusters on this machine, without containers and without root")
  .enablePositionalOptions();

program
  .command("demo")
  .description("start clusters, connect them, prove it by real calls, remove everything")
  .addOption(
    new Option("--topology <topology>", "how they are connected")
      .choices(TOPOLOGIES)
      .default(FEDERATION.topology),
  )
  .addOption(
    new Option("--scenario <scenario>", "what to show, where a topology has more than one case")
      .choices(SCENARIOS.map(({ name }) => name))
      .conflicts(["topology", "clusters"]),
  )
  .addOption(clustersOption())
  .action(
    async ({ topology, scenario: name, ...options }: { topology: string; scenario?: string } & Counted) => {
      endOnSignals();
      const scenario = chooseScenario({ name, topology, count: countOf(options) });
      await checkPrerequisites();
      await runDemo(scenario);
    },
  );

program
  .command("shell", { isDefault: true })
  .description("open a shell on the lab, which is started if it does not run and stays when the shell ends")
  .addOption(clustersOption())
  .action(async (options: Counted) => {
    await checkPrerequisites();
    const lab = await ensureLab(log, countOf(options));
    process.stdout.write(shellHints(lab));
    process.exitCode = await run(process.env["SHELL"] ?? "/bin/sh", [], lab.environment);
  });

program
  .command("exec")
  .description("run one command on the lab, which is started if it does not run and stays")
  .argument("<command>")
  .argument("[arguments...]")
  .addOption(clustersOption())
  .passThroughOptions()
  .action(async (command: string, args: string[], options: Counted) => {
    await checkPrerequisites();
    const { environment } = await ensureLab(log, countOf(options));
    process.exitCode = await run(command, args, environment);
  });

program
  .command("workloads")
  .description("deploy the lab's workloads again: those from before Istio are restarted with sidecars")
  .action(async () => {
    await checkPrerequisites();
    await restartWorkloads(await ensureLab(log), log);
  });

program
  .command("prove")
  .description("check by real calls that the clusters of the running lab are federated, and print the table")
  .action(async () => {
    await checkPrerequisites();
    const lab = await ensureLab(log);
    const stacks = stacksOf(lab);
    const hints = shellHints(lab);
    await expectConverged(stacks, log).catch((error: unknown) => {
      throw error instanceof LabError ? new LabError(`${error.message}\n${hints}`) : error;
    });
    await prove({ lab, stacks }, log);
  });

program.addCommand(benchCommand(log, endOnSignals));

program
  .command("down")
  .description("end the lab and remove everything it made")
  .action(() => takeDown(LAB_FOLDER, log));

program
  .command("serve", { hidden: true })
  .addOption(clustersOption())
  .action(async (options: Counted) => {
    endOnSignals();
    await serveLab(chooseScenario({ count: countOf(options) }));
  });

/** Option for the number of clusters that a command starts. */
function clustersOption(): Option {
  return new Option("--clusters <number>", "how many clusters; two unless said otherwise").choices(
    CLUSTER_COUNTS.map(String),
  );
}

function countOf({ clusters }: Counted): number | undefined {
  return clusters === undefined ? undefined : Number(clusters);
}

/** Exits at once on a signal; the ProcessTable ends what this process started. */
function endOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

/** Runs a program in the lab's environment. @returns its exit code, 128 + n after signal n. */
async function run(
  command: string,
  args: string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  // A stack named in the person's own shell is none of the lab's; an empty value would count as a name.
  const env = { ...process.env, PULUMI_STACK: undefined, ...environment };
  const child = spawn(command, args, { stdio: "inherit", env });
  // Ctrl-C is for the program in the foreground, not for this one.
  process.on("SIGINT", () => undefined);
  const [code, signal] = (await once(child, "exit").catch((cause: unknown) => {
    throw new LabError(`${command} cannot be started`, { cause });
  })) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Runs the command line. @throws LabError with what a person can do about it. */
export async function runCommand(): Promise<void> {
  await program.parseAsync();
}

/**
 * Starts clusters, connects them, proves it by real traffic, prints a table and removes everything.
 *
 * @throws LabError when a proof fails, with the reasons and the place of the logs; the lab's folder then stays.
 */
async function runDemo(scenario: Scenario): Promise<void> {
  await withLab(
    log,
    async (lab) => {
      for (const [name, origin] of Object.entries(lab.tools.origins)) log(`real: ${name} ${origin}`);
      for (const { name, kind, path } of lab.plugins) log(`${kind}: ${name} (${path})`);
      if (scenario === EXISTING) return joinAndLeave(lab, log, scenario);
      const stacks = await federate(lab, log, scenario);
      return prove({ lab, stacks }, log, scenario);
    },
    scenario,
  );
}

/** Formats hints for a shell on the lab. */
function shellHints(lab: RunningLab): string {
  const scenario = scenarioOf(lab);
  const first = lab.clusters[0]?.name;
  const updates = updatesOf(scenario, stacksOf(lab, scenario)).flatMap((stack) => [
    stack,
    ...contractStackOf(lab, stack),
  ]);
  const hints = [
    ["pulumi preview", `the selected stack is ${first} at first; others: -s, or pulumi stack select`],
    ...updates.map(({ upCommand }, turn) => [
      upCommand,
      turn === updates.length - 1 ? "then the clusters are federated" : "then",
    ]),
    ["npm run lab -- workloads", "after that: restarts the workloads, so that they get sidecars"],
    ["npm run lab -- prove", "checks the federation by real calls and prints the table"],
    ["pulumi stack output peers", `and kubectl --context ${first}, if you have it`],
  ];
  return `
${lab.clusters.length} clusters run, with workloads and without Istio until you give it to them. In a shell of the lab work:
${hints.map(([command = "", meaning]) => `  ${command.padEnd(30)}  ${meaning}`).join("\n")}
The lab stays when the shell ends; npm run lab -- down ends and removes it.

`;
}
