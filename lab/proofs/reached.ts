import { callService } from "../workloads/call.ts";
import { waitFor } from "../ready.ts";
import { hostOf, nameOf, type Outcome, type Party, type Proof } from "./proof.ts";

/** Calls in a row, all of which must be answered. */
const CALLS = 20;

/** Time for endpoints of the other cluster to come to the sidecars, or to go. */
const PROPAGATION_SECONDS = 60;

/**
 * Repeated calls of one Service are answered by these versions of it, and all are answered.
 * @param to the Service's workloads, of any cluster; `answering` those that are to answer.
 */
export function reached(
  from: Party,
  to: readonly Party[],
  answering: readonly Party[],
  claim: string,
): Proof {
  const [some] = to;
  if (some === undefined) throw new Error("nobody to call");
  const host = hostOf(some);
  const expected = versionsOf(answering);
  return {
    claim,
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const once = async (): Promise<Answers> => callAll(from, host, to);
      const isThere = async () => tally(await once()) === expected.join(", ");
      await waitFor(
        `${nameOf(from)} does not reach ${expected.join(", ")}`,
        isThere,
        PROPAGATION_SECONDS,
      ).catch(() => undefined);
      return outcomeOf(await once(), expected);
    },
  };
}

/** How many calls each version answered; under `failures` what came instead. */
interface Answers {
  versions: Map<string, number>;
  failures: string[];
}

async function callAll(from: Party, host: string, to: readonly Party[]): Promise<Answers> {
  const answers: Answers = { versions: new Map(), failures: [] };
  for (let call = 0; call < CALLS; call++) {
    const { status, server, body, error = "" } = await callService(from, host, from.port);
    const version = to.find(({ address }) => address === server)?.version;
    if (status === 200 && version !== undefined) {
      answers.versions.set(version, (answers.versions.get(version) ?? 0) + 1);
    } else answers.failures.push(`${status} ${error} ${body.trim().slice(0, 200)}`);
  }
  return answers;
}

function outcomeOf(answers: Answers, expected: readonly string[]): Outcome {
  const status = [...answers.versions]
    .sort()
    .map(([version, count]) => `${count} × ${version}`)
    .join(", ");
  if (tally(answers) === expected.join(", ")) return { passed: true, status };
  const reason = `expected ${CALLS} answers of ${expected.join(" and ")}, got ${status}; failed: ${answers.failures.slice(0, 3).join("; ")}`;
  return { passed: false, status, reason };
}

/** Which versions answered, if all calls were answered. */
function tally({ versions, failures }: Answers): string {
  return failures.length > 0 ? "" : [...versions.keys()].sort().join(", ");
}

function versionsOf(parties: readonly Party[]): string[] {
  return parties.flatMap(({ version }) => version ?? []).sort();
}
