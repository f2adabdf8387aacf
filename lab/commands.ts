import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Command, Option } from "commander";
import { ensureLab, serveLab } from "./background.ts";
import { benchCommand } from "./bench/command.ts";
import { runDemo } from "./demo.ts";
import { takeDown } from "./down.ts";
import { LAB_FOLDER } from "./environment.ts";
import { expectConverged, restartWorkloads, stacksOf } from "./federate.ts";
import { LabError } from "./labError.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { createProgress } from "./progress.ts";
import { prove } from "./prove.ts";
import { FEDERATION } from "./scenarios/federation.ts";
import { CLUSTER_COUNTS, SCENARIOS, chooseScenario } from "./scenarios/scenarios.ts";
import { shellHints } from "./shellHints.ts";
import { TOPOLOGIES } from "../federation/core/topology.ts";

const log = createProgress();

/** Arguments of commands that take {@link clustersOption}. */
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
      await runDemo(log, scenario);
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

/** Exits at once on a signal: what this process started dies with it (see ProcessTable). */
function endOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

/** Runs a program of the user's in the lab's environment. @returns its exit code, 128 + n after signal n. */
async function run(
  command: string,
  args: string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  // A stack that the person's own shell names would be taken for one of the lab's; empty would count as a name, too.
  const env = { ...process.env, PULUMI_STACK: undefined, ...environment };
  const child = spawn(command, args, { stdio: "inherit", env });
  // Ctrl-C is for the program in the foreground, not for this one.
  process.on("SIGINT", () => undefined);
  const [code, signal] = (await once(child, "exit").catch((cause: unknown) => {
    throw new LabError(`${command} cannot be started`, { cause });
  })) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Runs the command that the command line names. @throws LabError with what a person can do about it. */
export async function runCommand(): Promise<void> {
  await program.parseAsync();
}
