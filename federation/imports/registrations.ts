import type { OutsideCertificates } from "../authority/source.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import { count } from "../core/change.ts";
import { type Fault, describeFaults, FaultsError, pathOf } from "../core/fault.ts";
import { refuseExtraName } from "../core/nameTemplate.ts";
import { ownValue, sortedRecord } from "../core/order.ts";
import { utc } from "../core/text.ts";
import { TRAITS } from "../core/topology.ts";
import { type PeerImports, planImports } from "./contracts.ts";
import { claimOfPending, peerNamesOf } from "./domains.ts";
import { type ChosenPeer, chooseImports } from "./importChoice.ts";
import { nameLocalServices } from "./localNames.ts";
import { noteNames } from "./peerNames.ts";
import {
  warningsOf,
  type ContractReading,
  type LastPeers,
  type PeerView,
  published,
} from "./registration.ts";
import { shareNames } from "./sharedHosts.ts";
import { noteCommonTrust, noteUnnamedTrust } from "../trust/commonTrust.ts";
import { judgePin, type PinJudgement } from "../trust/pin.ts";
import { type PinnedPeer, pinnable } from "../trust/pinnedPeer.ts";

/** What is left of a plan when the stack's rules have chosen. */
export interface ChosenImports {
  /** By peer, sorted. */
  imports: Record<string, ChosenPeer>;
  /** What contradicts what the peers offer, or one another. */
  faults: Fault[];
  /** Of rules that decide nothing, names that peers do not serve though they could, and services that cannot have a local Service. */
  warnings: string[];
}

/**
 * Chooses what to import of each peer by the rules of the stack's config, and who serves the names that several of them have; names their local
 * Services, where the config asks for these.
 * @param planned what there is to choose from, by peer.
 */
export function chooseFromPeers(
  planned: Readonly<Record<string, PeerImports>>,
  { cluster, peers, dns }: Pick<StackConfig, "cluster" | "peers" | "dns">,
): ChosenImports {
  const ours = [cluster.domain, ...cluster.domains];
  const choices = Object.entries(planned).map(([peer, found]) => {
    const theirs = domainsOfOthers(planned, peer);
    const refuse = (name: string): string | undefined => refuseExtraName(name, ours, theirs);
    return chooseImports(found, ownValue(peers, peer) ?? {}, refuse);
  });
  const shared = shareNames(choices);
  const givenAt = new Map(choices.map((choice) => [choice.imports.peer, choice.givenAt]));
  const named = nameLocalServices(
    shared.imports,
    (peer, host) => givenAt.get(peer)?.has(host) === true,
    dns?.services,
  );
  return {
    imports: Object.fromEntries(named.imports.map((imports) => [imports.peer, imports])),
    faults: [...choices.flatMap(({ faults }) => faults), ...shared.faults, ...named.faults],
    warnings: [
      ...describeFaults(
        choices.flatMap((choice) => choice.warnings),
        "rules of imports that decide nothing",
      ),
      ...describeFaults(shared.warnings, "warnings about names that several peers have"),
      ...describeFaults(named.warnings, "imported services without a local Service"),
    ],
  };
}

/** Names in them are found with their peer alone, so that they never move. */
function domainsOfOthers(
  planned: Readonly<Record<string, PeerImports>>,
  peer: string,
): Record<string, string> {
  const others = Object.entries(planned).filter(([name]) => name !== peer);
  return Object.fromEntries(
    others.flatMap(
      ([
        name,
        {
          contract: { clusterDomain, meshDomain, domains = [] },
        },
      ]) =>
        [clusterDomain, meshDomain, ...domains].flatMap((domain) =>
          domain === undefined ? [] : [[domain, `peer ${name}`] as const],
        ),
    ),
  );
}
/**
 * Judges what the peers publish: who is ready, who is pending, and what is to be imported.
 * @param readings by the peer's name, as in the config.
 * @param now the time, for peers that are pending from now on.
 * @param own certificates of our certificate authority, where it comes from outside: the names of one's own are known.
 * @returns the peers sorted by name, a warning for each pending peer and each service left out, and notes on whom is trusted anew, or as
 *   one of us.
 * @throws FaultsError when a contract cannot be trusted as a whole, or is not from whom it was before; every fault of every peer is named.
 */
