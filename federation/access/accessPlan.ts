import type { ExportRule } from "../config/exports.ts";
import { gatewayServiceAccount } from "../exports/gatewayListeners.ts";
import { count, firstNames } from "../core/change.ts";
import { ownValue } from "../core/order.ts";
import type { ExportPlan } from "../exports/exportPlan.ts";
import { restricts } from "../exports/exportRule.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { judgeForeignPolicies } from "./foreignPolicies.ts";
import { callerPolicies } from "./policies.ts";
import type { AuthorizationPolicy } from "./policy.ts";
import type { CallingMesh } from "./policyTarget.ts";

/** AuthorizationPolicies that enforce the export rules at workloads and at the gateway. */
export interface AccessPlan {
  policies: readonly AuthorizationPolicy[];
  /** Hosts that must not be exported, as no policy could restrict their callers. */
  unenforceable: readonly string[];
}

/**
 * Decides by which policies callers of exported Services are restricted, beside the policies of others that are there. While the cluster
 * is unreachable the policies of the last update stay.
 * @param pinned peers as this run trusts them, by their names.
 */
export function planAccess(
  { config, snapshot, lastRun, findings }: PlanContext,
  { exported }: ExportPlan,
  pinned: Readonly<Record<string, PinnedPeer>>,
): AccessPlan {
  const last = Object.values(lastRun.policies);
  const foreign = required(snapshot.cluster.authorizationPolicies, findings);
  if (exported === undefined || foreign === undefined) {
    findings.warn(...lastPoliciesStay(last, config.exports));
    return { policies: last, unenforceable: [] };
  }
  const { allows, notes } = judgeForeignPolicies(foreign, exported);
  const mesh: CallingMesh = {
    trustDomain: config.cluster.trustDomain,
    gatewayAccount: gatewayServiceAccount(config.gateway.values),
    // A peer that was never seen has the trust domain that the config expects of it, if it does.
    peers: Object.fromEntries(
      Object.entries(config.peers).map(([peer, { identity }]) => [
        peer,
        ownValue(pinned, peer)?.trustDomain ?? identity?.trustDomain,
      ]),
    ),
    foreignAllows: allows,
  };
  const { policies, withheld, warnings } = callerPolicies(exported, mesh, last);
  findings.warnOf(warnings, "warnings about callers");
  findings.note(...notes, ...allowPolicies(policies));
  return { policies, unenforceable: withheld };
}

/** Today's rules about callers are not enforced yet; with no policy at all nobody would think of that. */
function lastPoliciesStay(policies: readonly AuthorizationPolicy[], rules: readonly ExportRule[]): string[] {
  if (policies.length === 0 && !rules.some(restricts)) return [];
  return [`The AuthorizationPolicies of the last update stay: ${count(policies.length)}`];
}

/** An ALLOW policy that is left alone denies everybody else, and whoever removes another one does not see that coming. */
function allowPolicies(policies: readonly AuthorizationPolicy[]): string[] {
  const allowing = policies.filter(({ spec }) => spec.action === "ALLOW");
  if (allowing.length === 0) return [];
  const names = firstNames(allowing.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    `${count(allowing.length)} ALLOW policy(s) for peers' callers beside those of others (${names}): update this stack as soon as the ` +
      "last of the others is removed, or callers of this cluster are denied",
  ];
}
