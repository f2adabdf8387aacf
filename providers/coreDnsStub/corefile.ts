import type { Obstacle } from "../../federation/topology/globalBlock.ts";
import { type ClusterClient, statusOf } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import { CONFIG_MAP, type KubernetesObject } from "../../kubernetes/kinds.ts";

/** Where a Corefile is. */
export interface CorefileName {
  namespace: string;
  configMap: string;
}

/** What to do with a Corefile. */
export interface CorefileEdit {
  /** What keeps it from being edited. */
  obstacle: (corefile: string) => Obstacle | undefined;
  /** Gives the new text; the same text is no write. */
  edit: (corefile: string) => string;
}

type ConfigMap = KubernetesObject & { data?: Record<string, string> };

/** Key of the ConfigMap, by which CoreDNS is told in every cluster. */
const COREFILE = "Corefile";

/** How often to look again at a Corefile that others write to at the same time. */
const ATTEMPTS = 5;

/**
 * Reads a Corefile.
 * @returns undefined when there is no such ConfigMap, or it has none.
 */
export async function readCorefile(
  client: ClusterClient,
  { namespace, configMap }: CorefileName,
): Promise<string | undefined> {
  return (await client.get<ConfigMap>(CONFIG_MAP, namespace, configMap))?.data?.[COREFILE];
}

/**
 * Changes a Corefile, all else of its ConfigMap staying as it is, and as nobody else changed it meanwhile. Not there is an error.
 * @throws ClusterError when the Corefile is not there, cannot be changed, or has an obstacle in it.
 */
export async function editCorefile(
  client: ClusterClient,
  { namespace, configMap }: CorefileName,
  { obstacle: obstacleIn, edit }: CorefileEdit,
): Promise<void> {
  const operation = `change ${COREFILE} of ConfigMap ${namespace}/${configMap}`;
  for (let attempt = 1; ; attempt++) {
    const live = await client.get<ConfigMap>(CONFIG_MAP, namespace, configMap);
    const corefile = live?.data?.[COREFILE];
    if (live === undefined || corefile === undefined) {
      const remedy = "Name CoreDNS' ConfigMap in dns.coreDns of this stack's config";
      throw new ClusterError(client.where, { operation, cause: "it is not there", remedy });
    }
    const obstacle = obstacleIn(corefile);
    if (obstacle !== undefined) {
      const remedy = `Nothing was changed in it. ${obstacle.remedy}`;
      throw new ClusterError(client.where, { operation, cause: `it ${obstacle.rule}`, remedy });
    }
    const edited = edit(corefile);
    if (edited === corefile) return;
    try {
      await client.replace(CONFIG_MAP, { ...live, data: { ...live.data, [COREFILE]: edited } });
      return;
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}
