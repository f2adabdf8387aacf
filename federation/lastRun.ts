import * as z from "zod";
import { authorizationPolicy } from "./access/authorizationPolicy.ts";
import { rotationRecord } from "./authority/rotation.ts";
import { sharedAuthority } from "./authority/shared.ts";
import { type Contract, parseContract } from "./contract/contract.ts";
import { contentDigest } from "./contract/signature.ts";
import { gatewayPlaceRecord } from "./core/gatewayPlace.ts";
import type { Findings } from "./core/findings.ts";
import { type Fault, FaultsError, within } from "./core/fault.ts";
import { sortedRecord } from "./core/order.ts";
import { publication } from "./publish/publication.ts";
import { type Reading, type Snapshot, required } from "./snapshot.ts";
import { faultsOf, orUndefined } from "./core/schema.ts";
import { deckhouseIdentity } from "./deckhouse/identity.ts";
import { caller } from "./config/callers.ts";
import { exportAlias } from "./exports/alias.ts";
import { importedBySchema } from "./exports/importedBy.ts";
import { registeredDigests } from "./imports/registeredHosts.ts";
import { type PeerStatus, peerStatus } from "./imports/registration.ts";
import { credentialLife, peerAccess } from "./mesh/credential.ts";
import { type CertificateReport, certificateReport } from "./trust/expiry.ts";
import { type PinnedPeer, type SeenContract, pinnedPeer, readPinnedPeers } from "./trust/pinnedPeer.ts";

/** Outputs of this stack's last update, parsed. */
export interface LastRun extends Remembered {
  /** Output `federation`; undefined before the first update, and once the stack is destroyed. */
  contract: Contract | undefined;
  /** Number and content of {@link contract}, as peers have seen it. */
  published: SeenContract | undefined;
  /** Output `trustAnchors`: identity and roots of each peer, by its name. */
  pinned: Record<string, PinnedPeer>;
  /** Output `peers`. */
  statuses: Record<string, PeerStatus>;
  /** Output `certificates`. */
  certificates: CertificateReport;
  /** Output `certificateRequest`, PEM. */
  certificateRequest: string | undefined;
}

const byName = <T extends z.ZodType>(entry: T) => z.record(z.string(), entry).default({});

const remembered = z.object({
  /** Rotation of its own roots; undefined with another source of the certificate authority. */
  rotation: orUndefined(rotationRecord),
  /** Certificates issued under a shared root; undefined with another source. */
  issued: orUndefined(sharedAuthority),
  /** AuthorizationPolicies that restrict callers, by `<namespace>/<name>`: kept while the cluster is unreachable. */
  policies: byName(authorizationPolicy),
  /** Services that peers import, by the peer's name; `pulumi up` does not print such a key. */
  __importedBy: importedBySchema,
  /** Digests of imported services, by the peer's name and by host; not printed, as above. */
  __registered: registeredDigests,
  /** Callers to whom rules restrict exported services, by host. */
  callers: byName(z.array(caller)),
  /** ServiceEntries of aliased exports, by `<namespace>/<service>`: kept while the cluster is unreachable. */
  aliases: byName(exportAlias),
  /** Lifetimes of the credentials given to peers of a single mesh, by the peer's name. */
  credentials: byName(credentialLife),
  /** Credentials by which this cluster's istiod reads peers of a single mesh, by the peer's name; secret. */
  joined: byName(peerAccess),
  /** Hosts of Deckhouse clusters that have no identities, by the peer's name. */
  trustDomainHosts: byName(z.array(z.string())),
  /** Place of the east-west gateway; undefined before the first update. */
  gateway: orUndefined(gatewayPlaceRecord),
  /** The gateway that serves the contract; undefined where none does. */
  publication: orUndefined(publication),
  /** Identity of this cluster for Deckhouse clusters, secret; undefined where none is made. */
  deckhouse: orUndefined(deckhouseIdentity),
});

/** Output `lastRun`, which only the next run reads. */
export type Remembered = z.output<typeof remembered>;

const outputs = z.object({
  trustAnchors: byName(pinnedPeer),
  peers: byName(peerStatus),
  certificates: certificateReport.default({}),
  certificateRequest: z.string().optional(),
  lastRun: remembered.prefault({}),
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
    contract,
    published: contract && { revision: contract.revision, digest: contentDigest(federation as object) },
    pinned: sortedRecord(Object.entries(trustAnchors)),
    statuses: sortedRecord(Object.entries(peers)),
    certificates: sortedRecord(Object.entries(certificates)),
    certificateRequest,
    ...lastRun,
  };
}

const objects = remembered.pick({ policies: true, aliases: true, publication: true });

/** Returns what the outputs of the last update have of objects in the cluster; nothing where {@link parseLastRun} finds a fault. */
export function lastObjectsIn(
  published: Readonly<Record<string, unknown>>,
): Pick<LastRun, "policies" | "aliases" | "publication"> {
  return (
    objects.safeParse(published["lastRun"]).data ?? { policies: {}, aliases: {}, publication: undefined }
  );
}

const identity = remembered.pick({ deckhouse: true });

/** Returns the identity of this cluster for Deckhouse clusters, and the pinned peers; none where {@link parseLastRun} finds a fault. */
export function lastDeckhouse(
  published: Readonly<Record<string, unknown>>,
): Pick<LastRun, "deckhouse" | "pinned"> {
  return {
    deckhouse: identity.safeParse(published["lastRun"]).data?.deckhouse,
    pinned: readPinnedPeers(published["trustAnchors"]),
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

/** Whether an update installed Istio: a cluster that waits for its certificate has outputs, and no Istio yet. */
export function hasUpdated(
  own: Snapshot["outputs"],
): own is Extract<Snapshot["outputs"], { value: unknown }> {
  return "value" in own && own.value["federation"] !== undefined;
}
