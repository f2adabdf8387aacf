import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import type { Log } from "../progress.ts";
import { isReachable } from "../reachable.ts";
import { pinnedVersion } from "./versions.ts";

const INSTALLER = "https://get.pulumi.com/install.sh";
const INSTALL_MILLISECONDS = 300_000;

/**
 * Fetches the pinned Pulumi CLI by Pulumi's own installer (the Automation API's). It brings the language hosts along.
 *
 * @param folder receives `bin/pulumi`; only made, or replaced, when the installation is complete.
 * @returns whether it is there; false, within seconds, where the installer cannot be reached.
 */
export async function installPulumi(folder: string, log: Log): Promise<boolean> {
  if (!(await isReachable(INSTALLER))) {
    log(`Pulumi's installer (${INSTALLER}) cannot be reached`);
    return false;
  }
  const version = pinnedVersion("pulumi");
  const temporary = await mkdtemp(join(dirname(folder), ".installing-pulumi-"));
  try {
    const script = join(import.meta.dirname, "installPulumi.ts");
    const result = await execa(process.execPath, [script, version, temporary], {
      timeout: INSTALL_MILLISECONDS,
      reject: false,
      all: true,
    });
    if (result.failed) {
      log(`Pulumi's installer failed: ${result.all.trim().split("\n").at(-1)}`);
      return false;
    }
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
