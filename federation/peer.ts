import type { StackConfig } from "./config.ts";
import type { DomainClaim } from "./domainClaim.ts";
import { FaultsError, describeFault } from "./fault.ts";
import { type PeerImports, planImports } from "./imports.ts";
import type { TrustAnchor } from "./trustAnchor.ts";

/** What reading a peer's stack gave: its output `federation`, not yet checked, or why there is none. */
export type ContractReading = { contract: unknown } | { pending: string };

/** A peer as this run of the program found it. */
export type PeerView = ReadyPeer | PendingPeer;

/** A peer whose contract is there: its services are imported. */
export interface ReadyPeer {
  state: "ready";
  imports: PeerImports;
  trustAnchor: TrustAnchor;
}

/** A peer whose contract is not there yet, or no more. */
export interface PendingPeer {
  state: "pending";
  /** Why, and what to do, in a sentence for a person. */
  reason: string;
  /** What was trusted when the peer was last seen: it stays, as its entries do. */
  trustAnchor?: TrustAnchor;
}

/** One peer in the stack output `peers`. */
export interface PeerStatus {
  state: PeerView["state"];
  /** Empty when ready. */
  reason: string;
  /** How many of its services are registered here. */
  imported: number;
}

/**
 * Judges what the peers publish: who is ready, who is pending, and what is to be imported.
 * @param readings by the peer's name, as in the config.
 * @param lastAnchors by whom each peer was trusted when this stack was last updated. A pending peer keeps its domains by it.
 * @returns the peers sorted by name, and a warning for each pending peer and each service left out.
 * @throws FaultsError when a contract cannot be trusted as a whole; every fault of every peer is named.
 */
export function viewPeers(
  config: StackConfig,
  readings: Record<string, ContractReading>,
  lastAnchors: Record<string, TrustAnchor>,
): { peers: Record<string, PeerView>; warnings: string[] } {
  const { cluster, allowGatewayAddresses } = config;
  const local = { cluster: cluster.name, clusterDomain: cluster.domain, trustDomain: cluster.trustDomain };
  const { imports, faults } = planImports(
    { ...local, allowGatewayAddresses },
    published(readings),
    claimsOfPending(readings, lastAnchors),
  );
  if (faults.length > 0) throw new FaultsError("What the peers publish", faults);

  const views = Object.keys(readings)
    .sort()
    .map((name): [string, PeerView] => {
      const found = imports[name];
      if (found !== undefined) return [name, viewContract(found, config.peers[name]?.stack ?? name)];
      const reading = readings[name];
      const reason =
        reading !== undefined && "pending" in reading ? reading.pending : "its stack was not read";
      const trustAnchor = lastAnchors[name];
      return [name, { state: "pending", reason, ...(trustAnchor === undefined ? {} : { trustAnchor }) }];
    });
  return {
    peers: Object.fromEntries(views),
    warnings: views.flatMap(([name, view]) => warningsOf(name, view)),
  };
}

function published(readings: Record<string, ContractReading>): Record<string, unknown> {
  const found = Object.entries(readings).flatMap(([name, reading]) =>
    "contract" in reading ? [[name, reading.contract] as const] : [],
  );
  return Object.fromEntries(found);
}

/** The domains of a peer without a contract stay its own: its entries and its roots stay here too. */
function claimsOfPending(
  readings: Record<string, ContractReading>,
  lastAnchors: Record<string, TrustAnchor>,
): DomainClaim[] {
  return Object.entries(lastAnchors).flatMap(([name, { clusterDomain, trustDomain }]) => {
    const reading = readings[name];
    if (reading === undefined || "contract" in reading) return [];
    return [{ owner: `pending peer ${name}`, clusterDomain, trustDomain }];
  });
}

function viewContract(imports: PeerImports, stack: string): PeerView {
  const { clusterDomain, trustDomain, rootCertificates } = imports.contract;
  const trustAnchor = { clusterDomain, trustDomain, rootCertificates };
  if (imports.gateways.length > 0) return { state: "ready", imports, trustAnchor };
  const reason = `its east-west gateway has no address yet; run \`pulumi up\` on stack ${stack} when it has one, then here`;
  return { state: "pending", reason, trustAnchor };
}

function warningsOf(name: string, view: PeerView): string[] {
  if (view.state === "pending") return [`Peer ${name} is pending: ${view.reason}`];
  return view.imports.refused.map((fault) => `Left out: ${describeFault(fault)}`);
}
