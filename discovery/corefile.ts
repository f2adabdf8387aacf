import { count } from "../federation/change.ts";
import type { StackConfig } from "../federation/config.ts";
import type { CoreDns } from "../federation/config/dns.ts";
import { renderImportsStub } from "../federation/corefile/importsStub.ts";
import { type Obstacle, obstacleIn } from "../federation/corefile/obstacle.ts";
import { renderStub } from "../federation/corefile/stub.ts";
import { corefileWarnings } from "../federation/corefile/warnings.ts";
import type { Zone } from "../federation/dns/zones.ts";
import { FaultsError } from "../federation/fault.ts";
import { GLOBAL_DOMAIN } from "../federation/topology/globalName.ts";
import { readCorefile } from "../providers/coreDnsStub/corefile.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

const MISSING: Obstacle = {
  rule: "is not there, or has no Corefile",
  remedy: "Name the ConfigMap of this cluster's CoreDNS",
};

/** Bytes that our blocks may take: what else is in the ConfigMap must fit into its 1 MiB as well. */
const BLOCK_LIMIT = 900_000;

/** Looks whether the Corefile will take the block for global names, see {@link surveyBlock}, where the config asks for that. */
export async function surveyCorefile(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
): Promise<string[]> {
  const { coreDns } = dns ?? {};
  if (coreDns?.address === undefined) return [];
  return surveyBlock(cluster, coreDns, renderStub(coreDns.address, coreDns.port), [GLOBAL_DOMAIN]);
}

/**
 * The server blocks for imported names.
 * @param names by the zone that answers for each.
 * @returns warnings for the user, and the blocks: none where there are no names, or the config asks for none.
 * @throws FaultsError see {@link surveyBlock}; also when they are too large.
 */
export async function surveyImportsBlock(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
  names: readonly Zone[],
): Promise<{ block?: string; warnings: string[] }> {
  const { coreDns } = dns ?? {};
  if (coreDns === undefined || names.length === 0) return { warnings: [] };
  const block = renderImportsStub(names, coreDns.port);
  if (block.length > BLOCK_LIMIT) {
    const hosts = names.reduce((sum, { addresses }) => sum + Object.keys(addresses).length, 0);
    const rule = `would put ${count(block.length)} bytes for ${count(hosts)} imported names into the Corefile, and may put ${count(BLOCK_LIMIT)}`;
    const remedy = "Import fewer services, or leave dns out and let the clients' sidecars answer DNS";
    throw new FaultsError("cluster", [{ path: "dns.coreDns", rule, remedy }]);
  }
  const zones = names.map(({ name }) => name);
  return { block, warnings: await surveyBlock(cluster, coreDns, block, zones) };
}

/**
 * Looks whether the Corefile that the config names will take our block, so that a preview tells when it will not.
 * @param zones of the block.
 * @returns warnings for the user.
 * @throws FaultsError at `dns.coreDns` when it is not there, or has what keeps the block out.
 */
async function surveyBlock(
  cluster: SurveyedCluster,
  { namespace, configMap }: CoreDns,
  block: string,
  zones: readonly string[],
): Promise<string[]> {
  const found = await cluster.read(async (client) => ({
    corefile: await readCorefile(client, { namespace, configMap }),
  }));
  if ("unreachable" in found) return [];
  const { corefile } = found;
  const value = `${namespace}/${configMap}`;
  const obstacle = corefile === undefined ? MISSING : obstacleIn(corefile, block);
  if (obstacle !== undefined)
    throw new FaultsError("cluster", [{ path: "dns.coreDns.configMap", value, ...obstacle }]);
  return corefileWarnings(corefile ?? "", zones).map((warning) => `Corefile ${value} ${warning}`);
}
