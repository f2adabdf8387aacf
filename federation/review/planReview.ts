import type { ContractService } from "../contract/service.ts";
import { formatGateway } from "../core/address.ts";
import { describeFault } from "../core/fault.ts";
import type { Findings } from "../core/findings.ts";
import { type Change, changeBetween, mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { brakes } from "../imports/brake.ts";
import { digestImports } from "../imports/registeredHosts.ts";
import type { LastRun } from "../lastRun.ts";
import type { ClusterPlan } from "../plan.ts";
import { fingerprintOf } from "../x509/certificate.ts";

/** What changes of one peer's imports. */
export interface PeerReview {
  peer: string;
  /** `ready`, `pending` or `refused`; `removed` for one that leaves the config. */
  state: string;
  /** Why it is not ready; empty when it is. */
  reason: string;
  change: Change;
  /** Why the brake keeps its services; empty where it does not. */
  braked: string;
}

/** An exported service that changes, and who imports it. */
export interface ExportReview {
  host: string;
  change: "added" | "changed" | "removed";
  /** Peers that say that they import it, sorted. */
  importers: string[];
}

/** A plan as reviewers read it; every text may be of somebody else. */
export interface PlanReview {
  stack: string;
  operation: "preview" | "update";
  /** Faults end the run before anything is changed: then there is no more than these, and what was found beside them. */
  faults: string[];
  errors: string[];
  warnings: string[];
  /** Changes of trust, a sentence each. */
  trust: string[];
  peers: PeerReview[];
  exports: ExportReview[];
  /** Addresses that peers call, before and from now on; undefined where they stay or are not known. */
  gateways: { before: string[]; after: string[] } | undefined;
  notes: string[];
}

/** Whose plan it is. */
export interface ReviewedRun {
  stack: string;
  isPreview: boolean;
}

/** Returns the review of a run without a plan of a cluster: of faults, or of a stack of another kind. */
export function reviewFindings(
  { stack, isPreview }: ReviewedRun,
  { faults, errors, warnings, notes }: Pick<Findings, "faults" | "errors" | "warnings" | "notes">,
): PlanReview {
  return {
    ...{ stack, operation: isPreview ? "preview" : "update" },
    faults: faults.map(describeFault),
    ...{ errors: [...errors], warnings: [...warnings], notes: [...notes] },
    ...{ trust: [], peers: [], exports: [], gateways: undefined },
  };
}

/** Returns the review of a cluster's plan. */
export function reviewPlan(
  run: ReviewedRun,
  plan: ClusterPlan,
  lastRun: LastRun,
  findings: Pick<Findings, "faults" | "errors" | "warnings" | "notes">,
): PlanReview {
  return {
    ...reviewFindings(run, findings),
    trust: trustChanges(plan, lastRun),
    peers: peerReviews(plan, lastRun),
    exports: exportReviews(plan, lastRun.contract?.services ?? {}),
    gateways: gatewayChange(plan, lastRun),
  };
}

function trustChanges({ pinned, trust }: ClusterPlan, { pinned: known }: LastRun): string[] {
  const peers = sortedUnique([...Object.keys(known), ...Object.keys(pinned)]);
  return peers.flatMap((peer): string[] => {
    const [was, is] = [ownValue(known, peer), ownValue(pinned, peer)];
    if (is === undefined) return [`${peer} is not trusted any more`];
    const how = ownValue(trust, peer);
    const kind = how === undefined || how.constrained ? "" : ", without a constraint";
    if (was === undefined) {
      const by = how?.pinnedBy === "config" ? "by the config" : "at first sight";
      return [`${peer} is trusted from now on, ${by}${kind}: roots ${rootsOf(is).join(", ") || "none"}`];
    }
    const [before, after] = [rootsOf(was), rootsOf(is)];
    return [
      ...after
        .filter((root) => !before.includes(root))
        .map((root) => `${peer} gets a further root${kind}: ${root}`),
      ...before.filter((root) => !after.includes(root)).map((root) => `${peer} loses a root: ${root}`),
      ...(was.signingKey === is.signingKey ? [] : [`${peer} signs its contracts by another key`]),
    ];
  });
}

function rootsOf({ rootCertificates }: { rootCertificates: readonly string[] }): string[] {
  return rootCertificates.map(fingerprintOf);
}

function peerReviews({ config, connection }: ClusterPlan, lastRun: LastRun): PeerReview[] {
  if (connection.kind !== "imports") return [];
  const after = digestImports(connection.peers, { lastRun });
  const names = sortedUnique([...Object.keys(connection.peers), ...connection.formerPeers]);
  return names.map((peer): PeerReview => {
    const registration = ownValue(connection.peers, peer);
    const [was, is] = [ownValue(lastRun.__registered, peer) ?? {}, ownValue(after, peer) ?? {}];
    const accepted = ownValue(config.peers, peer)?.acceptRemoval;
    const braked =
      registration?.state === "ready" ? brakes(config.brake, peer, was, is, accepted) : undefined;
    return {
      peer,
      state: registration?.state ?? "removed",
      reason: registration?.reason ?? "",
      change: braked === undefined ? changeBetween(was, is) : { added: [], changed: [], removed: [] },
      braked: braked ?? "",
    };
  });
}

function exportReviews(
  { services, importedBy }: ClusterPlan,
  published: Readonly<Record<string, ContractService>>,
): ExportReview[] {
  const texts = (all: Readonly<Record<string, ContractService>>): Record<string, string> =>
    mapRecord(all, (service) => JSON.stringify(service));
  const change = changeBetween(texts(published), texts(services));
  const importers = (host: string): string[] =>
    sortedUnique(Object.keys(importedBy)).filter((peer) => Object.hasOwn(importedBy[peer] ?? {}, host));
  return (["removed", "changed", "added"] as const).flatMap((kind) =>
    change[kind].map((host) => ({ host, change: kind, importers: importers(host) })),
  );
}

function gatewayChange({ config, gateway }: ClusterPlan, { contract }: LastRun): PlanReview["gateways"] {
  const now = config.gateway.advertise ?? gateway.observed;
  if (now === undefined) return undefined;
  const [before, after] = [contract?.gateways ?? [], now].map((all) => all.map(formatGateway).sort());
  if (before === undefined || after === undefined || before.join() === after.join()) return undefined;
  return { before, after };
}
