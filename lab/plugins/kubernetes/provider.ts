import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import type { DiffCall, Diffed, Provider, ResourceKind } from "../protocol/provider.ts";
import { differences, reveal, same, UNKNOWN, type Properties, type Value } from "../protocol/values.ts";
import { ClusterApi } from "./clusterApi.ts";
import { readConnection, readSettings } from "./connection.ts";
import { Helm } from "./helm.ts";
import { kubernetesObjects } from "./objects.ts";
import { helmReleases } from "./release.ts";

const RELEASE = "kubernetes:helm.sh/v3:Release";
/** Types that are no objects of the API server: charts, YAML, Kustomize, and patches or lists of objects. */
const NOT_OBJECTS = /^kubernetes:(helm\.sh|yaml|kustomize)\b|(Patch|List)$/;

/**
 * Stand-in for the Kubernetes provider: objects by server-side apply, Helm releases by the helm program. The API server checks inputs in
 * the dry runs of previews.
 */
export function kubernetesProvider(): Provider {
  let objects: ResourceKind | undefined;
  let releases: ResourceKind | undefined;
  return {
    name: "kubernetes",
    version: kubernetesPackage.version,
    checkConfig: ({ news }) => ({ inputs: news }),
    diffConfig: diffProviderConfig,
    configure: (config) => {
      const settings = readSettings(config);
      const api = new ClusterApi(() => readConnection(settings));
      objects = kubernetesObjects(api, settings);
      releases = helmReleases(new Helm(settings, api), api, settings);
    },
    kind: (type) => {
      const kind = type === RELEASE ? releases : objects;
      if (kind === undefined) throw new Error("the kubernetes provider is not configured yet");
      if (type !== RELEASE && NOT_OBJECTS.test(type))
        throw new Error(`the lab's stand-in of the kubernetes provider does not cover ${type}`);
      return kind;
    },
  };
}

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
  if (identified)
    return { differences: found, replaces: same(before[IDENTIFIER], now[IDENTIFIER]) ? [] : [IDENTIFIER] };
  const unknown = CONNECTION.filter((key) => now[key] === UNKNOWN);
  if (unknown.length > 0) return { differences: found, replaces: unknown };
  const oldCluster = activeCluster(before);
  const newCluster = activeCluster(now);
  const moved = oldCluster !== undefined && newCluster !== undefined && !same(oldCluster, newCluster);
  return { differences: found, replaces: moved ? CONNECTION.filter((key) => key in found) : [] };
}

/** The API server of a configuration; undefined where the kubeconfig cannot be read. */
function activeCluster(config: Properties): Value | undefined {
  try {
    const { server, ca } = readConnection(readSettings(config));
    return { server, ca: ca?.toString() };
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
