import * as pulumi from "@pulumi/pulumi";
import type { SingleMesh } from "../federation/config/singleMesh.ts";
import { judgeOwnApiServer, ownApiServer } from "./apiServer.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import { tryAccesses } from "./peerAccess.ts";
import type { OutsideCertificates } from "../federation/authority/source.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { FaultsError } from "../federation/core/fault.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import type { SettledMesh } from "../federation/mesh/apiServer.ts";
import { describeRenewals, warnOfShortLives, warnOfTakenBack } from "../federation/mesh/credential.ts";
import { type MeshPeer, warnOfRemoved } from "../federation/mesh/meshPeer.ts";
import { viewMeshPeers } from "../federation/mesh/meshPeers.ts";

/** What the program knows of a single mesh before it declares a resource. */
export interface MeshSurvey {
  settings: SettledMesh;
  /** What was found of each configured peer. */
  peers: Record<string, MeshPeer>;
}

/**
 * Looks at the peers of a single mesh: what they publish, and whether their API servers let us in.
 * @param certificates of our certificate authority, where it comes from outside.
 * @throws FaultsError when a peer does not fit into the mesh, or peers could not know our API server; every fault is named.
 */
export async function surveyMesh(
  config: StackConfig,
  singleMesh: SingleMesh,
  own: OwnOutputs,
  readings: Record<string, ContractReading>,
  now: Date,
  certificates: OutsideCertificates,
): Promise<{ mesh: MeshSurvey; warnings: string[]; notes: string[] }> {
  const apiServer = await ownApiServer(singleMesh.apiServer, config.kubeconfig);
  const { peers, warnings, notes } = viewMeshPeers(config, readings, own, now, certificates);
  const [tried, faults] = await Promise.all([
    tryAccesses(peers, config.peers, own, now),
    judgeOwnApiServer(apiServer),
  ]);
  if (faults.length > 0) throw new FaultsError(`config of stack ${pulumi.getStack()}`, faults);
  return {
    mesh: { settings: { ...singleMesh, apiServer }, peers: tried.peers },
    warnings: [
      ...warnings,
      ...tried.warnings,
      // An update says so once it has the next credential.
      ...(pulumi.runtime.isDryRun() ? warnOfShortLives(own.credentials) : []),
      ...warnOfRemoved(config, Object.keys(own.credentials)),
      ...warnOfTakenBack(own.credentials, config.peers, singleMesh.longLivedTokens),
    ],
    notes: [...notes, ...describeRenewals(own.credentials, now)],
  };
}
