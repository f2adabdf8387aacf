import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { identityOf } from "../../../lab/proofs/proof.ts";
import { waitFor } from "../../../lab/ready.ts";
import { callService } from "../../../lab/workloads/call.ts";
import { Load } from "../load.ts";
import { CALLER, NAME, PEERS } from "./parties.ts";

/** Calls in a row that must be as they should be; if two peers answer half of them each, both do in as many. */
const CALLS = 30;
/** For a change to reach the caller's sidecar, or for what paused to be called again. */
export const PROPAGATION_SECONDS = 120;

/** Results of calls of the name that both peers serve. */
export interface Answers {
  /** Number of answers by peer, without peers that answered none. */
  readonly by: Readonly<Record<string, number>>;
  /** Results of the other calls. */
  readonly failures: readonly string[];
}

/** Calls one after the other. @param isEnough ends the calls early. Default: never. */
export async function answersTo(
  calls: number,
  isEnough: (answers: Answers) => boolean = () => false,
): Promise<Answers> {
  const by: Record<string, number> = {};
  const failures: string[] = [];
  for (let call = 0; call < calls && !isEnough({ by, failures }); call++) {
    const { status, server, identity, error = "", body } = await callService(CALLER, NAME, CALLER.port);
    const peer = Object.keys(PEERS).find((name) => PEERS[name]?.httpbin.address === server);
    if (status === 200 && peer !== undefined && identity === identityOf(CALLER))
      by[peer] = (by[peer] ?? 0) + 1;
    else failures.push(`${status} ${error} ${identity ?? ""} ${body.trim()}`);
  }
  return { by, failures };
}

/** Calls until none of a row fails and these peers answer, and no others. @returns how long it took, and what failed until then. */
export async function answeredBy(
  peers: readonly string[],
  seconds = PROPAGATION_SECONDS,
): Promise<{ seconds: number; failures: readonly string[] }> {
  const start = performance.now();
  const failed: string[] = [];
  let last: Answers = { by: {}, failures: [] };
  const isOff = ({ by, failures }: Answers) =>
    failures.length > 0 || Object.keys(by).some((peer) => !peers.includes(peer));
  const isSo = async () => {
    last = await answersTo(CALLS, isOff);
    failed.push(...last.failures);
    return last.failures.length === 0 && isDeepStrictEqual(Object.keys(last.by).sort(), [...peers].sort());
  };
  await waitFor("others answer", isSo, seconds).catch(() => undefined);
  assert.deepEqual(
    { peers: Object.keys(last.by).sort(), failures: last.failures },
    { peers: [...peers].sort(), failures: [] },
  );
  return { seconds: Math.round((performance.now() - start) / 100) / 10, failures: failed };
}

/** Does some work while the name is called again and again, and expects that every call is answered. */
export async function underLoad(what: string, work: () => Promise<unknown>): Promise<void> {
  const route = { from: CALLER, host: NAME, port: CALLER.port };
  const load = new Load([route, route]);
  try {
    await work();
  } finally {
    await load.end();
  }
  await load.expectUninterrupted(what);
}
