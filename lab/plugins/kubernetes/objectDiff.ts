import { differences } from "../protocol/difference.ts";
import type { DiffCall, Diffed } from "../protocol/provider.ts";
import type { Settings } from "./connection.ts";
import { annotation, manifestOf, normalize, prune, readCheckpoint, replacingPaths } from "./manifest.ts";
import type { Manifest, Metadata } from "./manifest.ts";

/**
 * Compares an object as last seen, cut to what its inputs spoke about, with the new inputs: so drift that a refresh
 * found shows, and what the cluster adds by itself does not.
 */
export function diffObject({ olds, news }: DiffCall, namespaced: boolean, settings: Settings): Diffed {
  const { live, inputs } = readCheckpoint(olds);
  const wanted = inNamespace(normalize(manifestOf(news)), namespaced);
  const seen = inNamespace(prune(live, normalize(inputs)) as Manifest, namespaced);
  const { apiVersion, kind } = live;
  const named: Manifest = { ...seen, apiVersion, kind, metadata: { ...seen.metadata, ...nameOf(live) } };
  const found = differences(named, wanted);
  const forcing = replacingPaths(wanted, settings);
  const replaces = Object.keys(found).filter((path) => forcing.some((prefix) => isWithin(path, prefix)));
  return {
    differences: found,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && sameIdentity(live, wanted),
  };
}

/** A replacement that the user named like the old object cannot be made beside it. */
function sameIdentity(live: Manifest, wanted: Manifest): boolean {
  const samePlace = (wanted.metadata.namespace ?? "") === (live.metadata.namespace ?? "");
  return (
    annotation(wanted, "autonamed") !== "true" && wanted.metadata.name === live.metadata.name && samePlace
  );
}

function inNamespace(manifest: Manifest, namespaced: boolean): Manifest {
  const { namespace, ...metadata } = manifest.metadata;
  return {
    ...manifest,
    metadata: namespaced ? { ...metadata, namespace: namespace || "default" } : metadata,
  };
}

function nameOf({ metadata: { name } }: Manifest): Pick<Metadata, "name"> {
  return name === undefined ? {} : { name };
}

function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}
