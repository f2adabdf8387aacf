import type { HelmRelease, ReleaseName } from "../federation/core/helmReleases.ts";
import { compare } from "../federation/core/order.ts";
import { isOwnedBy } from "../federation/helm/chartObjects.ts";
import type { ClusterClient } from "./client.ts";
import { CUSTOM_RESOURCE_DEFINITION, SECRET } from "./kinds.ts";

/**
 * Reads the latest revision of these Helm releases. Helm records each revision in a Secret with its name, status and revision as
 * labels: the Secrets' content is not read.
 * @throws ClusterError when the Secrets cannot be listed.
 */
export async function readHelmReleases(
  client: ClusterClient,
  names: readonly ReleaseName[],
): Promise<HelmRelease[]> {
  const namespaces = [...new Set(names.map(({ namespace }) => namespace))];
  const lists = namespaces.map(async (namespace) => {
    const wanted = names.filter((name) => name.namespace === namespace).map(({ name }) => name);
    const labelSelector = `owner=helm,name in (${wanted.join(",")})`;
    const secrets = await client.list(SECRET, { namespace, labelSelector, metadataOnly: true });
    return latestRevisions(
      namespace,
      secrets.map(({ metadata: { labels = {} } }) => labels),
    );
  });
  return (await Promise.all(lists)).flat();
}

function latestRevisions(namespace: string, records: readonly Record<string, string>[]): HelmRelease[] {
  const latest = new Map<string, HelmRelease>();
  for (const { name = "", status = "unknown", version } of records) {
    const revision = Number(version);
    if ((latest.get(name)?.revision ?? 0) < revision) latest.set(name, { namespace, name, status, revision });
  }
  return [...latest.values()].sort((one, other) => compare(one.name, other.name));
}

/** Names of the base chart's CRDs, by their API groups: others, such as `install.istio.io`, do not stop Helm. */
const CHART_CRD = /^[a-z]+\.(?:extensions|networking|security|telemetry)\.istio\.io$/;

/** Reads the names of Istio's CRDs that are not marked as a Helm release's, sorted: Helm refuses to install over them. */
export async function readUnownedCrds(client: ClusterClient, release: ReleaseName): Promise<string[]> {
  const found = await client.list(CUSTOM_RESOURCE_DEFINITION, { metadataOnly: true });
  return found
    .filter(({ metadata: { name } }) => CHART_CRD.test(name))
    .filter(({ metadata: { labels = {}, annotations = {} } }) => !isOwnedBy(release, { labels, annotations }))
    .map(({ metadata: { name } }) => name)
    .sort(compare);
}
