import * as pulumi from "@pulumi/pulumi";
import { findAuthority } from "./authority.ts";
import { surveyCorefile } from "./corefile.ts";
import { decideCallers } from "./decidedCallers.ts";
import { decideExports, noteExports, withhold } from "./decidedExports.ts";
import { discoverServices } from "./exportedServices.ts";
import { faultsOfAll } from "./faultsOfAll.ts";
import { findForeignPolicies } from "./foreignPolicies.ts";
import { observeGateway } from "./gatewayAddresses.ts";
import { surveyImportNames } from "./importNames.ts";
import { findLeftovers } from "./leftovers.ts";
import { type MeshSurvey, surveyMesh } from "./meshSurvey.ts";
import { type OwnOutputs, readOwnOutputs } from "./ownOutputs.ts";
import { readContracts } from "./peerContracts.ts";
import { SurveyedCluster } from "./surveyedCluster.ts";
import { withholdTaken } from "./takenAliases.ts";
import type { AuthorizationPolicy } from "../federation/access/policy.ts";
import {
  type AuthoritySource,
  type OutsideCertificates,
  outsideCertificates,
} from "../federation/authority/source.ts";
import { judgeUnconstrained } from "../federation/authority/unconstrained.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { judgeIdentity } from "../federation/contract/identity.ts";
import type { ContractService } from "../federation/contract/service.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import { FaultsError } from "../federation/core/fault.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT } from "../federation/core/wellKnown.ts";
import type { ExportAlias } from "../federation/exports/alias.ts";
import { restricts } from "../federation/exports/exportRule.ts";
import { type Leftover, describeLeftovers } from "../federation/imports/leftovers.ts";
import type { ContractReading, PeerView } from "../federation/imports/registration.ts";
import { viewPeers } from "../federation/imports/registrations.ts";
import { expiryWarnings } from "../federation/trust/expiry.ts";

/** What the program knows before it declares a resource, so that a preview shows all that follows from it. */
export interface Survey {
  /** The services that the cluster offers, by host name. */
  exports: Record<string, ContractService>;
  /** What leads to those that are offered under other names than their own. */
  aliases: ExportAlias[];
  /** What holds their callers to what the export rules say. */
  policies: AuthorizationPolicy[];
  /** Addresses the gateway has now; left out when the config gives them, or the cluster could not be read. */
  observedGateways?: GatewayAddress[];
  /** Where the certificate authority comes from: the cluster's own, with these roots, from outside, or under a shared root. */
  authority: AuthoritySource;
  /** What was found of each configured peer; none in a single mesh. */
  peers: Record<string, PeerView>;
  /** Peers that the last update knew and the config names no more, sorted: what is registered of them goes. */
  formerPeers: string[];
  /** Server block for global names, in its markers; undefined where the config does not ask for it. */
  globalBlock: string | undefined;
  /** What was found instead with the topology `single-mesh`. */
  mesh?: MeshSurvey;
  /** Entries to remove, by the name of a peer that this stack neither names nor knows. */
  leftovers: Record<string, Leftover>;
  /** For the user, a sentence each. */
  warnings: string[];
  /** What changes of the peers' identities and of the exports, in words: the output that says so in full may be too long to read. */
  notes: string[];
}

/** What it knows of a cluster that waits for its certificate, and has nothing yet that could run. */
export interface WaitingSurvey extends Pick<Survey, "warnings" | "notes"> {
  /** Number of its intermediate's key. */
  intermediate: number;
}

/**
 * Looks at this cluster and at its peers' contracts. A cluster that cannot be reached offers what it last published; a
 * contract that is not there makes a pending peer.
 * @throws FaultsError when the cluster or a peer's stack refuses to be read, when the config changes what a running cluster
 *   cannot, or when what peers publish cannot be trusted as a whole; every fault is named.
 */
