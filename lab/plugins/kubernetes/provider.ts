import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import type { Provider, ResourceKind } from "../protocol/provider.ts";
import { ClusterApi } from "./clusterApi.ts";
import { loadKubeConfig, readSettings } from "./connection.ts";
import { Helm } from "./helm.ts";
import { kubernetesObjects } from "./objects.ts";
import { diffProviderConfig } from "./providerConfig.ts";
import { helmReleases } from "./release.ts";

const RELEASE = "kubernetes:helm.sh/v3:Release";
/** Types that are no objects of the API server: charts, YAML, Kustomize, and patches or lists of objects. */
const NOT_OBJECTS = /^kubernetes:(helm\.sh|yaml|kustomize)\b|(Patch|List)$/;

/**
 * Stand-in for the Kubernetes provider: objects by server-side apply, and Helm releases through the helm program.
 * It does not check inputs against the API's schemas itself: the API server does so in preview's dry runs.
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
      const api = new ClusterApi(() => loadKubeConfig(settings));
      objects = kubernetesObjects(api, settings);
      releases = helmReleases(new Helm(settings), api, settings);
    },
    kind: (type) => {
      const kind = type === RELEASE ? releases : objects;
      if (kind === undefined) {
        throw new Error("the kubernetes provider is not configured yet");
      }
      if (type !== RELEASE && NOT_OBJECTS.test(type)) {
        throw new Error(`the lab's stand-in of the kubernetes provider does not cover ${type}`);
      }
      return kind;
    },
  };
}
