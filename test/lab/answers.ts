import assert from "node:assert/strict";
import { type Party, hostOf, identityOf } from "../../lab/proofs/proof.ts";
import { waitFor } from "../../lab/ready.ts";
import { type CallOptions, type CallResult, callService } from "../../lab/workloads/call.ts";

/** For a change to reach the sidecars, and for connections that are judged by what was before to end. */
const PROPAGATION_SECONDS = 90;
/** Answers in a row: the first one after a change may still be by what was before. */
const CALLS = 3;

/**
 * A workload answers another, and sees who it is.
 * @param port of its Service. Default: the first.
 * @param host by which it is called. Default: its Service's own name.
 */
export async function expectAnswer(
  from: Party,
  to: Party,
  options?: CallOptions,
  port = to.port,
  host = hostOf(to),
): Promise<void> {
  const { identity } = await expectStatus(200, from, to, options, port, host);
  assert.equal(identity, identityOf(from));
}

/**
 * Calls until the answers have the status that they should have, several in a row. Port and host as with {@link expectAnswer}.
 *
 * @returns the last answer.
 */
export async function expectStatus(
  expected: number,
  from: Party,
  to: Party,
  options?: CallOptions,
  port = to.port,
  host = hostOf(to),
): Promise<CallResult> {
  let answers: CallResult[] = [];
  const statuses = () => answers.map(({ status }) => status);
  const areExpected = async () => {
    answers = [];
    for (let call = 0; call < CALLS; call++) answers.push(await callService(from, host, port, options));
    return statuses().every((status) => status === expected);
  };
  await waitFor("the answers differ", areExpected, PROPAGATION_SECONDS).catch(() => undefined);
  assert.deepEqual(statuses(), Array(CALLS).fill(expected));
  return answers.at(-1)!;
}
