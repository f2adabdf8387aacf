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
import type { Scenario } from "./scenarios/scenario.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";
import { TOPOLOGIES } from "../federation/topology.ts";

const log = createProgress();

/** What a shell on the lab is for. */
const SHELL_HINTS = `
Both clusters run, with workloads and without Istio until you give it to them. In a shell of the lab work:
  pulumi preview                  the selected stack is cluster-a at first; others: -s cluster-b, or pulumi stack select
  pulumi up -s cluster-a          then -s cluster-b, then -s cluster-a again: the clusters are federated
  npm run lab -- workloads        after that: restarts the workloads, so that they get sidecars
  npm run lab -- prove            checks the federation by real calls and prints the table
  pulumi stack output peers       and kubectl --context cluster-a, if you have it
The lab stays when the shell ends; npm run lab -- down ends and removes it.

`;

const program = new Command("lab")
  .description("Two federated clusters on this machine, without containers and without root")
  .enablePositionalOptions();

program
  .command("demo")
  .description("start two clusters, connect them, prove it by real calls, remove everything")
  .addOption(
    new Option("--topology <topology>", "how they are connected")
      .choices(TOPOLOGIES)
      .default(FEDERATION.topology),
  )
  .addOption(
    new Option("--scenario <scenario>", "what to show, where a topology has more than one case")
      .choices(SCENARIOS.map(({ name }) => name))
      .conflicts("topology"),
  )
  .action(async ({ topology, scenario: name }: { topology: string; scenario?: string }) => {
    endOnSignals();
    await checkPrerequisites();
    const isAsked = (scenario: Scenario): boolean =>
      name === undefined ? scenario.topology === topology : scenario.name === name;
    await runDemo(log, SCENARIOS.find(isAsked) ?? FEDERATION);
  });

program
  .command("shell", { isDefault: true })
  .description("open a shell on the lab, which is started if it does not run and stays when the shell ends")
  .action(async () => {
    await checkPrerequisites();
    const { environment } = await ensureLab(log);
    process.stdout.write(SHELL_HINTS);
    process.exitCode = await run(process.env["SHELL"] ?? "/bin/sh", [], environment);
  });

program
  .command("exec")
  .description("run one command on the lab, which is started if it does not run and stays")
  .argument("<command>")
  .argument("[arguments...]")
  .passThroughOptions()
  .action(async (command: string, args: string[]) => {
    await checkPrerequisites();
    const { environment } = await ensureLab(log);
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
    await expectConverged(stacks, log).catch((error: unknown) => {
      throw error instanceof LabError ? new LabError(`${error.message}\n${SHELL_HINTS}`) : error;
    });
    await prove({ lab, stacks }, log);
  });

program.addCommand(benchCommand(log, endOnSignals));

program
  .command("down")
  .description("end the lab and remove everything it made")
  .action(() => takeDown(LAB_FOLDER, log));

program.command("serve", { hidden: true }).action(async () => {
  endOnSignals();
  await serveLab();
});

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

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(
    `\n${error instanceof LabError ? error.message : String((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = 1;
}
