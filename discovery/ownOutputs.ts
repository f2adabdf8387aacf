import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { fullStackName, readStackOutputs } from "./stackOutputs.ts";
import { type RotationRecord, readRotationRecord, rolesOf } from "../federation/authority/rotation.ts";
import { type LastAuthority, readIssued } from "../federation/authority/shared.ts";
import { readPeerStatuses } from "../federation/imports/registration.ts";
import { type CredentialLife, readAccesses, readCredentialLives } from "../federation/mesh/credential.ts";
import type { LastMesh } from "../federation/mesh/meshPeer.ts";
import { type CertificateReport, readCertificateReport } from "../federation/trust/expiry.ts";
import { readPinnedPeers } from "../federation/trust/pinnedPeer.ts";

/** What this very stack's last update published. */
export interface OwnOutputs extends LastMesh {
  /** Output `federation`, unchecked; undefined before the first update. */
  contract: unknown;
  /** Where its own roots are; left out before the first update. */
  rotation?: RotationRecord;
  /** What it asked the stack of a shared root for, and has from it. */
  authority: LastAuthority;
  /** When the certificates serve that it made. */
  certificates: CertificateReport;
  /** Output `callerPolicies`, unchecked; left out before it held callers to anything. */
  callerPolicies?: unknown;
  /** Output `exportAliases`, unchecked; left out before it offered Services under other names. */
  exportAliases?: unknown;
  /** From when to when the credentials serve that it gave to peers. */
  credentials: Record<string, CredentialLife>;
}

/**
 * Reads this stack's outputs as its last update left them: what to fall back on when a cluster or a peer is away.
 * @throws FaultsError at `stack` when they cannot be read.
 */
export async function readOwnOutputs(): Promise<OwnOutputs> {
  const outputs = (await readStackOutputs(fullStackName(pulumi.getStack()), "stack")) ?? {};
  const { federation, trustAnchors, peers, certificates, rotation, certificateRequest } = outputs;
  const { credentials, joined, callerPolicies, exportAliases } = outputs;
  const roots = rootsIn(federation);
  const record = readRotationRecord(rotation, roots);
  const issued = readIssued(outputs["issued"]);
  return {
    contract: federation ?? undefined,
    ...(record === undefined ? {} : { rotation: record }),
    pinned: readPinnedPeers(trustAnchors),
    authority: {
      ...(typeof certificateRequest === "string" ? { request: certificateRequest } : {}),
      ...(issued === undefined ? {} : { issued }),
      isRunning: federation !== undefined && federation !== null,
      roots,
      // Its own authority counts keys by the roots that signed them.
      intermediate: issued?.intermediate ?? (record === undefined ? 1 : rolesOf(record).signing),
    },
    certificates: readCertificateReport(certificates),
    ...(callerPolicies === undefined ? {} : { callerPolicies }),
    ...(exportAliases === undefined ? {} : { exportAliases }),
    statuses: readPeerStatuses(peers),
    credentials: readCredentialLives(credentials),
    joined: readAccesses(joined),
  };
}

const published = z.object({ rootCertificates: z.array(z.string()) });

/** None in a contract that cannot be read. */
function rootsIn(contract: unknown): string[] {
  return published.safeParse(contract).data?.rootCertificates ?? [];
}
