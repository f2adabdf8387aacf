import type { GatewayAddress } from "../federation/address.ts";
import type { StackConfig } from "../federation/config.ts";
import type { ClusterDns } from "../federation/dns/clusterDns.ts";
import { dnsNames } from "../federation/dns/dnsNames.ts";
import { addressPeers } from "../federation/dns/importAddresses.ts";
import { warnOfMoves } from "../federation/dns/moves.ts";
import { readAddresses } from "../federation/dns/publishedAddresses.ts";
import { judgeRange } from "../federation/dns/rangeFaults.ts";
import { FaultsError, describeFault } from "../federation/fault.ts";
import type { PeerView } from "../federation/peers/peer.ts";
import { type KubernetesObject, SERVICE } from "../providers/cluster/kinds.ts";
import { surveyImportsBlock } from "./corefile.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import { type Permitted, ifPermitted } from "./permitted.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

type Service = KubernetesObject & { spec?: { clusterIP?: string; clusterIPs?: string[] } };

/** The API server's own Service: its address tells of what kind all are. */
const OWN_SERVICE = { namespace: "default", name: "kubernetes" };

/**
 * Gives imported services addresses by which CoreDNS knows them, where the config asks for that.
 * @param last outputs of the last update.
 * @param observed addresses of our gateway.
 * @returns the peers, their services with addresses, and warnings for the user.
 * @throws FaultsError at `dns` when there is no room for them, they would serve nobody here, or the Corefile has what keeps the names out.
 */
export async function addressImports(
  cluster: SurveyedCluster,
  config: StackConfig,
  found: Record<string, PeerView>,
  last: Pick<OwnOutputs, "importAddresses" | "statuses">,
  observed: readonly GatewayAddress[] = [],
): Promise<{ peers: Record<string, PeerView>; dns: ClusterDns; warnings: string[] }> {
  const known = readAddresses(last.importAddresses);
  const { peers, addresses, faults } = addressPeers(found, config, known);
  const range = config.dns?.addresses;
  const asked = range === undefined ? undefined : addresses;
  const moves = warnOfMoves(peers, known, asked, last.statuses);
  if (range === undefined || asked === undefined) {
    if (faults.length > 0) throw new FaultsError("cluster", faults);
    return { peers, dns: addresses === undefined ? {} : { addresses }, warnings: moves };
  }
  const { found: clusterIPs, refused } = await readClusterIPs(cluster);
  const gateways = gatewaysOf(peers, [...(config.gateway.advertise ?? []), ...observed]);
  const unfit = [...faults, ...judgeRange(range, { clusterIPs, gateways })];
  if (unfit.length > 0) throw new FaultsError("cluster", unfit);
  const names = dnsNames(peers, asked, config);
  const { warnings, ...stub } = await surveyImportsBlock(cluster, config, names.zones);
  return {
    peers,
    dns: { addresses: asked, ...stub },
    warnings: [...refused.map(describeFault), ...names.warnings, ...moves, ...warnings],
  };
}

/** None where there is no cluster to ask. */
async function readClusterIPs(cluster: SurveyedCluster): Promise<Permitted<string[]>> {
  const found = await cluster.read((client) => {
    const { namespace, name } = OWN_SERVICE;
    const asked = client.get<Service>(SERVICE, namespace, name).then((service) => {
      const { clusterIP, clusterIPs } = service?.spec ?? {};
      return clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
    });
    return ifPermitted(asked, [], "this cluster's Services have addresses of dns.addresses, or of IPv6 only");
  });
  return "unreachable" in found ? { found: [], refused: [] } : found;
}

function gatewaysOf(
  peers: Readonly<Record<string, PeerView>>,
  own: readonly GatewayAddress[],
): { address: string; whose: string }[] {
  const theirs = Object.entries(peers).flatMap(([peer, view]) => {
    const { gateways } = view.state === "ready" ? view.imports : view;
    return gateways.map(({ address }) => ({ address, whose: `a gateway of peer ${peer}` }));
  });
  return [...own.map(({ address }) => ({ address, whose: "this cluster's gateway" })), ...theirs];
}
