import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { checkPrerequisites } from "../prerequisites.ts";
import type { Log } from "../progress.ts";
import { runBench } from "./bench.ts";

/** Most services that one round may have: names have five digits. */
const MOST_SERVICES = 100_000;
/** Enough for a median. */
const REPEATS = 3;

interface Options {
  services: number[] | false;
  peer: number[] | false;
  scope: number | false;
  json?: string;
  check: boolean;
}

/**
 * The command `bench`.
 *
 * @param start what to do first.
 */
export function benchCommand(log: Log, start: () => void): Command {
  return new Command("bench")
    .description("measure the import of 100, 1,000 and 10,000 services, on a lab of its own")
    .option("--services <numbers>", "of services, one round each", parseCounts, [100, 1000, 10_000])
    .option("--no-services", "leave out the program under test and the floor")
    .option("--peer <numbers>", "of services for the peer, one CustomResource each", parseCounts, [100, 1000])
    .option("--no-peer", "leave out the peer")
    .option("--scope <number>", "of services that a sidecar is shown", parseCount, 1000)
    .option("--no-scope", "leave out what a sidecar costs")
    .option("--json <file>", "write the rows there")
    .option("--check", "fail when a goal is missed", false)
    .action(async (options: Options) => {
      const { services, peer, scope, json, check } = options;
      start();
      await checkPrerequisites();
      const plan = {
        services: services || [],
        peerServices: peer || [],
        scopeServices: scope || 0,
        repeats: REPEATS,
      };
      const files = json === undefined ? {} : { json: resolve(json) };
      await runBench({ ...plan, ...files, check }, log);
    });
}

/** Reads `100,1000`. @returns ascending, each once. */
export function parseCounts(text: string): number[] {
  return [...new Set(text.split(",").map(parseCount))].sort((one, other) => one - other);
}

/** @throws InvalidArgumentError for anything but a whole number within bounds. */
function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= MOST_SERVICES) return count;
  throw new InvalidArgumentError(`Give whole numbers from 1 to ${MOST_SERVICES}.`);
}
