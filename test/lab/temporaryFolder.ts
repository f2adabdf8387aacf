import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** A new folder that only this user can read, and which is gone after all tests. @param purpose part of its name. */
export async function temporaryFolder(purpose: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `istio-federation-${purpose}-`));
  made.push(folder);
  return folder;
}

// A root hook: after all files' tests.
after(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
});
