import type { ExportRule } from "../federation/config/exports.ts";
import { readable } from "./readable.ts";
import type { Unreachable } from "./surveyedCluster.ts";
import { type ForeignPolicy, judgeForeignPolicies } from "../federation/access/foreignPolicies.ts";
import { callerPolicies, readPolicies } from "../federation/access/policies.ts";
import type { AuthorizationPolicy } from "../federation/access/policy.ts";
import type { CallingMesh, GuardedService } from "../federation/access/policyTarget.ts";
import { gatewayAccount } from "../federation/config/istio.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { count, someOf } from "../federation/core/change.ts";
import { describeFaults } from "../federation/core/fault.ts";
import { ownValue } from "../federation/core/order.ts";
import { restricts } from "../federation/exports/exportRule.ts";
import type { PeerView } from "../federation/imports/registration.ts";

/** What holds callers to the export rules, and what is to be said of it. */
export interface DecidedCallers {
  policies: AuthorizationPolicy[];
  /** Hosts that must not be offered after all, as nothing could hold their callers; the warnings say why. */
  withheld: string[];
  warnings: string[];
  notes: string[];
}

/**
 * Decides by which policies the exported Services' workloads refuse callers, beside the policies of others that are there.
 * @param exported undefined when the cluster could not be read, as `foreign` says why: what the last update made stays then.
 * @param peers what was found of each configured peer.
 * @param last the stack's last output `callerPolicies`, unchecked.
 * @throws FaultsError when with no cluster to ask the last policies cannot be read.
 */
export function decideCallers(
  {
    cluster: { trustDomain },
    gateway: { values },
    peers: configured,
    exports: rules,
  }: Pick<StackConfig, "cluster" | "exports" | "gateway" | "peers">,
  exported: readonly GuardedService[] | undefined,
  foreign: readonly ForeignPolicy[] | Unreachable,
  peers: Readonly<Record<string, Pick<PeerView, "pinned">>>,
  last: unknown,
): DecidedCallers {
  if (exported === undefined || "unreachable" in foreign) {
    const policies = readPolicies(last);
    return { policies, withheld: [], warnings: warnOfLast(policies, rules), notes: [] };
  }
  const { allows, notes } = judgeForeignPolicies(foreign, exported);
  const mesh: CallingMesh = {
    trustDomain,
    gatewayAccount: gatewayAccount(values),
    peers: trustDomains(configured, peers),
    foreignAllows: allows,
  };
  // A cluster tells itself what it has: without the last ones, ports that it does not tell stay unknown.
  const known = readable(() => readPolicies(last), []);
  const { policies, withheld, warnings } = callerPolicies(exported, mesh, known);
  const told = describeFaults(warnings, "warnings about callers");
  return { policies, withheld, warnings: told, notes: [...notes, ...noteExtensions(policies)] };
}

/** What today's rules say of callers is not held yet, and with no policy at all nobody would think of that. */
function warnOfLast(policies: readonly AuthorizationPolicy[], rules: readonly ExportRule[]): string[] {
  if (policies.length === 0 && !rules.some(restricts)) return [];
  return [
    `What holds callers stays as the last update made it: ${count(policies.length)} AuthorizationPolicy(s)`,
  ];
}

/** An ALLOW policy that is left alone shuts out whom it does not name, and nobody sees that coming who removes another one. */
function noteExtensions(policies: readonly AuthorizationPolicy[]): string[] {
  const allowing = policies.filter(({ spec }) => spec.action === "ALLOW");
  if (allowing.length === 0) return [];
  const names = someOf(allowing.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    `${count(allowing.length)} ALLOW policy(s) for peers' callers beside those of others (${names}): update this stack as soon as the ` +
      "last of the others goes, or callers of this cluster are shut out",
  ];
}

/** A pending peer has the one by which it was last trusted; one that was never seen that which the config expects of it, if it does. */
function trustDomains(
  configured: StackConfig["peers"],
  found: Readonly<Record<string, Pick<PeerView, "pinned">>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(configured).map(([peer, { identity }]) => [
      peer,
      ownValue(found, peer)?.pinned?.trustDomain ?? identity?.trustDomain,
    ]),
  );
}
