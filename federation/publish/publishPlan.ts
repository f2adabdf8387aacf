import type { PublishConfig } from "../config/publish.ts";
import { isOfferedTo } from "../contract/audience.ts";
import { type ContractContent, contractBytes } from "../contract/contract.ts";
import type { ContractService } from "../contract/service.ts";
import type { GatewayAddress } from "../core/address.ts";
import { ownValue } from "../core/order.ts";
import { boundedLines, count, firstNames } from "../core/text.ts";
import { type PublicIdentity, publicIdentity } from "../deckhouse/identity.ts";
import type { PublishDeclaration } from "../ownObjects.ts";
import type { LastRun } from "../lastRun.ts";
import type { PlanContext } from "../plan.ts";
import { type Reading, optional } from "../snapshot.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { type DeckhouseAccess, type DeckhouseReader, deckhouseReaders } from "./deckhouseAccess.ts";
import { DOCUMENT_LIMIT } from "./documentRoutes.ts";
import { servedDocuments, whyNotServed } from "./documents.ts";
import { serverCertificateWarnings } from "./serverCertificate.ts";

/** Bytes of a contract that the plan may not know: its signature, and roots that do not exist yet. */
const UNKNOWN_BYTES = 32 * 1024;

/** The gateway that serves documents. */
export interface PublishPlan {
  gateway: PublishConfig;
  /** Deckhouse clusters that read which services are exported to them. */
  readers: readonly DeckhouseReader[];
}

/**
 * Validates that the gateway can serve the contract: its size, and the certificate of the gateway.
 * @param plan undefined where nothing is served.
 * @param services exported services, by host name.
 * @param observed addresses of the east-west gateway's Service.
 */
export function checkPublication(
  { config, snapshot, lastRun, findings }: PlanContext,
  plan: PublishPlan | undefined,
  content: ContractContent,
  observed: readonly GatewayAddress[],
): void {
  const { gateway, certificateAuthority, peers } = config;
  if (plan === undefined) {
    const others = Object.keys(peers).filter((peer) => peers[peer]?.deckhouse !== undefined);
    if (others.length > 0) findings.warn(unpublishedIdentity(others));
    return;
  }
  const { gateway: publish, readers } = plan;
  findings.warn(...readers.flatMap((reader) => unservedServices(content.services, reader)));
  const roots = lastRun.contract?.rootCertificates ?? [];
  const bytes = contractBytes(config, roots, gateway.advertise ?? observed, content) + UNKNOWN_BYTES;
  if (bytes > DOCUMENT_LIMIT)
    findings.fault({
      path: "publish",
      rule: `cannot serve the contract, which has up to ${count(bytes)} bytes with its signature: Istio serves at most ${count(DOCUMENT_LIMIT)}`,
      remedy:
        "Export fewer services, or remove publish and let peers read the contract by a stack, a file or a web server (docs/contract.md)",
    });
  const { publishSecret } = snapshot.cluster;
  const unchecked = "the gateway that serves the contract has a valid certificate";
  const secret = optional(publishSecret, undefined, unchecked, findings);
  if (!("value" in publishSecret)) return;
  const days = certificateAuthority.expiryWarningDays;
  findings.warn(...serverCertificateWarnings(publish, secret, days, snapshot.now));
}

/**
 * Returns the gateway as this run is to declare it, but for the identity for Deckhouse clusters, which may not exist yet. A peer that has
 * become another kind of cluster reads no documents of Deckhouse.
 */
export function planPublication(
  { config: { publish, peers } }: Pick<PlanContext, "config">,
  pinned: Readonly<Record<string, PinnedPeer>>,
): PublishPlan | undefined {
  const readers = deckhouseReaders(pinned).filter(
    ({ peer }) => ownValue(peers, peer)?.deckhouse !== undefined,
  );
  return publish && { gateway: publish, readers };
}

/** Returns the gateway as this run declares it, with the documents of the last one. */
export function publishDeclaration(
  plan: PublishPlan | undefined,
  { deckhouse, publication }: Pick<LastRun, "deckhouse" | "publication">,
  outputs: Reading<Readonly<Record<string, unknown>>>,
): PublishDeclaration | undefined {
  if (plan === undefined) return undefined;
  const { gateway, readers } = plan;
  const { host, credentialName, bind } = gateway;
  const contract = "value" in outputs ? outputs.value["federation"] : undefined;
  const isPublished = typeof contract === "object" && contract !== null;
  const identity = deckhouse && publicIdentity(deckhouse);
  const before = publication?.access?.readers ?? [];
  return {
    ...{ host, credentialName, bind },
    access: accessOf(deckhouse, readers),
    documents: isPublished ? servedDocuments({ contract, identity, readers: before }) : [],
  };
}

/** Returns who may read the document of services; undefined where nobody may. */
export function accessOf(
  identity: Pick<PublicIdentity, "clusterUUID"> | undefined,
  readers: readonly DeckhouseReader[],
): DeckhouseAccess | undefined {
  if (identity === undefined || readers.length === 0) return undefined;
  return { clusterUUID: identity.clusterUUID, readers: [...readers] };
}

/** Warns that Deckhouse clusters cannot read this cluster's identity, without which they give nothing. */
function unpublishedIdentity(peers: readonly string[]): string {
  return (
    `Deckhouse clusters (${firstNames(peers)}) give their services only to a cluster whose public document they have read, and none is served ` +
    "here. Set publish (docs/deckhouse.md), unless you serve it yourself"
  );
}

/** Warns of services that are exported to a Deckhouse cluster, which cannot call them. */
function unservedServices(
  services: Readonly<Record<string, ContractService>>,
  reader: DeckhouseReader,
): string[] {
  const reasons = Object.entries(services).flatMap(([host, service]) => {
    const reason = isOfferedTo(service, reader) ? whyNotServed(host, service, reader) : undefined;
    return reason === undefined ? [] : [`Service ${host} is not served to peer ${reader.peer}: it ${reason}`];
  });
  return boundedLines(
    reasons,
    (line) => line,
    (more) => `and ${count(more)} more services that are not served to peer ${reader.peer}`,
  );
}
