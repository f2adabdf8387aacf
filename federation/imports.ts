import { type GatewayAddress, refuseAddress } from "./address.ts";
import { type Contract, readContract } from "./contract.ts";
import type { ContractService } from "./contractService.ts";
import { type DomainClaim, judgeDomains } from "./domainClaim.ts";
import { type Fault, FaultsError, pathOf, within } from "./fault.ts";
import { isBelow } from "./hostname.ts";
import { compare, sortedRecord } from "./order.ts";
import { parseSpiffeId } from "./spiffe.ts";

/** What to have here of one peer. */
export interface PeerImports {
  peer: string;
  /** Empty as long as the peer's gateway has no address: then nothing can be registered yet. */
  gateways: GatewayAddress[];
  /** By host name, sorted. */
  services: Record<string, ContractService>;
  /** Single services left out, and why: a warning. */
  refused: Fault[];
  /** What the peer published, checked, for whatever else is needed of it (its roots, say). */
  contract: Contract;
}

/** Who imports, and what gateways it puts up with. */
export interface LocalCluster {
  /** Our cluster's name, by which a contract's `peers` may name us. */
  cluster: string;
  clusterDomain: string;
  trustDomain: string;
  /** CIDR ranges of gateway addresses to accept though they are loopback, link-local and the like. */
  allowGatewayAddresses: readonly string[];
}

/** A fault of a peer's contract as a whole. */
export interface PeerFault extends Fault {
  /** The peer's name in our config. */
  readonly peer: string;
}

/**
 * Plans what to register here of what the peers publish. A contract comes from another team, so nothing in it is trusted:
 *
 * - As a whole it must come from another cluster than ours, and its cluster and trust domains must neither be, hold
 *   nor lie in ours, another peer's or a further claim: no name or identity can then belong to two clusters. (Where two
 *   contracts clash, neither is taken: nothing here tells who is right. A claim was there before.) Its gateways must be addresses that traffic may go to.
 * - A service must lie below `svc.<the peer's cluster domain>`, and its identities in the peer's trust domain. One that does not
 *   is left out, and the others are taken. One whose `peers` does not name us is left out in silence: it is not meant for us.
 *
 * @param contracts by the peer's name in our config; each is read with {@link readContract}, so it may be anything.
 * @param claims further domains which are neither ours nor of any of these contracts.
 * @returns the peers whose contracts are fit as a whole, sorted, and the faults of the others.
 */
export function planImports(
  local: LocalCluster,
  contracts: Readonly<Record<string, unknown>>,
  claims: readonly DomainClaim[] = [],
): { imports: Record<string, PeerImports>; faults: PeerFault[] } {
  const faults: PeerFault[] = [];
  const readings: { peer: string; contract: Contract; refused: Fault[] }[] = [];
  for (const [peer, value] of Object.entries(contracts).sort(([one], [other]) => compare(one, other))) {
    try {
      readings.push({ peer, ...readContract(value, `contract of peer ${peer}`) });
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      faults.push(...error.faults.map((fault) => ofPeer(peer, fault)));
    }
  }

  const imports: [string, PeerImports][] = [];
  for (const { peer, contract, refused } of readings) {
    const others = readings.filter((reading) => reading.peer !== peer);
    const taken = [
      { ...local, owner: "this cluster" },
      ...others.map((other) => ({ ...other.contract, owner: `peer ${other.peer}` })),
      ...claims,
    ];
    const unfit = [
      ...judgeName(contract, local),
      ...judgeDomains(contract, taken),
      ...judgeGateways(contract, local),
    ];
    faults.push(...unfit.map((fault) => ofPeer(peer, fault)));
    if (unfit.length === 0) imports.push([peer, importPeer(peer, contract, refused, local)]);
  }
  return { imports: sortedRecord(imports), faults };
}

function ofPeer(peer: string, fault: Fault): PeerFault {
  return { ...within(contractPath(peer), fault), peer };
}

function contractPath(peer: string): string {
  return pathOf("peers", peer, "contract");
}

/** What a peer calls itself is its own affair (our config has a name for it), unless it takes our name. */
function judgeName({ cluster }: Contract, local: LocalCluster): Fault[] {
  if (cluster !== local.cluster) return [];
  const remedy = "Name the stack of another cluster, or have one of the two clusters renamed";
  return [{ path: "cluster", value: cluster, rule: "is the name of this very cluster", remedy }];
}

function judgeGateways({ gateways }: Contract, local: LocalCluster): Fault[] {
  return gateways.flatMap(({ address }, index) => {
    const path = pathOf("gateways", index, "address");
    if (address === local.clusterDomain || isBelow(address, local.clusterDomain)) {
      const rule = `is a name of this cluster's own domain '${local.clusterDomain}'`;
      return [{ path, value: address, rule, remedy: "Have the peer publish an address of its own" }];
    }
    const rule = refuseAddress(address, local.allowGatewayAddresses);
    const remedy =
      "Have the peer publish another, or accept the range by allowGatewayAddresses in this stack's config";
    return rule === undefined ? [] : [{ path, value: address, rule, remedy }];
  });
}

function importPeer(peer: string, contract: Contract, unreadable: Fault[], local: LocalCluster): PeerImports {
  const refused = [...unreadable];
  const services: [string, ContractService][] = [];
  for (const [host, service] of Object.entries(contract.services)) {
    if (service.peers !== undefined && !service.peers.includes(local.cluster)) continue;
    const faults = judgeService(host, service, contract);
    if (faults.length === 0) services.push([host, service]);
    refused.push(...faults);
  }
  return {
    peer,
    gateways: contract.gateways,
    services: sortedRecord(services),
    refused: refused.map((fault) => within(contractPath(peer), fault)),
    contract,
  };
}

function judgeService(host: string, { subjectAltNames }: ContractService, contract: Contract): Fault[] {
  const domain = `svc.${contract.clusterDomain}`;
  const outside: Fault = {
    path: pathOf("services", host),
    rule: `must be a name below '${domain}': a peer speaks for its own services only`,
    remedy: "Have the peer export it under its name there",
  };
  const foreign = subjectAltNames.flatMap((value, index) =>
    parseSpiffeId(value)?.trustDomain === contract.trustDomain
      ? []
      : [
          {
            path: pathOf("services", host, "subjectAltNames", index),
            value,
            rule: `must be of the peer's trust domain '${contract.trustDomain}'`,
            remedy: "Have the peer name the identity of its own workloads",
          },
        ],
  );
  return [...(isBelow(host, domain) ? [] : [outside]), ...foreign];
}
