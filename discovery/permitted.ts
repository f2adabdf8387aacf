import type { Fault } from "../federation/core/fault.ts";
import { ClusterError } from "../kubernetes/errors.ts";

/** What was asked, or what is not checked as the user may not ask. */
export interface Permitted<T> {
  found: T;
  /** A warning that names the right; empty where the user has it. */
  refused: Fault[];
}

/**
 * Takes the cluster's refusal (403) for a warning, of a question that serves to warn and to nothing else: who may not ask it updates as before.
 * @param otherwise stands in for the answer.
 * @param unchecked what is not checked then, as in "so nobody sees whether <unchecked>".
 * @throws whatever else the question fails with.
 */
export async function ifPermitted<T>(
  question: Promise<T>,
  otherwise: T,
  unchecked: string,
): Promise<Permitted<T>> {
  try {
    return { found: await question, refused: [] };
  } catch (error) {
    if (!(error instanceof ClusterError) || error.failure.status !== 403) throw error;
    const rule = `may not ${error.failure.operation}, so nobody sees whether ${unchecked}`;
    const refused = { path: "kubeconfig.context", rule, remedy: "Have its user allowed to do this" };
    return { found: otherwise, refused: [refused] };
  }
}
