import type { StackConfig } from "../federation/config.ts";
import { type ImportAddresses, addressPeers, domainsOf } from "../federation/dns/importAddresses.ts";
import { zonesOf } from "../federation/dns/zones.ts";
import { FaultsError } from "../federation/fault.ts";
import { sortedRecord } from "../federation/order.ts";
import type { PeerView } from "../federation/peers/peer.ts";
import { surveyImportsBlock } from "./corefile.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

/** How clients find imported names whose sidecars do not answer DNS. */
export interface ImportDns {
  /** For the next run. */
  addresses: ImportAddresses;
  /** What is to be in the Corefile; left out where there are no names. */
  block?: string;
}

/**
 * Gives imported services addresses by which CoreDNS knows them, where the config asks for that.
 * @param last output `importAddresses` of the last update, unchecked.
 * @returns the peers, their services with addresses, and warnings for the user.
 * @throws FaultsError at `dns` when there is no room for them, or the Corefile has what keeps the names out.
 */
export async function addressImports(
  cluster: SurveyedCluster,
  config: Pick<StackConfig, "dns" | "peers">,
  found: Record<string, PeerView>,
  last: unknown,
): Promise<{ peers: Record<string, PeerView>; dns?: ImportDns; warnings: string[] }> {
  const { peers, addresses, faults } = addressPeers(found, config, last);
  if (faults.length > 0) throw new FaultsError("cluster", faults);
  if (addresses === undefined) return { peers, warnings: [] };
  const all = sortedRecord(Object.values(addresses).flatMap((each) => Object.entries(each)));
  const zones = zonesOf(all, domainsOf(peers, config.peers));
  const { warnings, ...stub } = await surveyImportsBlock(cluster, config, zones);
  return { peers, dns: { addresses, ...stub }, warnings };
}
