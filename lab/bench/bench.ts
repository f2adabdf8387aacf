import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { withLab, type Lab } from "../lab.ts";
import { checkPrerequisites } from "../prerequisites.ts";
import { LabError, step, type Log } from "../progress.ts";
import { Stack } from "../pulumi.ts";
import { workloadsOf } from "../workloads/workload.ts";
import { deployWorkloads } from "../workloads/workloads.ts";
import { freshnessCommand } from "./freshnessCommand.ts";
import { checkGoals } from "./goals.ts";
import { QUIET_SECONDS } from "./apiServer.ts";
import { CLUSTER, measureAll, type Plan } from "./measure.ts";
import { writeRows, type Row } from "./rows.ts";
import { measureVerification } from "./verification.ts";
import { formatReport } from "./table.ts";

/** Most services that one round may have: names have five digits. */
const MOST_SERVICES = 100_000;
/** Enough for a median. */
const REPEATS = 3;

interface Options {
  services: number[] | false;
  peer: number[] | false;
  scope: number | false;
  contract: number | false;
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
    .addCommand(freshnessCommand(log, start))
    .enablePositionalOptions()
    .description("measure the import of 100, 1,000 and 10,000 services, on a lab of its own")
    .option("--services <numbers>", "of services, one round each", parseCounts, [100, 1000, 10_000])
    .option("--no-services", "leave out the program under test and the floor")
    .option("--peer <numbers>", "of services for the peer, one CustomResource each", parseCounts, [100, 1000])
    .option("--no-peer", "leave out the peer")
    .option("--scope <number>", "of services that a sidecar is shown", parseCount, 1000)
    .option("--no-scope", "leave out what a sidecar costs")
    .option(
      "--contract <number>",
      "of services of a contract whose signature is verified",
      parseCount,
      10_000,
    )
    .option("--no-contract", "leave out what a signature costs")
    .option("--json <file>", "write the rows there")
    .option("--check", "fail when a goal is missed", false)
    .action(async (options: Options) => {
      const { services, peer, scope, contract, json, check } = options;
      start();
      await checkPrerequisites();
      const plan = {
        services: services || [],
        peerServices: peer || [],
        scopeServices: scope || 0,
        contractServices: contract || 0,
        repeats: REPEATS,
        quietSeconds: QUIET_SECONDS,
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

/** Options of the benchmark. */
export interface BenchOptions extends Plan {
  /** Number of services of a contract whose signature is verified; 0: it is not measured. */
  readonly contractServices: number;
  /** File for the rows, written anew with each of them. */
  readonly json?: string;
  /** Whether a goal that is missed is a failure. */
  readonly check: boolean;
}

/**
 * Starts a lab if one is needed, installs Istio in one cluster by the program, measures, prints the tables and removes everything.
 *
 * @throws LabError when another lab runs or something fails; the lab's folder then stays for its logs.
 */
export async function runBench(options: BenchOptions, log: Log): Promise<void> {
  const { services, peerServices, scopeServices, contractServices, repeats, json } = options;
  const rows: Row[] = [];
  const onRow = (row: Row): void => {
    rows.push(row);
    if (json !== undefined) writeRows(json, rows);
  };
  if (contractServices > 0)
    onRow(
      await step(log, "verifying a contract's signature", () =>
        measureVerification(contractServices, repeats),
      ),
    );
  const needsLab = services.length > 0 || peerServices.length > 0 || scopeServices > 0;
  const plugins = needsLab
    ? await withLab(log, async (lab) => {
        await installIstio(lab, log);
        await measureAll(lab, options, log, onRow);
        return describePlugins(lab);
      })
    : "No lab was needed.";
  report(rows, options, plugins, log);
}

/** The cluster as in the lab: workloads, Istio by the program, the workloads' sidecars. */
async function installIstio(lab: Lab, log: Log): Promise<void> {
  const { name, network } = CLUSTER;
  const { kubeconfig } = lab;
  const deploy = () =>
    deployWorkloads({ kubeconfig, context: name, workloads: workloadsOf(name, network), log });
  const stack = new Stack(name, lab);
  await step(log, "deploying the workloads", deploy);
  await stack.ensure();
  await step(log, `pulumi up -s ${name}`, () => stack.up());
  await step(log, "restarting the workloads with sidecars", deploy);
}

function report(rows: readonly Row[], { json, check }: BenchOptions, plugins: string, log: Log): void {
  const goals = checkGoals(rows);
  process.stdout.write(`\n${formatReport(rows, goals)}\n\n${NOTES}\n${plugins}\n\n`);
  if (json !== undefined) log(`rows: ${json}`);
  const missed = goals.filter(({ met }) => met === false);
  if (check && missed.length > 0) throw new LabError(`${missed.length} of ${goals.length} goals are missed`);
}

/** Notes on the tables. */
const NOTES = [
  "floor: the same objects, server-side applied by a bare client over kept-alive connections, with the best concurrency.",
  "Ours: one ImportedServices resource. peer: one kubernetes CustomResource per entry. Both by the CLI and a file backend;",
  "up, refresh and destroy with --yes --skip-preview. Previews, no-op up, update-one and refresh: the median of three.",
].join("\n");

/** The plugins of the run: stand-ins are slower or faster than real ones. */
function describePlugins({ plugins }: Lab): string {
  return `Plugins: ${plugins.map(({ name, kind }) => `${name} (${kind})`).join(", ")}.`;
}
