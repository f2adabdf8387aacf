import { utc } from "../core/text.ts";

const HOUR = 3_600_000;

/** Allowed difference between the clocks of this machine and the API server, in milliseconds. */
const CLOCK_SKEW = 300_000;

/**
 * Validates the life of a token that an API server has just issued: with a wrong clock, or an API server that extends tokens,
 * its end would not be the end that it is renewed by.
 * @param hours requested life.
 * @returns completes "<the token> ..."; undefined for none.
 */
export function tokenLifeFault(expires: Date, hours: number, now: Date): string | undefined {
  const life = expires.getTime() - now.getTime();
  if (life > hours * HOUR + CLOCK_SKEW) {
    return (
      `is valid until ${utc(expires)}, longer than the ${hours} h asked for. Correct this machine's clock, or ` +
      "see why the API server gives tokens a longer life (--service-account-extend-token-expiration)"
    );
  }
  if (life <= 0) return `ended on ${utc(expires)}, before it was issued. Correct this machine's clock`;
  return undefined;
}
