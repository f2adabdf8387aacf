import { differences, same } from "../protocol/difference.ts";
import type { DiffCall, Diffed } from "../protocol/provider.ts";
import { reveal, UNKNOWN } from "../protocol/values.ts";
import type { Properties, Value } from "../protocol/values.ts";
import { loadKubeConfig, readSettings } from "./connection.ts";

const IDENTIFIER = "clusterIdentifier";
const CONNECTION = ["kubeconfig", "context", "cluster"] as const;

/**
 * Whether a changed configuration means another cluster, so that all objects are to be made anew. With a
 * `clusterIdentifier` before and now it alone decides; else the active cluster of the kubeconfig does, and a
 * kubeconfig that is not known yet counts as another cluster.
 */
export function diffProviderConfig({ olds, news }: DiffCall): Diffed {
  const before = withoutAbsent(olds);
  const now = withoutAbsent(news);
  const found = differences(before, now);
  const identified = now[IDENTIFIER] !== undefined && before[IDENTIFIER] !== undefined;
  if (identified) {
    return { differences: found, replaces: same(before[IDENTIFIER], now[IDENTIFIER]) ? [] : [IDENTIFIER] };
  }
  const unknown = CONNECTION.filter((key) => now[key] === UNKNOWN);
  if (unknown.length > 0) {
    return { differences: found, replaces: unknown };
  }
  const oldCluster = activeCluster(before);
  const newCluster = activeCluster(now);
  const moved = oldCluster !== undefined && newCluster !== undefined && !same(oldCluster, newCluster);
  return { differences: found, replaces: moved ? CONNECTION.filter((key) => key in found) : [] };
}

/** The cluster and server that a configuration talks to; undefined where the kubeconfig does not tell. */
function activeCluster(config: Properties): Value | undefined {
  try {
    const cluster = loadKubeConfig(readSettings(config)).getCurrentCluster();
    return cluster === null ? undefined : (JSON.parse(JSON.stringify(cluster)) as Value);
  } catch {
    return undefined;
  }
}

/** SDKs write an option that is not given as null or as the text "null"; the engine adds the plugin's version. */
function withoutAbsent(config: Properties): Properties {
  const plain: Properties = reveal(config);
  const given = Object.entries(plain).filter(
    ([key, value]) => key !== "version" && value !== null && value !== "null",
  );
  return Object.fromEntries(given);
}
