import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { Command } from "commander";
import { ensureLab, serveLab } from "./background.ts";
import { runDemo } from "./demo.ts";
import { takeDown } from "./down.ts";
import { LAB_FOLDER } from "./environment.ts";
import { LabError } from "./labError.ts";
import { checkPrerequisites } from "./prerequisites.ts";
import { createProgress } from "./progress.ts";

const log = createProgress();

const program = new Command("lab")
  .description("Two federated clusters on this machine, without containers and without root")
  .enablePositionalOptions();

program
  .command("demo")
  .description("start two clusters, federate them, prove it by real calls, remove everything")
  .action(async () => {
    endOnSignals();
    await checkPrerequisites();
    await runDemo(log);
  });

program
  .command("shell", { isDefault: true })
  .description("open a shell on the lab, which is started if it does not run and stays when the shell ends")
  .action(async () => {
    await checkPrerequisites();
    const { environment } = await ensureLab(log);
    log(
      "pulumi preview -s cluster-a, pulumi up -s cluster-a, kubectl --context cluster-a ... work in this shell",
    );
    log("the lab stays when the shell ends; `npm run lab -- down` ends and removes it");
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
  const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...environment } });
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
