import type { StackConfig } from "../federation/config/stackConfig.ts";
import {
  BASE_RELEASE,
  PUBLISH_RELEASE,
  type ReleaseName,
  releasesOf,
} from "../federation/core/helmReleases.ts";
import { hasUpdated, lastObjectsIn } from "../federation/lastRun.ts";
import { chartGateways } from "../federation/traffic/shortcuts/chartGateways.ts";
import type { ClusterReadings, HelmReadings, Snapshot } from "../federation/snapshot.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { orIfForbidden } from "../kubernetes/errors.ts";
import { readHelmReleases, readUnownedCrds } from "../kubernetes/helmReleases.ts";
import { readUnownedObjects } from "./chartObjects.ts";
import type { readState } from "./stacks.ts";

/** Further input of the reading of Helm's releases. */
interface HelmContext {
  config: StackConfig;
  outputs: Promise<Snapshot["outputs"]>;
  state: () => ReturnType<typeof readState>;
  existing: Promise<ClusterReadings["existing"]>;
  revisions: Promise<ClusterReadings["revisions"]>;
}

/**
 * Reads the releases of the stack, and objects that would be taken over. The state is large: it is read only where an interrupted first
 * update can have left a release behind.
 */
export async function readHelm(
  client: ClusterClient,
  { config, outputs, state, existing, revisions }: HelmContext,
): Promise<HelmReadings> {
  const usual = releasesOf(config);
  const gateways = chartGateways(config.traffic).map(({ namespace, name }) => ({ namespace, name }));
  const releases = [...usual, ...(config.publish === undefined ? [] : [PUBLISH_RELEASE]), ...gateways];
  const installed = await readHelmReleases(client, releases);
  const has = (wanted: ReleaseName): boolean =>
    installed.some(({ namespace, name }) => name === wanted.name && namespace === wanted.namespace);
  const unownedCrds =
    has(BASE_RELEASE) || !usual.includes(BASE_RELEASE)
      ? []
      : await readUnownedCrds(client, BASE_RELEASE).catch(orIfForbidden<string[]>([]));
  const own = await outputs;
  const missing = usual.filter((release) => !has(release));
  const unowned = await readUnownedObjects(client, config, missing, () =>
    namespacesThere(usual, own, existing),
  );
  const readings = { installed, unownedCrds, unowned };
  if (installed.length === 0) return { ...readings, inState: [] };
  const others = await revisions;
  // The gateway that serves documents, those of traffic and another revision may come with a later update.
  const isKnown =
    hasUpdated(own) &&
    (!has(PUBLISH_RELEASE) || lastObjectsIn(own.value).publication !== undefined) &&
    !gateways.some(has) &&
    config.istio.former === undefined &&
    (!("value" in others) || others.value.removed.length === 0);
  return { ...readings, inState: isKnown ? releases : (await state())?.releases };
}

/** Namespaces of the releases that are in the cluster: before the first update, those that were looked for. */
async function namespacesThere(
  releases: readonly ReleaseName[],
  own: Snapshot["outputs"],
  existing: Promise<ClusterReadings["existing"]>,
) {
  if (hasUpdated(own)) return releases.map(({ namespace }) => namespace);
  const reading = await existing;
  const found = "value" in reading ? reading.value.found : [];
  return found.filter(({ kind }) => kind === "Namespace").map(({ name }) => name);
}
