import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import lockfile from "proper-lockfile";
import { privateFolder } from "../../compileCache.ts";
import type { Log } from "../progress.ts";
import { ENVOY_VERSION, linkerFlags, TOOLS_FOLDER } from "./versions.ts";

/** A lock that was not renewed for so long belongs to a run that died. */
const STALE_MILLISECONDS = 30_000;
const LOCK_POLL_MILLISECONDS = 1000;
const LOCK_WAIT_SECONDS = 1800;

/** Sources besides the versions that decide what the built tools are. */
const HASHED_SOURCES = ["go.mod", "go.sum", "charts/main.go"];

/** Folder of the tools, one per set of pinned versions, outside the checkout so that all checkouts share it. */
export async function cacheFolder(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const hash = createHash("sha256");
  for (const source of HASHED_SOURCES) {
    hash.update(`${source}\0`).update(await readFile(join(TOOLS_FOLDER, source)));
  }
  hash.update(`\0${linkerFlags()}\0${ENVOY_VERSION}\0${process.arch}`);
  return join(cacheRoot(env), hash.digest("hex").slice(0, 16));
}

/** `$ISTIO_FEDERATION_CACHE`, else `$XDG_CACHE_HOME/istio-federation`, else `~/.cache/istio-federation`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return (
    env.ISTIO_FEDERATION_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "istio-federation")
  );
}

/** Folder of Node's compile cache, for every Node process of the lab and of its tests; undefined where other users could change it. */
export function compileCacheFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return privateFolder(join(cacheRoot(env), "compile-cache"));
}

/** The variable by which Node processes keep compiled modules in a folder; none without a folder. */
export function compileCacheVariable(folder: string | undefined): Record<string, string> {
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/** Makes entries (files or folders, by their names) in a temporary folder on the cache's file system. */
export type Builder = (missing: readonly string[], temporary: string) => Promise<void>;

/**
 * Makes sure that the cache holds all named entries.
 *
 * Two runs at once are safe: the second waits for the first and finds its work done. An interrupted build leaves nothing
 * that looks complete: entries are made aside and renamed into place.
 *
 * @param folder the cache; made when missing.
 * @param names entries wanted.
 * @param build called with those missing, under the lock; must make every one of them.
 */
export async function ensureCached(
  folder: string,
  names: readonly string[],
  log: Log,
  build: Builder,
): Promise<void> {
  if ((await missingFrom(folder, names)).length === 0) return;
  await mkdir(folder, { recursive: true });
  const release = await lock(folder, log);
  try {
    const missing = await missingFrom(folder, names);
    if (missing.length === 0) return;
    await removeTemporary(folder);
    const temporary = await mkdtemp(join(folder, TEMPORARY));
    await build(missing, temporary);
    for (const name of missing) await rename(join(temporary, name), join(folder, name));
    await removeTemporary(folder);
  } finally {
    await release();
  }
}

const TEMPORARY = ".building-";

/** Under the lock nobody builds, so that whatever is there is of an interrupted run. */
async function removeTemporary(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(TEMPORARY));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function missingFrom(folder: string, names: readonly string[]): Promise<string[]> {
  const present = await Promise.all(names.map((name) => stat(join(folder, name)).then(Boolean, () => false)));
  return names.filter((_, index) => !present[index]);
}

async function lock(folder: string, log: Log): Promise<() => Promise<void>> {
  const options = { stale: STALE_MILLISECONDS, update: STALE_MILLISECONDS / 6 };
  if (await lockfile.check(folder, options))
    log(`another run is preparing the tools in ${folder}; waiting for it`);
  return lockfile.lock(folder, {
    ...options,
    retries: {
      retries: (LOCK_WAIT_SECONDS * 1000) / LOCK_POLL_MILLISECONDS,
      factor: 1,
      minTimeout: LOCK_POLL_MILLISECONDS,
    },
  });
}
