import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";

/** Creates the provider of this stack's cluster; another path of the kubeconfig replaces nothing. */
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
      // Overwrites declared fields that others wrote: a conflict would keep an export that is withdrawn.
      enablePatchForce: true,
      // A renewed `cacerts` is an update: istiod must never find it gone.
      enableSecretMutable: true,
      // Neither may istiod find the mesh config with the trust anchors gone.
      enableConfigMapMutable: true,
      // Empty for kubectl's default; without it the SDK would store this machine's $KUBECONFIG in the state.
      kubeconfig: path ?? "",
      context,
    },
    { parent },
  );
}

/** Creates a namespace. @returns its name, once it exists. */
export function namespace(
  name: string,
  namespaceName: string,
  opts: pulumi.CustomResourceOptions,
  labels: Record<string, string> = {},
): pulumi.Output<string> {
  const made = new kubernetes.core.v1.Namespace(
    `${name}-namespace`,
    { metadata: { name: namespaceName, labels: { [MANAGED_BY_LABEL]: MANAGED_BY, ...labels } } },
    opts,
  );
  return made.metadata.name;
}
