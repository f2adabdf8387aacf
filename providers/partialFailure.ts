import { boundedLines } from "../federation/core/text.ts";

/** Failures reported one by one before the rest is counted: all of them go into one gRPC header. */
const REPORTED = 10;

/**
 * Fails an update of which some was done. The engine prints the reasons, keeps the resource with these outputs and marks it, so that
 * the next `pulumi up` updates it again.
 */
export class PartialFailure extends Error {
  readonly id: string;
  /** Outputs for what was done. */
  readonly properties: object;
  readonly reasons: readonly string[];

  /**
   * @param what was updated, for the message.
   * @param failures a summary of what was done and what was not, then why.
   */
  constructor(id: string, properties: object, what: string, failures: readonly string[]) {
    super(`${what}: ${failures[0] ?? "not everything is done"}`);
    this.name = "PartialFailure";
    this.id = id;
    this.properties = { ...properties };
    this.reasons = firstFailures(failures);
  }
}

/** Returns the first failures, and how many more there are. */
export function firstFailures(failures: readonly string[]): string[] {
  return boundedLines(failures, (failure) => failure, undefined, REPORTED);
}
