import type { StackConfig } from "../federation/config.ts";
import { obstacleIn } from "../federation/corefile.ts";
import { FaultsError } from "../federation/fault.ts";
import { readCorefile } from "../providers/coreDnsStub/corefile.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

/**
 * Looks whether the Corefile that the config names will take our block, so that a preview tells when it will not.
 * @throws FaultsError at `dns.coreDns` when it is not there, or has what keeps the block out.
 */
export async function surveyCorefile(
  cluster: SurveyedCluster,
  { dns }: Pick<StackConfig, "dns">,
): Promise<void> {
  if (dns?.coreDns === undefined) return;
  const { namespace, configMap } = dns.coreDns;
  const found = await cluster.read(async (client) => ({
    corefile: await readCorefile(client, { namespace, configMap }),
  }));
  if ("unreachable" in found) return;
  const { corefile } = found;
  const rule = corefile === undefined ? "is not there, or has no Corefile" : obstacleIn(corefile);
  if (rule === undefined) return;
  const remedy =
    corefile === undefined
      ? "Name the ConfigMap of this cluster's CoreDNS"
      : "Have its owner remove that, or leave dns.coreDns out";
  const value = `${namespace}/${configMap}`;
  throw new FaultsError("cluster", [{ path: "dns.coreDns.configMap", value, rule, remedy }]);
}
