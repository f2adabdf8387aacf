import * as z from "zod";
import { type GatewayPolicy, refusePeerAddress } from "../contract/gateways.ts";
import { IP_ADDRESS } from "../core/address.ts";
import type { Fault } from "../core/fault.ts";
import { ownValue } from "../core/order.ts";
import { faultsOf, text, pattern } from "../core/schema.ts";
import { utc } from "../core/text.ts";
import { apiServerFields, apiServerHost } from "./apiServer.ts";

/** Bearer token (RFC 6750), whose characters cannot end a header or a line. */
const TOKEN = pattern(
  /^[A-Za-z0-9._~+/-]+=*$/,
  16_384,
  "must be a bearer token",
  "Have the peer's team run `pulumi up` on its stack, then here",
);

/** Schema of {@link CredentialLife}. */
export const credentialLife = z.object({
  issued: z.iso.datetime(),
  /** Undefined for a credential without an end. */
  expires: z.iso.datetime().optional(),
  /** Requested hours; undefined where none were requested. API servers may grant fewer. */
  hours: z.number().optional(),
});

/** Lifetime of a credential; times in UTC as `2026-12-21T10:28:15Z`. */
export type CredentialLife = z.output<typeof credentialLife>;

/** Schema of {@link PeerAccess}. */
export const peerAccess = z.object({
  ...apiServerFields,
  /** Bearer token of the peer's own ServiceAccount in that cluster. */
  token: text(TOKEN),
  ...credentialLife.shape,
});

/** Access of one peer's istiod to a cluster's API server: an entry of the secret stack output `access`. */
export type PeerAccess = z.output<typeof peerAccess>;

const entries = z.record(z.string(), z.unknown());

/**
 * Parses this cluster's entry of a peer's stack output `access`. Another team publishes it, so its API server must be at an address that
 * may be taken from a peer.
 * @param cluster name of this cluster.
 * @returns undefined without an entry; faults have no value, which could be the token.
 */
export function readAccess(
  output: unknown,
  cluster: string,
  local: GatewayPolicy,
): PeerAccess | { faults: Fault[] } | undefined {
  const given = entries.safeParse(output).data ?? {};
  const entry = Object.hasOwn(given, cluster) ? given[cluster] : undefined;
  if (entry === undefined || entry === null) return undefined;
  const parsed = peerAccess.safeParse(entry);
  if (!parsed.success) {
    return {
      faults: faultsOf(parsed.error, undefined).map(({ path, rule, remedy }) => ({ path, rule, remedy })),
    };
  }
  const host = apiServerHost(parsed.data.server);
  const rule = refusePeerAddress(host, local);
  if (rule === undefined) return parsed.data;
  const accept = ", or accept the range by allowGatewayAddresses in this stack's config";
  const remedy = `Have the peer set another singleMesh.apiServer.server${IP_ADDRESS.test(host) ? accept : ""}`;
  return { faults: [{ path: "server", value: parsed.data.server, rule, remedy }] };
}

/** Part of its life after which a credential is renewed; the rest is for the peer to take the new one. */
const RENEWED_AFTER = 0.5;

/** Part of its life after which a credential that was not renewed causes a warning. */
const WARNED_AFTER = 0.75;

/** Part of the requested life that counts as all of it. */
const AS_ASKED = 0.9;

const HOUR = 3_600_000;

/** Whether a credential is to be renewed; never for one without an end. */
export function isCredentialDue(life: CredentialLife, now: Date): boolean {
  return isPast(life, RENEWED_AFTER, now);
}

/** Whether a credential is so near its end, or past it, that its renewal was forgotten. */
export function isCredentialLate(life: CredentialLife, now: Date): boolean {
  return isPast(life, WARNED_AFTER, now);
}

/** Whether a credential has expired. */
export function hasExpired(life: CredentialLife, now: Date): boolean {
  return isPast(life, 1, now);
}

function isPast({ issued, expires }: CredentialLife, part: number, now: Date): boolean {
  if (expires === undefined) return false;
  const start = Date.parse(issued);
  return now.getTime() >= start + part * (Date.parse(expires) - start);
}

/** Notes on the credentials that an update renews. @param lives of the credentials for peers, by the peer's name. */
export function renewalNotes(lives: Readonly<Record<string, CredentialLife>>, now: Date): string[] {
  return Object.entries(lives).flatMap(([peer, life]) =>
    isCredentialDue(life, now)
      ? [
          `The credential of peer ${peer} for this cluster ${hasExpired(life, now) ? "expired" : "expires"} on ${life.expires}: ` +
            "this update renews it; then its team is to run `pulumi up` on its stack",
        ]
      : [],
  );
}

/**
 * Warnings about credentials with a much shorter life than requested, as managed clouds grant.
 * @param lives of the credentials for peers, by the peer's name.
 */
export function shortLifeWarnings(lives: Readonly<Record<string, CredentialLife>>): string[] {
  return Object.entries(lives).flatMap(([peer, { issued, expires, hours }]) => {
    if (expires === undefined || hours === undefined) return [];
    const given = (Date.parse(expires) - Date.parse(issued)) / HOUR;
    if (given >= hours * AS_ASKED) return [];
    return [
      `The API server gives the credential of peer ${peer} ${tenths(given)} h, not the ${hours} h of singleMesh.tokenHours: run \`pulumi up\` ` +
        `here, then on the peer's stack, at least every ${tenths(given * RENEWED_AFTER)} h, or have the API server allow more ` +
        "(--service-account-max-token-expiration)",
    ];
  });
}

/** Rounds hours down to a tenth. */
function tenths(hours: number): number {
  // The request itself takes a second or so of the life.
  return Math.floor((hours + 0.01) * 10) / 10;
}

/**
 * Warnings about credentials without an end that an update replaces by ones with an end: the two never exist at the same time.
 * @param lives of the credentials for peers, by the peer's name.
 */
export function replacedCredentialWarnings(
  lives: Readonly<Record<string, CredentialLife>>,
  peers: Readonly<Record<string, { stack?: string | undefined }>>,
  longLivedTokens: boolean,
): string[] {
  if (longLivedTokens) return [];
  return Object.entries(peers).flatMap(([peer, { stack = peer }]) => {
    const life = ownValue(lives, peer);
    if (life === undefined || life.expires !== undefined) return [];
    return [
      `This update replaces peer ${peer}'s credential without expiry by one that expires: its istiod sees no changes of this ` +
        `cluster until its team has run \`pulumi up\` on stack ${stack}; have it do so at once`,
    ];
  });
}

/** Allowed difference between the clocks of this machine and the API server, in milliseconds. */
const CLOCK_SKEW = 300_000;

/**
 * Validates the life of a token that an API server has just issued. A wrong clock, or an API server that extends tokens, would delay its
 * renewal.
 * @param hours requested life.
 * @returns completes "<the token> ..."; undefined for a valid life.
 */
export function tokenLifeFault(expires: Date, hours: number, now: Date): string | undefined {
  const life = expires.getTime() - now.getTime();
  if (life > hours * HOUR + CLOCK_SKEW) {
    return (
      `is valid until ${utc(expires)}, longer than the ${hours} h asked for. Correct this machine's clock, or ` +
      "see why the API server gives tokens a longer life (--service-account-extend-token-expiration)"
    );
  }
  if (life <= 0) return `expired on ${utc(expires)}, before it was issued. Correct this machine's clock`;
  return undefined;
}
