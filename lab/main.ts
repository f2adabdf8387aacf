// The lab's command line. Addresses come first: modules with the lab's clusters are made for the range that this process holds.
import { holdRange } from "./addressRange.ts";
import { LAB_FOLDER } from "./environment.ts";
import { LabError } from "./progress.ts";

/** Commands whose own process runs a lab. */
const HOLDERS = ["demo", "bench", "serve"];

try {
  if (HOLDERS.includes(process.argv[2] ?? "")) await holdRange(LAB_FOLDER);
  const { runCommand } = await import("./commands.ts");
  await runCommand();
} catch (error) {
  process.stderr.write(
    `\n${error instanceof LabError ? error.message : String((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = 1;
}
