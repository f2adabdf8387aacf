import { join } from "node:path";
import type { Log } from "../progress.ts";
import { buildMissing, CHARTS, ENVOY_BOOTSTRAP } from "./build.ts";
import { cacheFolder, ensureCached } from "./cache.ts";
import { findOnPath } from "./pathTools.ts";
import { pinnedVersion, TOOLS, type ToolName } from "./versions.ts";

/** Everything that the lab runs or reads and that is not in the checkout. */
export interface Tools {
  /** Absolute path of each program. */
  readonly programs: Readonly<Record<ToolName, string>>;
  /** Where each comes from, for people: `3.230.0 (/usr/bin/pulumi)`, `1.36.1 (cache)`. */
  readonly origins: Readonly<Record<ToolName, string>>;
  /** Folder with Istio's charts: `base/`, `istiod/`, `gateway/`. */
  readonly charts: string;
  /** Istio's template of an Envoy bootstrap, which pilot-agent fills in. */
  readonly envoyBootstrap: string;
}

/**
 * Gets all tools ready: from PATH when a version fits, Pulumi by its own installer, else built or fetched once into the
 * cache.
 *
 * @param path where to look first. Default: the environment's PATH.
 */
export async function prepareTools(log: Log, path: string = process.env.PATH ?? ""): Promise<Tools> {
  const folder = await cacheFolder();
  const names = Object.keys(TOOLS) as ToolName[];
  const programs = new Map<ToolName, string>();
  const origins = new Map<ToolName, string>();
  const searches = await Promise.all(
    names.map(async (name) => ({ name, ...(await findOnPath(name, path)) })),
  );
  for (const { name, found, refused } of searches) {
    for (const reason of refused) log(`not used: ${reason}`);
    if (found !== undefined) {
      programs.set(name, found.file);
      origins.set(name, `${found.version} (${found.file})`);
    }
  }
  const missing = names.filter((name) => !programs.has(name));
  await ensureCached(folder, [...missing, CHARTS, ENVOY_BOOTSTRAP], log, (wanted, temporary) =>
    buildMissing(wanted, temporary, log),
  );
  for (const name of missing) {
    programs.set(name, join(folder, name));
    origins.set(name, `${pinnedVersion(name)} (${folder})`);
  }
  return {
    programs: Object.fromEntries(programs) as Record<ToolName, string>,
    origins: Object.fromEntries(origins) as Record<ToolName, string>,
    charts: join(folder, CHARTS),
    envoyBootstrap: join(folder, ENVOY_BOOTSTRAP),
  };
}
