import * as z from "zod";
import { IP_ADDRESS } from "../core/address.ts";
import type { Fault } from "../core/fault.ts";
import { ownValue } from "../core/order.ts";
import { faultsOf, text, pattern } from "../core/schema.ts";
import { type GatewayPolicy, refusePeerAddress } from "../imports/peerGateway.ts";
import { type ApiServer, apiServerFields, apiServerHost } from "./apiServer.ts";

/** From when to when a credential serves, in UTC as `2026-12-21T10:28:15Z`: an entry of the stack output `credentials`. */
export interface CredentialLife {
  issued: string;
  /** Left out: it has no end. */
  expires?: string;
  /** How many hours were asked for; left out: none. API servers may give less. */
  hours?: number;
}

/** How one peer's istiod reads a cluster's API server: an entry of the secret stack output `access`. */
export interface PeerAccess extends ApiServer, CredentialLife {
  /** Bearer token of the peer's own ServiceAccount there. */
  token: string;
}

/** What RFC 6750 lets a token consist of: nothing that could end a header or a line. */
const TOKEN = pattern(
  /^[A-Za-z0-9._~+/-]+=*$/,
  16_384,
  "must be a bearer token",
  "Have the peer's team run `pulumi up` on its stack, then here",
);

const lifeFields = {
  issued: z.iso.datetime(),
  expires: z.iso.datetime().exactOptional(),
  hours: z.number().exactOptional(),
};

/** Schema of {@link CredentialLife}. */
export const credentialLife: z.ZodType<CredentialLife> = z.object(lifeFields);

/** Schema of {@link PeerAccess}. */
export const peerAccess: z.ZodType<PeerAccess> = z.object({
  ...apiServerFields,
  token: text(TOKEN),
  ...lifeFields,
});

const entries = z.record(z.string(), z.unknown());

/**
 * Finds what a peer's stack output `access` has for us. It comes from another team: its API server must be an address that our
 * istiod may connect to on the peer's word.
 * @param cluster our own name.
 * @returns undefined when there is nothing; faults show no value, as it could be the token.
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

/** Part of its life after which a credential is renewed: whoever uses it has as much again to take the new one. */
const RENEWED_AFTER = 0.5;

/** Part of its life after which one that was not renewed is worth a warning. */
const WARNED_AFTER = 0.75;

/** Part of what was asked for from which on a life is as asked for. */
const AS_ASKED = 0.9;

const HOUR = 3_600_000;

/** Whether it is time to renew a credential; one without an end never is. */
export function isCredentialDue(life: CredentialLife, now: Date): boolean {
  return isPast(life, RENEWED_AFTER, now);
}

/** Whether a credential has come so near to its end that somebody forgot to renew it, or has ended. */
export function isCredentialLate(life: CredentialLife, now: Date): boolean {
  return isPast(life, WARNED_AFTER, now);
}

/** Whether a credential serves no more. */
export function hasExpired(life: CredentialLife, now: Date): boolean {
  return isPast(life, 1, now);
}

function isPast({ issued, expires }: CredentialLife, part: number, now: Date): boolean {
  if (expires === undefined) return false;
  const start = Date.parse(issued);
  return now.getTime() >= start + part * (Date.parse(expires) - start);
}

/** Tells which credentials an update renews. @param lives of those given to peers, by the peer's name. */
export function renewalNotes(lives: Readonly<Record<string, CredentialLife>>, now: Date): string[] {
  return Object.entries(lives).flatMap(([peer, life]) =>
    isCredentialDue(life, now)
      ? [
          `The credential of peer ${peer} for this cluster ${hasExpired(life, now) ? "ended" : "ends"} on ${life.expires}: ` +
            "this update renews it; then its team is to run `pulumi up` on its stack",
        ]
      : [],
  );
}

/** Tells which credentials the API server gave a much shorter life than asked for, as managed clouds do. @param lives as above. */
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

/** As many hours, to a tenth that is no more. */
function tenths(hours: number): number {
  // By a second or so less than a whole number is what a request takes.
  return Math.floor((hours + 0.01) * 10) / 10;
}

/** Tells whose credential without an end an update takes back for one that ends: both are not there at a time. @param lives as above. */
export function replacedCredentialWarnings(
  lives: Readonly<Record<string, CredentialLife>>,
  peers: Readonly<Record<string, { stack: string }>>,
  longLivedTokens: boolean,
): string[] {
  if (longLivedTokens) return [];
  return Object.entries(peers).flatMap(([peer, { stack }]) => {
    const life = ownValue(lives, peer);
    if (life === undefined || life.expires !== undefined) return [];
    return [
      `This update takes back the credential without an end that peer ${peer} has, for one that ends: its istiod sees nothing new of this ` +
        `cluster until its team has run \`pulumi up\` on stack ${stack}; have it do so at once`,
    ];
  });
}
