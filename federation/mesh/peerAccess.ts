import * as z from "zod";
import { IP_ADDRESS } from "../address.ts";
import { readByPeer } from "../peers/byPeer.ts";
import { type ApiServer, apiServerFields, hostOf } from "./apiServer.ts";
import type { Fault } from "../fault.ts";
import { type GatewayPolicy, refusePeerAddress } from "../imports/peerGateway.ts";
import { faultsOf, text } from "../schema.ts";
import { pattern } from "../textRule.ts";

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

const life: z.ZodType<CredentialLife> = z.object(lifeFields);

const access: z.ZodType<PeerAccess> = z.object({ ...apiServerFields, token: text(TOKEN), ...lifeFields });

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
  const parsed = access.safeParse(entry);
  if (!parsed.success) {
    return {
      faults: faultsOf(parsed.error, undefined).map(({ path, rule, remedy }) => ({ path, rule, remedy })),
    };
  }
  const host = hostOf(parsed.data.server);
  const rule = refusePeerAddress(host, local);
  if (rule === undefined) return parsed.data;
  const accept = ", or accept the range by allowGatewayAddresses in this stack's config";
  const remedy = `Have the peer set another singleMesh.apiServer.server${IP_ADDRESS.test(host) ? accept : ""}`;
  return { faults: [{ path: "server", value: parsed.data.server, rule, remedy }] };
}

/** Reads what this stack used last of its peers, by the peer's name; nothing where it does not fit. */
export function readAccesses(output: unknown): Record<string, PeerAccess> {
  return readByPeer(access, output);
}

/** Reads the stack output `credentials`, by the peer's name. */
export function readCredentialLives(output: unknown): Record<string, CredentialLife> {
  return readByPeer(life, output);
}
