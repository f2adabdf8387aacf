import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { VolumeFiles } from "./volumes.ts";

/** Link to the folder of the present contents, as the kubelet's atomic writer has it: programs watch for its swap. */
const PRESENT = "..data";

/**
 * Makes a volume's folder hold exactly these files, all at once: the contents are written beside the old ones, and a
 * link is swapped. Nothing is touched when they are the same.
 *
 * @returns whether something changed.
 */
export async function writeVolume(folder: string, files: VolumeFiles): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  if (files === undefined || (await holds(folder, files))) return false;
  const next = await mkdtemp(join(folder, "..contents-"));
  for (const [path, content] of files) {
    await mkdir(dirname(join(next, path)), { recursive: true });
    await writeFile(join(next, path), content, { mode: 0o600 });
  }
  const previous = await readlink(join(folder, PRESENT)).catch(() => undefined);
  await relink(relative(folder, next), join(folder, PRESENT));
  const visible = new Set([...files.keys()].map((path) => path.split("/")[0] ?? path));
  for (const name of visible) await relink(join(PRESENT, name), join(folder, name));
  if (previous !== undefined) {
    for (const name of await readdir(join(folder, previous))) {
      if (!visible.has(name)) await rm(join(folder, name), { force: true });
    }
    await rm(join(folder, previous), { recursive: true });
  }
  return true;
}

/** Makes a mount point: a link from the container's root to the volume (or a part of it). */
export async function mount(root: string, mountPath: string, target: string): Promise<void> {
  const point = join(root, mountPath);
  await mkdir(dirname(point), { recursive: true });
  await relink(target, point);
}

async function holds(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  const present = join(folder, PRESENT);
  const found = await readdir(present, { recursive: true, withFileTypes: true }).catch(() => undefined);
  const paths = found
    ?.filter((entry) => entry.isFile())
    .map((entry) => relative(present, join(entry.parentPath, entry.name)));
  if (paths?.length !== files.size) return false;
  for (const path of paths) {
    const wanted = files.get(path);
    if (!wanted || !(await readFile(join(present, path))).equals(wanted)) return false;
  }
  return true;
}

async function relink(target: string, path: string): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
}
