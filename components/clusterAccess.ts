import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";

/** The only way into the cluster: the default provider is disabled, and another name for the kubeconfig replaces nothing. */
export function clusterProvider(
  name: string,
  config: Pick<StackConfig, "cluster" | "kubeconfig">,
  parent: pulumi.Resource,
): kubernetes.Provider {
  const { path, context } = config.kubeconfig;
  return new kubernetes.Provider(
    `${name}-cluster`,
    {
      clusterIdentifier: config.cluster.name,
      // A renewed `cacerts` is an update: istiod must never find it gone.
      enableSecretMutable: true,
      // Empty is what kubectl would find; left out, the SDK would store this machine's $KUBECONFIG in the state.
      kubeconfig: path ?? "",
      context,
    },
    { parent },
  );
}

/** Makes a namespace; what it gives is its name once it is there. */
export function namespace(
  name: string,
  namespaceName: string,
  opts: pulumi.CustomResourceOptions,
  labels: Record<string, string> = {},
): pulumi.Output<string> {
  const made = new kubernetes.core.v1.Namespace(
    `${name}-namespace`,
    { metadata: { name: namespaceName, labels } },
    opts,
  );
  return made.metadata.name;
}
