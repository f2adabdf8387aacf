import type { StackConfig } from "./config/stackConfig.ts";
import { mapRecord } from "./core/order.ts";
import type { StackKind } from "./core/stackKind.ts";
import { quote } from "./core/text.ts";
import type { LastRun } from "./lastRun.ts";
import type { Snapshot } from "./snapshot.ts";
import type { PinnedPeer } from "./trust/pinnedPeer.ts";

/** Outputs of a cluster's contract stack, not validated; or why nothing is known of them. */
export type ContractStackReading =
  | {
      revision: number | undefined;
      trustDomain: unknown;
      request: unknown;
      /** Output `trustAnchors`, parsed. */
      pinned: Readonly<Record<string, PinnedPeer>>;
      kind: StackKind | undefined;
    }
  | { pending: string };

/** Outputs of a cluster that its contract stack publishes. */
interface OwnPublication {
  /** Revision of its contract; undefined while it waits for its certificate. */
  revision: number | undefined;
  /** Its signing request, PEM. */
  request: string | undefined;
  trustDomain: string;
  /** Peers that it trusts; undefined while it waits. Their rotations of a root wait for it. */
  pinned: Readonly<Record<string, PinnedPeer>> | undefined;
}

/**
 * Compares a cluster's contract stack with what the cluster publishes.
 * @param stack name of the contract stack.
 * @returns undefined where the contract stack is not behind.
 */
export function behindNote(
  stack: string,
  reading: ContractStackReading,
  { revision, request, trustDomain, pinned }: OwnPublication,
): string | undefined {
  const publish = `run \`pulumi up -s ${stack}\``;
  if ("pending" in reading) return `Contract stack ${stack} publishes nothing yet: ${reading.pending}`;
  if (reading.kind === "keys")
    return `Stack ${stack} is no contract stack: it holds keys. Name another one in contract.stack`;
  if (typeof reading.trustDomain === "string" && reading.trustDomain !== trustDomain)
    return `Contract stack ${stack} publishes the contract of another cluster, of trust domain ${quote(reading.trustDomain)}: name one in contract.stack whose contractOf is this stack`;
  const has = reading.revision === undefined ? "publishes no contract" : `has revision ${reading.revision}`;
  if (revision !== undefined && reading.revision !== revision)
    return `Contract stack ${stack} ${has}, and the contract of this cluster is revision ${revision}: ${publish}`;
  if (request !== undefined && reading.request !== request)
    return `Contract stack ${stack} has not this cluster's signing request: ${publish}`;
  if (pinned !== undefined && rootsIn(pinned) !== rootsIn(reading.pinned))
    return `Contract stack ${stack} has not the peers' roots that this cluster trusts: ${publish}`;
  return undefined;
}

/** Formats the roots of all peers: of what is known of them, these are for their peers. */
function rootsIn(pinned: Readonly<Record<string, PinnedPeer>>): string {
  return JSON.stringify(mapRecord(pinned, ({ rootCertificates }) => rootCertificates));
}

/** Notes in a preview that the contract stack is behind; an update compares with the contract that it made. */
export function contractStackNotes(
  { contract: { stack }, cluster: { trustDomain } }: StackConfig,
  { contractStack, isPreview }: Snapshot,
  { contract, certificateRequest: request, pinned: known }: LastRun,
): string[] {
  const isFirst = contract === undefined && request === undefined;
  if (stack === undefined || contractStack === undefined || isFirst || !isPreview) return [];
  const pinned = contract === undefined ? undefined : known;
  const own = { revision: contract?.revision, request, trustDomain, pinned };
  const note = behindNote(stack, contractStack, own);
  return note === undefined ? [] : [note];
}
