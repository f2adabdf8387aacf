import { type Fault, FaultsError } from "../federation/core/fault.ts";

/**
 * Waits until all are settled, so that whoever must act learns of everything at once.
 * @returns the faults of all that failed, in their order, each once: several questions may meet with one refusal.
 * @throws whatever is no FaultsError, as it is: a defect of the program.
 */
export async function faultsOfAll(questions: readonly Promise<unknown>[]): Promise<Fault[]> {
  const faults = (await Promise.allSettled(questions)).flatMap((outcome) => {
    if (outcome.status === "fulfilled") return [];
    if (!(outcome.reason instanceof FaultsError)) throw outcome.reason;
    return outcome.reason.faults;
  });
  return [...new Map(faults.map((fault) => [`${fault.path}: ${fault.rule}`, fault])).values()];
}
