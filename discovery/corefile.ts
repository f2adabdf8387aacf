import type { SurveyedCluster } from "./surveyedCluster.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { FaultsError } from "../federation/core/fault.ts";
import {
  NODE_LOCAL,
  type Obstacle,
  corefileWarnings,
  nodeLocalWarnings,
  obstacleIn,
  renderGlobalBlock,
  rootDirectives,
} from "../federation/topology/globalBlock.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/errors.ts";
import { readCorefile } from "../kubernetes/corefile.ts";

/** The server block for global names, and warnings about the Corefile. */
export interface CorefileSurvey {
  /** In its markers; undefined where the config does not ask for it. */
  block: string | undefined;
  /** A sentence each. */
  warnings: string[];
}

const MISSING: Obstacle = {
  rule: "is not there, or has no Corefile",
  remedy: "Name the ConfigMap of this cluster's CoreDNS",
};

/**
 * Renders the server block for global names, and checks whether the Corefile takes it, so that a preview shows when it does not.
 * @throws FaultsError at `dns.coreDns` when the Corefile is not there, or has an obstacle.
 */
export async function surveyCorefile(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
): Promise<CorefileSurvey> {
  if (dns?.coreDns === undefined) return { block: undefined, warnings: [] };
  const { namespace, configMap, port, address } = dns.coreDns;
  const found = await cluster.read(async (client) => ({
    corefile: await readCorefile(client, { namespace, configMap }),
    nodeLocal: await nodeLocalIn(client, namespace),
  }));
  if ("unreachable" in found) return { block: renderGlobalBlock(address, port), warnings: [] };
  const { corefile, nodeLocal } = found;
  const value = `${namespace}/${configMap}`;
  const block = renderGlobalBlock(address, port, rootDirectives(corefile ?? "", port));
  const obstacle = corefile === undefined ? MISSING : obstacleIn(corefile, block);
  if (obstacle !== undefined)
    throw new FaultsError("cluster", [{ path: "dns.coreDns.configMap", value, ...obstacle }]);
  const own = corefileWarnings(corefile ?? "", port).map((warning) => `Corefile ${value} ${warning}`);
  const others = nodeLocal === undefined ? [] : nodeLocalWarnings(nodeLocal);
  return {
    block,
    warnings: [...own, ...others.map((warning) => `Corefile ${namespace}/${NODE_LOCAL} ${warning}`)],
  };
}

/** undefined also for a user who may not read it. */
async function nodeLocalIn(client: ClusterClient, namespace: string): Promise<string | undefined> {
  try {
    return await readCorefile(client, { namespace, configMap: NODE_LOCAL });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return undefined;
  }
}
