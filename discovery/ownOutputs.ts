import * as pulumi from "@pulumi/pulumi";
import type { LastPeers } from "../federation/peer.ts";
import { readPeerStatuses } from "../federation/peerStatus.ts";
import { readTrustAnchors } from "../federation/trustAnchor.ts";
import { fullStackName, readStackOutputs } from "./stackOutputs.ts";

/** What this very stack's last update published. */
export interface OwnOutputs extends LastPeers {
  /** Output `federation`, unchecked; undefined before the first update. */
  contract: unknown;
}

/**
 * Reads this stack's outputs as its last update left them: what to fall back on when a cluster or a peer is away.
 * @throws FaultsError at `stack` when they cannot be read.
 */
export async function readOwnOutputs(): Promise<OwnOutputs> {
  const outputs = (await readStackOutputs(fullStackName(pulumi.getStack()), "stack")) ?? {};
  const { federation, trustAnchors, peers } = outputs;
  return {
    contract: federation ?? undefined,
    trustAnchors: readTrustAnchors(trustAnchors),
    statuses: readPeerStatuses(peers),
  };
}
