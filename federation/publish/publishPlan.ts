import { contractBytes } from "../contract/contract.ts";
import type { ContractService } from "../contract/service.ts";
import type { GatewayAddress } from "../core/address.ts";
import { count } from "../core/text.ts";
import type { PlanContext } from "../plan.ts";
import type { PublishConfig } from "../config/publish.ts";
import type { PublishDeclaration } from "../editedObjects.ts";
import { type Reading, optional } from "../snapshot.ts";
import { DOCUMENT_LIMIT, contractDocument } from "./documentRoutes.ts";
import { serverCertificateWarnings } from "./serverCertificate.ts";

/** Bytes of a contract that the plan may not know: its signature, and roots that do not exist yet. */
const UNKNOWN_BYTES = 32 * 1024;

/**
 * Validates that the gateway can serve the contract: its size, and the certificate of the gateway.
 * @param services exported services, by host name.
 * @param observed addresses of the east-west gateway's Service.
 */
export function checkPublication(
  { config, snapshot, lastRun, findings }: PlanContext,
  services: Readonly<Record<string, ContractService>>,
  observed: readonly GatewayAddress[],
): void {
  const { publish, gateway, certificateAuthority } = config;
  if (publish === undefined) return;
  const roots = lastRun.contract?.rootCertificates ?? [];
  const bytes = contractBytes(config, roots, gateway.advertise ?? observed, services) + UNKNOWN_BYTES;
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
 * Returns the gateway as this run declares it, with the documents of the last one.
 * @param outputs of the last update.
 */
export function publishDeclaration(
  gateway: PublishConfig | undefined,
  outputs: Reading<Readonly<Record<string, unknown>>>,
): PublishDeclaration | undefined {
  if (gateway === undefined) return undefined;
  const contract = "value" in outputs ? outputs.value["federation"] : undefined;
  const isPublished = typeof contract === "object" && contract !== null;
  return { gateway, lastDocuments: isPublished ? [contractDocument(contract)] : [] };
}