export function viewPeers(
  config: StackConfig,
  readings: Record<string, ContractReading>,
  last: LastPeers,
  now: Date,
  { roots: ownRoots, intermediates }: OutsideCertificates = { roots: [], intermediates: [] },
): { peers: Record<string, PeerView>; warnings: string[]; notes: string[] } {
  const { cluster, allowGatewayAddresses } = config;
  const { name: ownName, domain: clusterDomain, meshDomain, domains, trustDomain } = cluster;
  const { topology } = config;
  const rootCertificates = [...intermediates, ...ownRoots];
  const local = {
    ...{ cluster: ownName, clusterDomain, trustDomain, topology, rootCertificates, ownRoots },
    ...(TRAITS[topology].names.includes("mesh") ? { meshDomain, domains } : {}),
    names: sortedRecord(
      Object.entries(config.peers).flatMap(([name, { names }]) =>
        names === undefined ? [] : [[name, names] as const],
      ),
    ),
  };
  const pinOf = (peer: string, contract: Contract): PinJudgement =>
    judgePin(
      peer,
      contract,
      now,
      ownValue(last.pinned, peer),
      ownValue(config.peers, peer)?.identity,
      ownRoots,
    );
  const planned = planImports(
    { ...local, allowGatewayAddresses },
    published(readings),
    Object.entries(last.pinned).flatMap(([name, pinned]) => {
      const reading = ownValue(readings, name);
      return reading === undefined || "contract" in reading ? [] : [claimOfPending(name, pinned, local)];
    }),
    (peer, contract) => pinOf(peer, contract).faults,
  );
  const { imports, faults, warnings } = chooseFromPeers(planned.imports, config);
  const all = [...planned.faults, ...faults];
  if (all.length > 0) throw new FaultsError("What the peers publish", all);

  const views = Object.keys(readings)
    .sort()
    .map((name): [string, PeerView] => {
      const known = ownValue(last.statuses, name);
      const since = known?.state === "pending" && known.since !== "" ? known.since : utc(now);
      const found = ownValue(imports, name);
      if (found !== undefined) {
        const stack = config.peers[name]?.stack ?? name;
        const view = viewContract(found, pinnable(found.contract, now), stack, known?.imported ?? 0, since);
        return [name, view];
      }
      const reading = readings[name];
      const reason =
        reading !== undefined && "pending" in reading ? reading.pending : "its stack was not read";
      const pinned = ownValue(last.pinned, name);
      const trusted = pinned === undefined ? {} : { pinned };
      return [name, { state: "pending", reason, since, gateways: [], ...trusted }];
    });
  return {
    peers: Object.fromEntries(views),
    warnings: [
      ...views.flatMap(([name, view]) => warningsOf(name, view, config, ownValue(last.statuses, name))),
      ...warnings,
    ],
    notes: [
      ...Object.entries(imports).flatMap(([peer, { contract }]) => pinOf(peer, contract).notes),
      ...Object.entries(imports).flatMap(([peer, { contract }]) =>
        noteNames(peer, peerNamesOf(peer, contract, local), contract, ownValue(last.pinned, peer)),
      ),
      ...noteCommonTrust(
        Object.fromEntries(
          views.flatMap(([name, { pinned }]) => (pinned === undefined ? [] : [[name, pinned.trustDomain]])),
        ),
        trustDomain,
      ),
      ...noteUnnamedTrust(
        config,
        views.flatMap(([name, { pinned }]) => (pinned === undefined ? [] : [[name, pinned.trustDomain]])),
      ),
    ],
  };
}

/** @param imported how many of its services are registered here. */
function viewContract(
  imports: ChosenPeer,
  pinned: PinnedPeer,
  stack: string,
  imported: number,
  since: string,
): PeerView {
  const { gateways, services } = imports;
  if (gateways.length === 0) {
    const reason = `its east-west gateway has no address yet; run \`pulumi up\` on stack ${stack} when it has one, then here`;
    return { state: "pending", reason, since, gateways, pinned };
  }
  // An export list that was emptied by mistake, or all of whose services are refused, must not cut everybody off.
  if (Object.keys(services).length === 0 && imported > 0 && imports.elsewhere === undefined) {
    const reason =
      imports.passedOver === undefined
        ? "its contract offers this cluster nothing any more that can be imported"
        : `the rules in ${pathOf("peers", imports.peer, "imports")} import none of the ${count(imports.passedOver)} service(s) that it offers`;
    return { state: "pending", reason, since, gateways, pinned };
  }
  return { state: "ready", imports, pinned };
}
