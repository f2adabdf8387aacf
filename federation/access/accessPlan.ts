import type { ExportRule } from "../config/exports.ts";
import type { LocalMesh } from "../exports/localMesh.ts";
import { count, firstNames } from "../core/text.ts";
import { foreignObject } from "../core/installation.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import type { ExportPlan } from "../exports/exportPlan.ts";
import { needsPolicies } from "../exports/exportRule.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import { callerPolicies } from "./callerPolicies.ts";
import type { PolicyContext } from "./callers.ts";
import { isGatewayPolicy } from "./gatewayPolicy.ts";
import { foreignPolicyEffects } from "./foreignPolicies.ts";

/** AuthorizationPolicies that enforce the export rules at workloads and at the gateway. */
export interface AccessPlan {
  policies: readonly AuthorizationPolicy[];
  /** Hosts that must not be exported, as no policy could restrict their callers. */
  unenforceable: readonly string[];
}

/**
 * Decides the policies that restrict callers of exported Services, beside existing policies of others. While the cluster is unreachable
 * the policies of the last update stay.
 * @param pinned trusted peers, by their names.
 */
export function planAccess(
  { config, snapshot, lastRun, findings }: PlanContext,
  { offers }: ExportPlan,
  pinned: Readonly<Record<string, PinnedPeer>>,
  { gateway, rootNamespace }: Pick<LocalMesh, "gateway" | "rootNamespace">,
): AccessPlan {
  const last = Object.values(lastRun.policies);
  const foreign = required(snapshot.cluster.authorizationPolicies, findings);
  if (offers === undefined || foreign === undefined) {
    findings.warn(...lastPoliciesStay(last, config.exports));
    return { policies: last, unenforceable: [] };
  }
  const { allows, notes } = foreignPolicyEffects(foreign, offers, rootNamespace);
  const policyContext: PolicyContext = {
    trustDomain: config.cluster.trustDomain,
    gateway,
    rootNamespace,
    // A peer that was never seen has the trust domain that the config expects, if any.
    peers: mapRecord(
      config.peers,
      ({ identity }, peer) => ownValue(pinned, peer)?.trustDomain ?? identity?.trustDomain,
    ),
    foreignAllows: allows,
  };
  const { policies, unenforceable, warnings } = callerPolicies(offers, policyContext, last);
  findings.warnOf(warnings, "warnings about callers");
  // One of the last update is ours, and has lost its label.
  const taken = new Set(foreign.map(formatName).filter((name) => !Object.hasOwn(lastRun.policies, name)));
  findings.fault(
    ...policies
      .filter((policy) => !isGatewayPolicy(policy) && taken.has(formatName(policy)))
      .map(({ namespace, name }) => foreignObject({ kind: "AuthorizationPolicy", namespace, name })),
  );
  findings.note(...notes, ...allowPolicyNotes(policies));
  return { policies, unenforceable };
}

function formatName({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** Warns that changed rules are not enforced yet; none where nothing is restricted. */
function lastPoliciesStay(policies: readonly AuthorizationPolicy[], rules: readonly ExportRule[]): string[] {
  if (policies.length === 0 && !rules.some(needsPolicies)) return [];
  return [`The AuthorizationPolicies of the last update are kept: ${count(policies.length)}`];
}

/** Notes that an ALLOW policy denies everybody else as soon as the last one of others is removed. */
function allowPolicyNotes(policies: readonly AuthorizationPolicy[]): string[] {
  const allowing = policies.filter(({ spec }) => spec.action === "ALLOW");
  if (allowing.length === 0) return [];
  const names = firstNames(allowing.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    `${count(allowing.length)} ALLOW policy(s) for peers' callers beside those of others (${names}): update this stack as soon as the ` +
      "last of the others is removed, or callers of this cluster are denied",
  ];
}
