import type { CorefileMetadata } from "../federation/topology/corefileOwner.ts";
import type { Obstacle } from "../federation/topology/globalBlock.ts";
import { type ClusterClient, editObject } from "./client.ts";
import { ClusterError } from "./errors.ts";
import { CONFIG_MAP, type KubernetesObject } from "./kinds.ts";

/** ConfigMap that holds a Corefile. */
export interface CorefileName {
  namespace: string;
  configMap: string;
}

/** A change of a Corefile. */
export interface CorefileEdit {
  /** Returns what forbids the change; undefined for nothing. */
  obstacle: (corefile: string) => Obstacle | undefined;
  /** Returns the new text; the same text is not written. */
  edit: (corefile: string) => string;
}

type ConfigMap = KubernetesObject & { data?: Record<string, string> };

/** Key of the ConfigMap, the same in every cluster. */
const COREFILE = "Corefile";

/** A Corefile as it is read. */
export interface ReadCorefile {
  /** Undefined when there is no such ConfigMap, or no Corefile in it. */
  corefile: string | undefined;
  metadata: CorefileMetadata;
}

/** Reads a Corefile, and who else writes its ConfigMap. */
export async function readCorefile(
  client: ClusterClient,
  { namespace, configMap }: CorefileName,
): Promise<ReadCorefile> {
  const found = await client.get<ConfigMap>(CONFIG_MAP, namespace, configMap);
  const { labels = {}, annotations = {}, managedFields = [], ownerReferences = [] } = found?.metadata ?? {};
  return {
    corefile: found?.data?.[COREFILE],
    metadata: {
      labels,
      annotations,
      managers: managedFields.flatMap(({ manager }) => manager ?? []),
      owners: ownerReferences.flatMap(({ kind }) => kind ?? []),
    },
  };
}

/**
 * Changes a Corefile and nothing else of its ConfigMap, provided that nobody else changed it in between.
 * @throws ClusterError when there is no Corefile, it cannot be written, or it has an obstacle in it.
 */
export async function editCorefile(
  client: ClusterClient,
  { namespace, configMap }: CorefileName,
  { obstacle: obstacleIn, edit }: CorefileEdit,
): Promise<void> {
  const operation = `change ${COREFILE} of ConfigMap ${namespace}/${configMap}`;
  await editObject<ConfigMap>(client, CONFIG_MAP, { namespace, name: configMap }, (live) => {
    const corefile = live?.data?.[COREFILE];
    if (live === undefined || corefile === undefined) {
      const remedy = "Name CoreDNS' ConfigMap in dns.coreDns of this stack's config";
      throw new ClusterError(client.where, { operation, cause: "it does not exist", remedy });
    }
    const obstacle = obstacleIn(corefile);
    if (obstacle !== undefined) {
      const remedy = `Nothing was changed in it. ${obstacle.remedy}`;
      throw new ClusterError(client.where, { operation, cause: `it ${obstacle.rule}`, remedy });
    }
    const edited = edit(corefile);
    return edited === corefile ? undefined : { ...live, data: { ...live.data, [COREFILE]: edited } };
  });
}
