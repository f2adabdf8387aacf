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
import type { V1KeyToPath, V1Pod, V1Volume, V1VolumeProjection } from "@kubernetes/client-node";
import { readField, readResource, type Allocatable } from "./environment.ts";
import { MissingSourceError, type Bytes, type Sources } from "./sources.ts";

/** Contents of a volume's files by their path in the volume; undefined is a volume that containers write (emptyDir). */
export type VolumeFiles = ReadonlyMap<string, Bytes> | undefined;

/**
 * Renders the present contents of a volume.
 *
 * @param pod with address and node filled in, for the downward API.
 * @throws MissingSourceError when a ConfigMap or Secret that is not optional is missing, or lacks a listed key.
 * @throws Error for a kind of volume that the lab has not.
 */
export async function renderVolume(
  pod: V1Pod,
  volume: V1Volume,
  sources: Sources,
  allocatable: Allocatable,
): Promise<VolumeFiles> {
  if (volume.emptyDir) return undefined;
  const projections = volume.projected?.sources ?? [asProjection(volume)];
  const files = new Map<string, Bytes>();
  for (const projection of projections) {
    for (const [path, content] of await renderProjection(pod, projection, sources, allocatable)) {
      files.set(path, content);
    }
  }
  return files;
}

/** A volume of one source is a projected volume with one source; only the Secret's name field differs. */
function asProjection(volume: V1Volume): V1VolumeProjection {
  const { configMap, secret, downwardAPI } = volume;
  if (configMap) return { configMap };
  if (downwardAPI) return { downwardAPI };
  if (!secret) throw new Error(`volume ${volume.name} is of a kind that the lab does not offer`);
  const { secretName, items, optional } = secret;
  return {
    secret: { ...(secretName && { name: secretName }), ...(items && { items }), optional: optional ?? false },
  };
}

async function renderProjection(
  pod: V1Pod,
  projection: V1VolumeProjection,
  sources: Sources,
  allocatable: Allocatable,
): Promise<Iterable<[string, Bytes]>> {
  const { configMap, secret, downwardAPI, serviceAccountToken: token } = projection;
  const namespace = pod.metadata?.namespace ?? "";
  if (configMap) {
    const name = configMap.name ?? "";
    return pickKeys("ConfigMap", namespace, { ...configMap, name }, sources.configMap(namespace, name));
  }
  if (secret) {
    const name = secret.name ?? "";
    return pickKeys("Secret", namespace, { ...secret, name }, sources.secret(namespace, name));
  }
  if (downwardAPI) {
    return (downwardAPI.items ?? []).map(({ path, fieldRef, resourceFieldRef }) => {
      const owner = pod.spec?.containers.find(
        (container) => container.name === resourceFieldRef?.containerName,
      );
      if (fieldRef) return [path, Buffer.from(readField(pod, fieldRef))];
      if (!resourceFieldRef || !owner)
        throw new Error(`downward API item ${path} names no field of this Pod`);
      return [path, Buffer.from(readResource(owner, resourceFieldRef, allocatable))];
    });
  }
  if (token)
    return [[token.path, Buffer.from(await sources.token(pod, token.audience, token.expirationSeconds))]];
  throw new Error(
    `projected source ${Object.keys(projection).join()} is of a kind that the lab does not offer`,
  );
}

function pickKeys(
  kind: "ConfigMap" | "Secret",
  namespace: string,
  source: { name: string; items?: V1KeyToPath[]; optional?: boolean },
  data: Record<string, Bytes> | undefined,
): [string, Bytes][] {
  if (!data) {
    if (source.optional) return [];
    throw new MissingSourceError(kind, namespace, source.name);
  }
  if (!source.items) return Object.entries(data);
  return source.items.flatMap(({ key, path }): [string, Bytes][] => {
    const content = data[key];
    if (content !== undefined) return [[path, content]];
    if (source.optional) return [];
    throw new MissingSourceError(kind, namespace, source.name, key);
  });
}

/** Link to the folder of the present contents, as in the kubelet's atomic writer: programs watch for its swap. */
const PRESENT = "..data";

/**
 * Replaces the files in a volume's folder at once: the new contents are written beside the old ones, and a link is swapped. Equal
 * contents are left alone.
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

/** Mounts a volume, or a part of it, by a link from the container's root. */
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
