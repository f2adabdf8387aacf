import type { StackConfig } from "../federation/config/stackConfig.ts";
import { AMBIENT, DATAPLANE_MODE_LABEL } from "../federation/exports/injection.ts";
import { type AmbientClients, visibleNamespaces } from "../federation/imports/ambientClients.ts";
import type { ClusterReadings, Reading } from "../federation/snapshot.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { NAMESPACE, POD } from "../kubernetes/kinds.ts";
import type { ClusterReader } from "./clusterReader.ts";

/** Concurrent lists. */
const CONCURRENCY = 8;

const OPTIONS = { labelSelector: `${DATAPLANE_MODE_LABEL}=${AMBIENT}`, metadataOnly: true };

/**
 * Reads which namespaces and which Pods that see imports are in ambient mode: metadata only, and only of objects with the label.
 * @param services reading of the exports, which has the labels of all namespaces; undefined without exports.
 */
export async function readAmbientClients(
  reader: ClusterReader,
  config: StackConfig,
  services: Promise<ClusterReadings["services"]> | undefined,
): Promise<Reading<AmbientClients>> {
  const [pods, namespaces] = await Promise.all([
    reader.read((client) => readPods(client, visibleNamespaces(config))),
    services === undefined ? reader.read(readNamespaces) : services.then(namespacesIn),
  ]);
  if (!("value" in pods)) return pods;
  return "value" in namespaces ? { value: { namespaces: namespaces.value, pods: pods.value } } : namespaces;
}

async function readPods(
  client: ClusterClient,
  namespaces: readonly string[] | undefined,
): Promise<AmbientClients["pods"]> {
  const { default: pMap } = await import("p-map");
  const places = namespaces?.map((namespace) => ({ namespace })) ?? [{}];
  const lists = await pMap(places, (place) => client.list(POD, { ...place, ...OPTIONS }), {
    concurrency: CONCURRENCY,
  });
  return lists.flat().map(({ metadata: { namespace = "", labels = {} } }) => ({ namespace, labels }));
}

async function readNamespaces(client: ClusterClient): Promise<AmbientClients["namespaces"]> {
  const found = await client.list(NAMESPACE, OPTIONS);
  return Object.fromEntries(found.map(({ metadata: { name, labels = {} } }) => [name, labels]));
}

function namespacesIn(services: ClusterReadings["services"]): Reading<AmbientClients["namespaces"]> {
  if (!("value" in services)) return services;
  const ambient = Object.entries(services.value.namespaces).filter(
    ([, labels]) => labels[DATAPLANE_MODE_LABEL] === AMBIENT,
  );
  return { value: Object.fromEntries(ambient) };
}
