import { createHash } from "node:crypto";
import { coversCaller } from "./callers.ts";
import type { Caller } from "../config/callers.ts";
import { takenFrom } from "../contract/narrowing.ts";
import { type Fault, settingCommand } from "../core/fault.ts";
import { compareKeys, ownValue, sortedUnique } from "../core/order.ts";
import { type TextRule, pattern } from "../core/schema.ts";
import { boundedLines, count, firstNames } from "../core/text.ts";
import type { PlanContext } from "../plan.ts";
import type { ExportPlan } from "../exports/exportPlan.ts";
import type { Importers } from "../exports/importedBy.ts";

/** Hexadecimal digits of a {@link withdrawalToken}: enough that nobody meets one by accident, and short enough to copy. */
const TOKEN_DIGITS = 12;

/** The token of one withdrawal. */
export const WITHDRAWAL_TOKEN: TextRule = pattern(
  new RegExp(`^withdrawal-[0-9a-f]{${TOKEN_DIGITS}}$`),
  "withdrawal-".length + TOKEN_DIGITS,
  `must be a withdrawal's token: 'withdrawal-' and ${TOKEN_DIGITS} hexadecimal digits`,
  "Copy it from the message that asks for it, or remove the field",
);

/** Something that an update would take from a peer that imports it. */
interface Withdrawal {
  host: string;
  peer: string;
  /** Namespaces there that see the host; `*` for all. */
  namespaces: readonly string[];
  /** Completes "the service ...". */
  taken: string;
}

/** Callers to whom rules restrict exported services, by host; a service without an entry may be called by all. */
export type RestrictedCallers = Readonly<Record<string, readonly Caller[]>>;

/** Returns the callers to whom the rules restrict exported services; undefined while the cluster is unreachable. */
export function restrictedCallers({ offers }: ExportPlan): Record<string, Caller[]> | undefined {
  if (offers === undefined) return undefined;
  const restricted = offers.flatMap(({ host, rule: { callers } }) =>
    callers === undefined ? [] : [[host, callers] as const],
  );
  return Object.fromEntries(restricted.sort(compareKeys));
}

/**
 * Brakes an update that takes from peers what they import: it is a fault until the config has the token of exactly that change.
 * @param identities of the peers, as contracts name them, by their names.
 */
export function checkWithdrawals(
  { config, lastRun, findings, skipped }: PlanContext,
  exports: ExportPlan,
  importers: Importers,
  identities: Readonly<Record<string, string | undefined>>,
): void {
  // What a faulty section would export is not known.
  if (skipped.length > 0) return;
  const published = lastRun.contract?.services ?? {};
  const callers = { before: lastRun.callers, after: restrictedCallers(exports) ?? lastRun.callers };
  const withdrawals = Object.entries(importers.byPeer).flatMap(([peer, hosts]) =>
    Object.entries(hosts).flatMap(([host, namespaces]): Withdrawal[] => {
      const before = ownValue(published, host);
      if (before === undefined) return [];
      const after = ownValue(exports.services, host);
      const isPeer = Object.hasOwn(config.peers, peer);
      const found = isPeer
        ? takenFrom(before, after, ownValue(identities, peer) ?? "")
        : ["is imported by a cluster that is not in the config any more"];
      const narrowed =
        found.length === 0 &&
        losesCallers(peer, ownValue(callers.before, host), ownValue(callers.after, host))
          ? ["refuses some of its callers from now on"]
          : [];
      return [...found, ...narrowed].map((taken) => ({ host, peer, namespaces, taken }));
    }),
  );
  if (withdrawals.length === 0) return;
  if (importers.silent.length > 0)
    findings.warn(
      `exports: it is not known what these peers import, and whether they lose it: ${firstNames(importers.silent)}`,
    );
  const token = withdrawalToken(lastRun.contract?.revision ?? 0, withdrawals);
  if (config.brake.acceptWithdrawal !== token) findings.fault(braked(withdrawals, token));
}

function braked(withdrawals: readonly Withdrawal[], token: string): Fault {
  const lines = boundedLines(
    withdrawals,
    ({ host, taken, ...by }) => `${host} ${taken}: ${importing(by)}`,
    (more) => `and ${count(more)} more`,
  );
  return {
    path: "exports",
    rule: `would take from peers what they import, so that nothing of this update is done: ${lines.join("; ")}`,
    remedy:
      `Ask these teams whether they still need it. Then run ${settingCommand("brake.acceptWithdrawal", token)} and then \`pulumi up\`: ` +
      "it accepts this change and no other",
  };
}

function importing({ peer, namespaces }: Pick<Withdrawal, "peer" | "namespaces">): string {
  const where = namespaces.includes("*") ? "in all namespaces" : `in ${firstNames(namespaces)}`;
  return `peer ${peer} imports it (${where})`;
}

/**
 * Returns the token of one withdrawal: a digest of what is taken from whom. Never a number, which YAML would change.
 * @param revision of the last contract: the same withdrawal another time is another one.
 */
function withdrawalToken(revision: number, withdrawals: readonly Withdrawal[]): string {
  const lines = sortedUnique(withdrawals.map(({ host, peer, taken }) => JSON.stringify([peer, host, taken])));
  const digits = createHash("sha256")
    .update(JSON.stringify([revision, lines]))
    .digest("hex");
  return `withdrawal-${digits.slice(0, TOKEN_DIGITS)}`;
}

/** Whether some callers of a peer were allowed before, and are refused afterwards. */
function losesCallers(
  peer: string,
  before: readonly Caller[] = [{}],
  after: readonly Caller[] | undefined,
): boolean {
  if (after === undefined) return false;
  const ofPeer = (callers: readonly Caller[]): Caller[] =>
    callers.filter((caller) => (caller.peer ?? peer) === peer).map((caller) => ({ ...caller, peer }));
  const allowed = ofPeer(after);
  return ofPeer(before).some(
    (caller) =>
      !allowed.some(
        (other) =>
          coversCaller(other, caller) &&
          includesAll(other.methods, caller.methods) &&
          includesAll(other.paths, caller.paths),
      ),
  );
}

/** Whether a list that allows everything when it is left out allows all that another one does. */
function includesAll(allowed: readonly string[] | undefined, needed: readonly string[] | undefined): boolean {
  return allowed === undefined || (needed?.every((each) => allowed.includes(each)) ?? false);
}
