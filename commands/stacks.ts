// `npm run stacks`: the stacks of this repository in the order of their updates, for CI.
import { glob, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { orderStacks } from "./stackOrder.ts";

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

await new Command("stacks")
  .description(
    "Prints the stacks of this repository as JSON, in the order of their updates: {roots, clusters, contracts}.",
  )
  .option(
    "--since <commit>",
    "only stacks that the changes since the common ancestor with this commit concern",
  )
  .option("--folder <folder>", "folder of the stack files", "stacks")
  .action(async ({ since, folder }: { since?: string; folder: string }) => {
    const files = [];
    for await (const path of glob(`${folder}/Pulumi.*.yaml`)) {
      const [, name] = STACK_FILE.exec(basename(path)) ?? [];
      if (name !== undefined) files.push({ name, path, text: await readFile(path, "utf8") });
    }
    process.stdout.write(
      `${JSON.stringify(orderStacks(files, since === undefined ? undefined : await changesSince(since)))}\n`,
    );
  })
  .parseAsync();

async function changesSince(commit: string): Promise<string[]> {
  const { stdout } = await execa("git", ["diff", "--name-only", `${commit}...HEAD`]);
  return stdout.split("\n").filter((path) => path !== "");
}
