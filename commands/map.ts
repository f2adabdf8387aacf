// `npm run map -- <stacks or contracts>`: a federation in one picture and one report.
import { readFile, writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { execa } from "execa";
import { type FederationMap, type MapSource, drawTogether } from "../federation/map/federationMap.ts";
import { mapPicture } from "../federation/map/picture.ts";
import { mapReport } from "../federation/map/report.ts";

/** Exit code where a source cannot be read; the others are drawn. */
const INCOMPLETE = 2;

await new Command("map")
  .description(
    "Draws a federation: clusters, who imports what of whom, trust, expiry dates, and who is behind. Exit code 2 where a source cannot be read.",
  )
  .argument("<sources...>", "stacks (of clusters or contract stacks), or contract files (*.json)")
  .addOption(
    new Option("--format <format>", "of the output").choices(["svg", "markdown", "json"]).default("markdown"),
  )
  .option("--output <file>", "file to write. Default: standard output")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : INCOMPLETE))
  .action(async (sources: string[], { format, output }: { format: string; output?: string }) => {
    const read = await Promise.all([...new Set(sources)].map(readSource));
    const map = drawTogether(read.filter((each) => typeof each !== "string"));
    const problems = [...read.filter((each) => typeof each === "string"), ...map.problems];
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    const text = await formatMap({ ...map, problems }, format);
    if (output === undefined) process.stdout.write(text);
    else await writeFile(output, text);
    if (problems.length > 0) process.exitCode = INCOMPLETE;
  })
  .parseAsync();

/** Reads a contract file, or the outputs of a stack of this project. @returns why it cannot be read, where it cannot. */
async function readSource(name: string): Promise<MapSource | string> {
  try {
    if (name.endsWith(".json"))
      return { name, outputs: { federation: JSON.parse(await readFile(name, "utf8")) } };
    // Secret outputs stay hidden.
    const { stdout } = await execa("pulumi", [
      "stack",
      "output",
      "--json",
      "--stack",
      name,
      "--non-interactive",
    ]);
    return { name, outputs: JSON.parse(stdout) as MapSource["outputs"] };
  } catch (error) {
    return `${name} cannot be read: ${reasonOf(error)}`;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stderr, shortMessage } = error as { stderr?: string; shortMessage?: string };
  return stderr?.trim() || (shortMessage ?? error.message);
}

async function formatMap(map: FederationMap, format: string): Promise<string> {
  if (format === "json") return `${JSON.stringify(map, undefined, 2)}\n`;
  if (format === "markdown") return `${mapReport(map)}\n`;
  const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
  const graphviz = await Graphviz.load();
  return graphviz.dot(mapPicture(map));
}
