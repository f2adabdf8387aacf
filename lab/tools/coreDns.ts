import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { step, type Log } from "../progress.ts";
import { cacheFolder, ensureCached } from "./cache.ts";
import { TOOLS_FOLDER } from "./versions.ts";

/** A module of its own: what it needs would change the versions of the other tools. */
const MODULE = join(TOOLS_FOLDER, "coredns");

/**
 * The CoreDNS with which the program's Corefile is tried out; built once, into the cache of the tools.
 * @returns the program's path.
 */
export async function coreDnsProgram(log: Log): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(await readFile(join(MODULE, file)));
  const name = `coredns-${hash.digest("hex").slice(0, 16)}`;
  const folder = await cacheFolder();
  await ensureCached(folder, [name], log, async (_missing, temporary) => {
    const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", join(temporary, name), "."];
    await step(log, "building CoreDNS with Go (once)", () =>
      execa("go", args, { cwd: MODULE, env: { CGO_ENABLED: "0" } }),
    );
  });
  return join(folder, name);
}
