import * as z from "zod";
import { type AuthorizationPolicy, authorizationPolicy } from "./access/authorizationPolicy.ts";
import { type RotationRecord, rotationRecord } from "./authority/rotation.ts";
import { type SharedAuthority, sharedAuthority } from "./authority/shared.ts";
import { type Contract, parseContract } from "./contract/contract.ts";
import type { Findings } from "./core/findings.ts";
import { type Fault, FaultsError, within } from "./core/fault.ts";
import { sortedRecord } from "./core/order.ts";
import { type Reading, required } from "./snapshot.ts";
import { faultsOf } from "./core/schema.ts";
import { type ExportAlias, exportAlias } from "./exports/alias.ts";
import { type PeerStatus, peerStatus } from "./imports/registration.ts";
import { type CredentialLife, type PeerAccess, credentialLife, peerAccess } from "./mesh/credential.ts";
import { type CertificateReport, certificateReport } from "./trust/expiry.ts";
import { type PinnedPeer, pinnedPeer } from "./trust/pinnedPeer.ts";

/** Outputs of this stack's last update, parsed. */
export interface LastRun extends Remembered {
  /** Output `federation`; undefined before the first update, and once the stack is destroyed. */
  contract: Contract | undefined;
  /** Output `trustAnchors`: identity and roots of each peer, by its name. */
  pinned: Record<string, PinnedPeer>;
  /** Output `peers`. */
  statuses: Record<string, PeerStatus>;
  /** Output `certificates`. */
  certificates: CertificateReport;
  /** Output `certificateRequest`, PEM. */
  certificateRequest: string | undefined;
}

/** Output `lastRun`, which only the next run reads. */
export interface Remembered {
  /** Rotation of its own roots; undefined with another source of the certificate authority. */
  rotation: RotationRecord | undefined;
  /** Certificates issued under a shared root; undefined with another source. */
  issued: SharedAuthority | undefined;
  /** AuthorizationPolicies that restrict callers, by `<namespace>/<name>`: kept while the cluster is unreachable. */
  policies: Record<string, AuthorizationPolicy>;
  /** ServiceEntries of aliased exports, by `<namespace>/<service>`: kept while the cluster is unreachable. */
  aliases: Record<string, ExportAlias>;
  /** Lifetimes of the credentials given to peers of a single mesh, by the peer's name. */
  credentials: Record<string, CredentialLife>;
  /** Credentials by which this cluster's istiod reads peers of a single mesh, by the peer's name; secret. */
  joined: Record<string, PeerAccess>;
}

/** Outputs before the first update: empty. */
export const NO_LAST_RUN: LastRun = {
  contract: undefined,
  pinned: {},
  statuses: {},
  certificates: {},
  certificateRequest: undefined,
  rotation: undefined,
  issued: undefined,
  policies: {},
  aliases: {},
  credentials: {},
  joined: {},
};

const byName = <T extends z.ZodType>(entry: T) => z.record(z.string(), entry).default({});

const remembered: z.ZodType<Remembered> = z.object({
  rotation: rotationRecord.optional(),
  issued: sharedAuthority.optional(),
  policies: byName(authorizationPolicy),
  aliases: byName(exportAlias),
  credentials: byName(credentialLife),
  joined: byName(peerAccess),
}) as never;

const outputs = z.object({
  trustAnchors: byName(pinnedPeer),
  peers: byName(peerStatus),
  certificates: certificateReport.default({}),
  certificateRequest: z.string().optional(),
  lastRun: remembered.prefault({} as never),
});

const REMEDY =
  "Run the version of this program that wrote it, or put the output back: `pulumi stack history` lists the updates";

/**
 * Parses the outputs of the last update. An output that cannot be read is a fault: without it a preview would create new roots and pins,
 * and remove policies.
 * @param reading outputs of the stack.
 * @returns undefined when there is a fault.
 */
export function parseLastRun(
  reading: Reading<Readonly<Record<string, unknown>>>,
  findings: Findings,
): LastRun | undefined {
  const published = required(reading, findings);
  if (published === undefined) return undefined;
  const known = findings.faults.length;
  const { federation, ...rest } = published;
  const contract = parseLastContract(federation, findings);
  const { data, error } = outputs.safeParse(rest);
  if (error !== undefined) {
    // A value is not quoted: some outputs are secret.
    findings.fault(
      ...faultsOf(error, rest).map(({ path, rule }) => ofOutputs({ path, rule, remedy: REMEDY })),
    );
    return undefined;
  }
  if (findings.faults.length > known) return undefined;
  const { trustAnchors, peers, certificates, certificateRequest, lastRun } = data;
  return {
    ...NO_LAST_RUN,
    contract,
    pinned: sortedRecord(Object.entries(trustAnchors)),
    statuses: sortedRecord(Object.entries(peers)),
    certificates: sortedRecord(Object.entries(certificates)),
    certificateRequest,
    ...lastRun,
  };
}

function parseLastContract(published: unknown, findings: Findings): Contract | undefined {
  if (published === undefined || published === null) return undefined;
  try {
    return parseContract(published, "last contract of this stack");
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    findings.fault(
      ...error.faults.map((fault) => ofOutputs(within("federation", { ...fault, remedy: REMEDY }))),
    );
    return undefined;
  }
}

function ofOutputs(fault: Fault): Fault {
  return within("outputs of this stack", fault);
}
