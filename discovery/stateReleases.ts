import * as pulumi from "@pulumi/pulumi";
import type { ReleaseName } from "../federation/core/helmReleases.ts";

const RELEASE_TYPE = "kubernetes:helm.sh/v3:Release";

/** Resources of a stack's state by URN, as the engine returns them. */
type Resources = Record<string, { type: string; outputs: { name?: unknown; namespace?: unknown } }>;

/**
 * Reads which Helm releases this stack's state has; none for a creation that was interrupted. The engine decrypts and returns the
 * outputs of every resource, so only ask when the cluster has a release at all.
 * @returns undefined when the engine cannot read the state.
 */
export async function readStateReleases(): Promise<ReleaseName[] | undefined> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  try {
    const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName,
    })) as { outputs: Resources };
    return Object.values(outputs).flatMap(({ type, outputs: { name, namespace } }) =>
      type === RELEASE_TYPE && typeof name === "string" && typeof namespace === "string"
        ? [{ namespace, name }]
        : [],
    );
  } catch {
    return undefined;
  }
}
