import { utc } from "../../federation/core/text.ts";
import type { IssuedToken } from "../../kubernetes/client.ts";
import type { Inputs, State } from "./inputs.ts";

const HOUR = 3_600_000;

/** By how much the clocks of this machine and the API server may differ, in milliseconds. */
const CLOCK_SKEW = 300_000;

/**
 * Makes the state of a token that an API server has just given.
 * @throws Error when it serves longer than it was asked to, or no more: what it says is not the token's life then.
 */
export function stateOf(inputs: Inputs, { token, expires }: IssuedToken, now: Date): State {
  const { kubeconfig, namespace, serviceAccount, uid, hours, peer } = inputs;
  const life = expires.getTime() - now.getTime();
  const what = `the token of ServiceAccount ${namespace}/${serviceAccount} for peer ${peer}`;
  if (life > hours * HOUR + CLOCK_SKEW) {
    throw new Error(
      `${what} serves until ${utc(expires)}, longer than the ${hours} h asked for. Correct this machine's clock, or ` +
        "see why the API server gives tokens a longer life (--service-account-extend-token-expiration)",
    );
  }
  if (life <= 0) {
    throw new Error(`${what} ended on ${utc(expires)}, before it was given. Correct this machine's clock`);
  }
  return {
    kubeconfig,
    namespace,
    serviceAccount,
    uid,
    hours,
    token,
    issued: utc(now),
    expires: utc(expires),
  };
}
