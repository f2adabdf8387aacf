import { count } from "../federation/change.ts";
import type { StackConfig } from "../federation/config.ts";
import type { CoreDns } from "../federation/config/dns.ts";
import { renderImportsStub } from "../federation/corefile/importsStub.ts";
import { neighboursIn } from "../federation/corefile/neighbours.ts";
import { NODE_LOCAL, nodeLocalWarnings } from "../federation/corefile/nodeLocal.ts";
import { type Obstacle, obstacleIn } from "../federation/corefile/obstacle.ts";
import { renderStub } from "../federation/corefile/stub.ts";
import type { Surroundings } from "../federation/corefile/surroundings.ts";
import { corefileWarnings } from "../federation/corefile/warnings.ts";
import type { ClusterDns } from "../federation/dns/clusterDns.ts";
import type { Zone } from "../federation/dns/zones.ts";
import { FaultsError } from "../federation/fault.ts";
import { GLOBAL_DOMAIN } from "../federation/topology/globalName.ts";
import type { ClusterClient } from "../providers/cluster/clusterClient.ts";
import { isForbidden } from "../providers/cluster/clusterError.ts";
import { readCorefile } from "../providers/coreDnsStub/corefile.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

/** What is to be in the Corefile, and what the user is to know of that. */
export interface CorefileSurvey extends Pick<ClusterDns, "block"> {
  /** A sentence each. */
  warnings: string[];
}

const MISSING: Obstacle = {
  rule: "is not there, or has no Corefile",
  remedy: "Name the ConfigMap of this cluster's CoreDNS",
};

/** Bytes that our blocks may take: what else is in the ConfigMap must fit into its 1 MiB as well. */
const BLOCK_LIMIT = 900_000;

/** The server block for global names, see {@link surveyBlock}; none where the config does not ask for it. */
export async function surveyCorefile(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
): Promise<CorefileSurvey> {
  const { coreDns } = dns ?? {};
  const { address } = coreDns ?? {};
  if (coreDns === undefined || address === undefined) return { warnings: [] };
  const zones = [GLOBAL_DOMAIN];
  return surveyBlock(cluster, coreDns, zones, (around) =>
    renderStub(address, coreDns.port, around?.(GLOBAL_DOMAIN)),
  );
}

/**
 * The server blocks for imported names, see {@link surveyBlock}; none where there are no names, or the config asks for none.
 * @param names by the zone that answers for each.
 * @throws FaultsError also when they are too large.
 */
export async function surveyImportsBlock(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
  names: readonly Zone[],
): Promise<CorefileSurvey> {
  const { coreDns } = dns ?? {};
  if (coreDns === undefined || names.length === 0) return { warnings: [] };
  const zones = names.map(({ name }) => name);
  const render = (around?: (zone: string) => Surroundings): string =>
    renderImportsStub(names, coreDns.port, around);
  const { length } = render();
  if (length > BLOCK_LIMIT) {
    const hosts = names.reduce((sum, { addresses }) => sum + Object.keys(addresses).length, 0);
    const rule = `would put ${count(length)} bytes for ${count(hosts)} imported names into the Corefile, and may put ${count(BLOCK_LIMIT)}`;
    const remedy = "Import fewer services, or leave dns out and let the clients' sidecars answer DNS";
    throw new FaultsError("cluster", [{ path: "dns.coreDns", rule, remedy }]);
  }
  return surveyBlock(cluster, coreDns, zones, render);
}

/**
 * Looks whether the Corefile that the config names will take our block, so that a preview tells when it will not.
 * @param zones of the block.
 * @param render the block, by what stands around it; by nothing where the cluster cannot be read.
 * @throws FaultsError at `dns.coreDns` when it is not there, or has what keeps the block out.
 */
async function surveyBlock(
  cluster: SurveyedCluster,
  { namespace, configMap, port }: CoreDns,
  zones: readonly string[],
  render: (around?: (zone: string) => Surroundings) => string,
): Promise<CorefileSurvey> {
  const found = await cluster.read(async (client) => ({
    corefile: await readCorefile(client, { namespace, configMap }),
    nodeLocal: await nodeLocalIn(client, namespace),
  }));
  if ("unreachable" in found) return { block: render(), warnings: [] };
  const { corefile, nodeLocal } = found;
  const value = `${namespace}/${configMap}`;
  const block = render(neighboursIn(corefile ?? "", port));
  const obstacle = corefile === undefined ? MISSING : obstacleIn(corefile, block);
  if (obstacle !== undefined)
    throw new FaultsError("cluster", [{ path: "dns.coreDns.configMap", value, ...obstacle }]);
  const told = (name: string, warnings: string[]): string[] =>
    warnings.map((warning) => `Corefile ${name} ${warning}`);
  return {
    block,
    warnings: [
      ...told(value, corefileWarnings(corefile ?? "", zones, port)),
      ...told(
        `${namespace}/${NODE_LOCAL}`,
        nodeLocal === undefined ? [] : nodeLocalWarnings(nodeLocal, zones),
      ),
    ],
  };
}

/** Who may not look for it updates as before. */
async function nodeLocalIn(client: ClusterClient, namespace: string): Promise<string | undefined> {
  try {
    return await readCorefile(client, { namespace, configMap: NODE_LOCAL });
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return undefined;
  }
}
