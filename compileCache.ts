// Node keeps compiled modules in a cache: half a second less for every preview. Loaded before the program (`nodeargs` in Pulumi.yaml),
// and first in processes of dynamic providers.
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** The engine kills processes of plugins, which then write no cache at their end. */
const WRITE_AFTER_MILLISECONDS = 1500;

/** Permissions of the owner only. */
const PRIVATE = 0o700;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
/** Entries of the folder can be renamed and deleted by their owners only. */
const STICKY = 0o1000;

/**
 * Makes a folder for code that this user runs. Whoever can write there, or put another folder in its place, runs code as this user.
 * @param user numeric id. @default this process's; undefined on Windows, where a user's folders are private
 * @returns the path without symbolic links; undefined where the folder cannot be made, or others could change what is in it.
 */
export function privateFolder(path: string, user = process.getuid?.()): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: PRIVATE });
    const folder = realpathSync(path);
    return user === undefined || isPrivate(folder, user) ? folder : undefined;
  } catch {
    return undefined;
  }
}

function isPrivate(folder: string, user: number): boolean {
  const { uid, mode } = lstatSync(folder);
  if (uid !== user || (mode & OTHERS) !== 0) return false;
  for (let path = dirname(folder); ; path = dirname(path)) {
    const above = lstatSync(path);
    if (above.uid !== user && above.uid !== 0) return false;
    if ((above.mode & OTHERS_WRITE) !== 0 && (above.mode & STICKY) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** The user's folder for caches, by the XDG base directories. */
function userCaches({ XDG_CACHE_HOME = "" }: NodeJS.ProcessEnv): string {
  return isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache");
}

/** Without a private folder modules are compiled each time: Node's default is a folder that all users of the machine share. */
function keepCompiled(): void {
  const folder = privateFolder(join(userCaches(process.env), "istio-federation/compile-cache"));
  if (folder === undefined) return;
  enableCompileCache(folder);
  setTimeout(flushCompileCache, WRITE_AFTER_MILLISECONDS).unref();
}

keepCompiled();
