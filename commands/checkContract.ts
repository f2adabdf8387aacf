// `npm run check-contract -- <old.json> <new.json>`: what a change of a contract does to its readers.
import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { readContract } from "../federation/contract/contract.ts";
import { IMPORTER } from "../federation/contract/audience.ts";
import { verifySignature } from "../federation/contract/signature.ts";
import {
  type ContractChange,
  EFFECTS,
  type SignedContract,
  contractChanges,
} from "../federation/contractChanges.ts";
import { FaultsError } from "../federation/core/fault.ts";

/** Exit codes: of a change that readers refuse or that breaks them, and where none is checked. */
const BREAKS = 1;
const UNCHECKED = 2;

await new Command("check-contract")
  .description(
    "Says what a change of a contract does to its readers. Exit code: 0 nothing breaks, 1 something does, 2 nothing is checked.",
  )
  .argument(
    "<old.json>",
    "contract before, e.g. of `pulumi stack output federation --json` or of the main branch",
  )
  .argument("<new.json>", "contract after")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : UNCHECKED))
  .option(
    "--reader <trust domain/cluster>",
    "only what concerns this reader. Default: all that the contract names",
  )
  .addOption(new Option("--format <format>", "of the output").choices(["text", "json"]).default("text"))
  .addOption(
    new Option("--fail-on <effect>", "mildest effect that gives exit code 1")
      .choices([...EFFECTS].slice(0, 3))
      .default("breaking"),
  )
  .action(
    async (
      before: string,
      after: string,
      options: { reader?: string; format: string; failOn: ContractChange["effect"] },
    ) => {
      if (options.reader !== undefined && !IMPORTER.test(options.reader)) {
        fail(`--reader ${IMPORTER.rule}`);
        return;
      }
      const contracts = await Promise.all([before, after].map(readSigned));
      const [was, is] = contracts;
      const messages = contracts.flatMap((each) => (typeof each === "string" ? [each] : []));
      if (was === undefined || is === undefined || typeof was === "string" || typeof is === "string") {
        fail(messages.join("\n"));
        return;
      }
      const changes = contractChanges(was, is, options.reader, new Date());
      print(options.format === "json" ? JSON.stringify({ changes }, undefined, 2) : formatChanges(changes));
      const accepted = EFFECTS.slice(EFFECTS.indexOf(options.failOn) + 1);
      if (changes.some(({ effect }) => !accepted.includes(effect))) process.exitCode = BREAKS;
    },
  )
  .parseAsync();

/** Reads a contract with the rules of its readers. @returns why it cannot be read, where it cannot. */
async function readSigned(file: string): Promise<SignedContract | string> {
  try {
    const published: unknown = JSON.parse(await readFile(file, "utf8"));
    return { ...readContract(published, file), signature: await verifySignature(published) };
  } catch (error) {
    if (error instanceof FaultsError) return error.message;
    return `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function formatChanges(changes: readonly ContractChange[]): string {
  if (changes.length === 0) return "Nothing changes for readers.";
  return changes.map(({ effect, path, text }) => `${effect}: ${path} ${text}`).join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = UNCHECKED;
}
