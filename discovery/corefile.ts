import type { StackConfig } from "../federation/config.ts";
import { type Obstacle, obstacleIn } from "../federation/corefile/obstacle.ts";
import { renderStub } from "../federation/corefile/stub.ts";
import { corefileWarnings } from "../federation/corefile/warnings.ts";
import { FaultsError } from "../federation/fault.ts";
import { readCorefile } from "../providers/coreDnsStub/corefile.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

const MISSING: Obstacle = {
  rule: "is not there, or has no Corefile",
  remedy: "Name the ConfigMap of this cluster's CoreDNS",
};

/**
 * Looks whether the Corefile that the config names will take our block, so that a preview tells when it will not.
 * @returns warnings for the user.
 * @throws FaultsError at `dns.coreDns` when it is not there, or has what keeps the block out.
 */
export async function surveyCorefile(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
): Promise<string[]> {
  if (dns?.coreDns === undefined) return [];
  const { namespace, configMap, address, port } = dns.coreDns;
  const found = await cluster.read(async (client) => ({
    corefile: await readCorefile(client, { namespace, configMap }),
  }));
  if ("unreachable" in found) return [];
  const { corefile } = found;
  const value = `${namespace}/${configMap}`;
  const obstacle = corefile === undefined ? MISSING : obstacleIn(corefile, renderStub(address, port));
  if (obstacle !== undefined)
    throw new FaultsError("cluster", [{ path: "dns.coreDns.configMap", value, ...obstacle }]);
  return corefileWarnings(corefile ?? "").map((warning) => `Corefile ${value} ${warning}`);
}