export async function survey(config: StackConfig): Promise<Survey | WaitingSurvey> {
  const own = readOwnOutputs();
  const now = new Date();
  const readings = readContracts(config.peers);
  const cluster = new SurveyedCluster(config.kubeconfig);
  const source = findAuthority(config, own, readings, cluster, now);
  const found = discoverServices(cluster, config.exports);
  const foreign = found.then((it) => {
    if ("unreachable" in it) return it;
    // Where rules restrict nobody, there is nothing to do beside them.
    return config.exports.some(restricts) ? findForeignPolicies(cluster, it.services) : [];
  });
  const observed =
    config.gateway.advertise === undefined
      ? observeGateway(cluster, GATEWAY_NAMESPACE, GATEWAY_NAME, GATEWAY_PORT)
      : Promise.resolve(undefined);
  const left = lookForLeftovers(cluster, config, own);
  const corefile = surveyCorefile(cluster, config);
  await refuseFaults(config, own, [own, readings, found, foreign, observed, left, source, corefile]);

  const last = await own;
  const { certificates } = last;
  const { authority, ...told } = await source;
  if ("waiting" in authority) return { intermediate: authority.intermediate, ...told };
  const policiesOfOthers = await foreign;
  // All is new or all is old: without a look at the policies, what is new would be offered unguarded.
  const seen = "unreachable" in policiesOfOthers ? policiesOfOthers : await found;
  const decided = decideExports(config, seen, last, await readings);
  const offered = await withholdTaken(cluster, decided);
  const { peers, mesh, warnings, notes } = await lookAtPeers(
    config,
    await readings,
    last,
    now,
    outsideCertificates(authority),
  );
  const observedGateways = await observed;
  const { block: globalBlock, warnings: corefileWarnings } = await corefile;
  const nameConflicts = await surveyImportNames(cluster, peers, config.peers);
  const callers = decideCallers(config, offered.exported, policiesOfOthers, peers, last.callerPolicies);
  const exports = callers.withheld.length === 0 ? offered : withhold(offered, callers.withheld);
  const leftovers = await left;
  return {
    exports: exports.services,
    aliases: exports.aliases,
    policies: callers.policies,
    ...(observedGateways === undefined ? {} : { observedGateways }),
    authority,
    peers,
    formerPeers: sortedUnique(Object.keys(last.statuses)).filter(
      (name) => !Object.hasOwn(config.peers, name),
    ),
    globalBlock,
    ...(mesh === undefined ? {} : { mesh }),
    leftovers,
    warnings: [
      ...expiryWarnings(certificates, config.certificateAuthority.expiryWarningDays, now),
      ...told.warnings,
      ...exports.warnings,
      ...callers.warnings,
      ...warnings,
      ...corefileWarnings,
      ...nameConflicts,
      ...judgeUnconstrained(config, authority, mesh?.peers ?? peers),
      ...describeLeftovers(leftovers),
    ],
    notes: [...notes, ...told.notes, ...callers.notes, ...noteExports(exports)],
  };
}

/** What comes of the peers is judged by the topology. */
async function lookAtPeers(
  config: StackConfig,
  readings: Record<string, ContractReading>,
  own: OwnOutputs,
  now: Date,
  certificates: OutsideCertificates,
): Promise<{ peers: Record<string, PeerView>; mesh?: MeshSurvey; warnings: string[]; notes: string[] }> {
  const { singleMesh } = config;
  if (singleMesh === undefined) return viewPeers(config, readings, own, now, certificates);
  return { peers: {}, ...(await surveyMesh(config, singleMesh, own, readings, now, certificates)) };
}

/** A peer that only the stack's last update knew is on its way out with its own resource: it left nothing behind. */
async function lookForLeftovers(
  cluster: SurveyedCluster,
  config: StackConfig,
  own: Promise<OwnOutputs>,
): Promise<Record<string, Leftover>> {
  if (config.singleMesh !== undefined) return {};
  const peers = [...Object.keys(config.peers), ...Object.keys((await own).statuses)];
  return findLeftovers(cluster, { own: config.cluster.name, context: config.kubeconfig.context }, peers);
}

/** Waits for all questions and tells all that keeps this stack from being planned, before any resource is declared. */
async function refuseFaults(
  config: StackConfig,
  own: Promise<OwnOutputs>,
  questions: readonly Promise<unknown>[],
): Promise<void> {
  const faults = await faultsOfAll(questions);
  const changed = await own.then(
    ({ contract }) => judgeIdentity(contract, config),
    () => [],
  );
  const stack = pulumi.getStack();
  if (faults.length > 0) throw new FaultsError(`plan of stack ${stack}`, [...changed, ...faults]);
  if (changed.length > 0) throw new FaultsError(`config of stack ${stack}`, changed);
}
