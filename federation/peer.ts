import type { StackConfig } from "./config.ts";
import { type Contract, parseContract } from "./contract.ts";
import { type Fault, FaultsError, describeFault } from "./fault.ts";
import { type PeerImports, planImports } from "./imports.ts";

/** By which roots a peer's workloads are trusted here, and for which identities only. */
export interface TrustAnchor {
  /** SPIFFE trust domain of the peer. */
  trustDomain: string;
  /** Root certificates, PEM, one each. */
  rootCertificates: string[];
}

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
 * @param lastAnchors by whom each peer was trusted when this stack was last updated.
 * @returns the peers sorted by name, and a warning for each pending peer and each service left out.
 * @throws FaultsError when a contract cannot be trusted as a whole; every fault of every peer is named.
 */
export function viewPeers(
  config: StackConfig,
  readings: Record<string, ContractReading>,
  lastAnchors: Record<string, TrustAnchor>,
): { peers: Record<string, PeerView>; warnings: string[] } {
  const names = Object.keys(readings).sort();
  const contracts = readableContracts(config, readings, names);

  const views = names.map((name): [string, PeerView] => {
    const reading = readings[name];
    const found = contracts[name];
    if (found !== undefined) return [name, viewContract(name, config, found.contract, found.imports)];
    const reason = reading !== undefined && "pending" in reading ? reading.pending : "its stack was not read";
    const trustAnchor = lastAnchors[name];
    return [name, { state: "pending", reason, ...(trustAnchor === undefined ? {} : { trustAnchor }) }];
  });
  return { peers: Object.fromEntries(views), warnings: views.flatMap(([name, view]) => warningsOf(name, view)) };
}

function readableContracts(
  config: StackConfig,
  readings: Record<string, ContractReading>,
  names: string[],
): Record<string, { contract: Contract; imports: PeerImports | undefined }> {
  const faults: Fault[] = [];
  const contracts: Record<string, Contract> = {};
  for (const name of names) {
    const reading = readings[name];
    if (reading === undefined || "pending" in reading) continue;
    try {
      contracts[name] = parseContract(reading.contract, sourceOf(name, config));
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      faults.push(...error.faults.map((fault) => ({ ...fault, path: `${sourceOf(name, config)}: ${fault.path}` })));
    }
  }
  const { cluster, allowGatewayAddresses } = config;
  const plan = planImports(
    { cluster: cluster.name, clusterDomain: cluster.domain, trustDomain: cluster.trustDomain, allowGatewayAddresses },
    contracts,
  );
  faults.push(...plan.faults);
  if (faults.length > 0) throw new FaultsError("What the peers publish", faults);
  return Object.fromEntries(
    Object.entries(contracts).map(([name, contract]) => [name, { contract, imports: plan.imports[name] }]),
  );
}

function sourceOf(name: string, config: StackConfig): string {
  return `contract of peer ${name} (stack ${config.peers[name]?.stack ?? name})`;
}

function viewContract(
  name: string,
  config: StackConfig,
  { trustDomain, rootCertificates, gateways }: Contract,
  imports: PeerImports | undefined,
): PeerView {
  const trustAnchor = { trustDomain, rootCertificates };
  if (imports !== undefined && gateways.length > 0) return { state: "ready", imports, trustAnchor };
  const stack = config.peers[name]?.stack ?? name;
  const reason = `its east-west gateway has no address yet; run \`pulumi up\` on stack ${stack} when it has one, then here`;
  return { state: "pending", reason, trustAnchor };
}

function warningsOf(name: string, view: PeerView): string[] {
  if (view.state === "pending") return [`Peer ${name} is pending: ${view.reason}`];
  return view.imports.refused.map((fault) => `Peer ${name}, left out: ${describeFault(fault)}`);
}
