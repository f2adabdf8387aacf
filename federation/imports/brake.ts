import { createHash } from "node:crypto";
import type { Brake } from "../config/brake.ts";
import { count, firstNames } from "../core/text.ts";
import { settingCommand } from "../core/fault.ts";
import { compare, changeBetween } from "../core/order.ts";
import { type TextRule, pattern } from "../core/schema.ts";

/** A few services may always go, and so may half of many. */
export const DEFAULT_BRAKE = { removals: 20, share: 0.5 } as const;

/** Hexadecimal digits of a {@link removalToken}: enough that nobody meets one by accident, and short enough to copy. */
const TOKEN_DIGITS = 12;

/** The token of one removal, as {@link removalToken} makes it. */
export const REMOVAL_TOKEN: TextRule = pattern(
  new RegExp(`^removal-[0-9a-f]{${TOKEN_DIGITS}}$`),
  "removal-".length + TOKEN_DIGITS,
  `must be a removal's token: 'removal-' and ${TOKEN_DIGITS} hexadecimal digits`,
  "Copy it from the message that asks for it, or remove the field",
);

/**
 * Decides whether a peer's services may be replaced by others.
 * @param before services known here, by host.
 * @param accepted token of the one removal that the stack's config accepts.
 * @returns why not and what to do; undefined when they may.
 */
export function brakes(
  brake: Brake,
  peer: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  accepted: string | undefined,
): string | undefined {
  const { removed } = changeBetween(before, after);
  const known = Object.keys(before).length;
  if (removed.length <= brake.removals || removed.length <= brake.share * known) return undefined;
  const token = removalToken(before, after);
  if (accepted === token) return undefined;
  return (
    `would lose ${count(removed.length)} of ${count(known)} services at once (${firstNames(removed)}), ` +
    `more than this stack allows (more than ${count(brake.removals)} and more than ${percent(brake.share)}). ` +
    askPeer(peer, token)
  );
}

/**
 * Decides whether all services of a peer that offers none any more may be removed: however few they are, only when it is accepted.
 * @param before services known here, by host.
 * @param accepted token of the one removal that the stack's config accepts.
 * @returns why not and what to do; undefined when they may, or there are none.
 */
export function brakesEmptying(
  peer: string,
  before: Readonly<Record<string, string>>,
  accepted: string | undefined,
): string | undefined {
  const hosts = Object.keys(before);
  const token = removalToken(before, {});
  if (hosts.length === 0 || accepted === token) return undefined;
  return `offers none of its ${count(hosts.length)} service(s) any more (${firstNames(hosts)}). ${askPeer(peer, token)}`;
}

function askPeer(peer: string, token: string): string {
  return `Ask the peer's team: are they meant to be removed? ${howToAccept(peer, token)}`;
}

/** Formats the command that accepts exactly one removal. */
export function howToAccept(peer: string, token: string): string {
  return `Then run ${settingCommand(`peers.${peer}.acceptRemoval`, token)} and then \`pulumi up\`: it accepts this removal and no other.`;
}

/** Returns the token of one removal, a digest of the hosts before and after it. Never a number, which YAML would change. */
export function removalToken(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string {
  const hosts = [before, after].map((services) => Object.keys(services).sort(compare));
  const digits = createHash("sha256").update(JSON.stringify(hosts)).digest("hex");
  return `removal-${digits.slice(0, TOKEN_DIGITS)}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
