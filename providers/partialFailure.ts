import { boundedLines } from "../federation/core/text.ts";

/** Failures told one by one before the rest is only counted: all of them go into one gRPC header. */
const TOLD = 10;

/**
 * Some of an update was done, some was not. The engine prints the reasons, keeps the resource with these outputs and marks
 * it, so that the next `pulumi up` updates it again.
 */
export class PartialFailure extends Error {
  readonly id: string;
  /** Outputs that say what was done. */
  readonly properties: object;
  readonly reasons: readonly string[];

  /**
   * @param what was updated, for the message.
   * @param failures what was done and what was not, then why.
   */
  constructor(id: string, properties: object, what: string, failures: readonly string[]) {
    super(`${what}: ${failures[0] ?? "not everything is done"}`);
    this.name = "PartialFailure";
    this.id = id;
    this.properties = { ...properties };
    this.reasons = bearable(failures);
  }
}

/** The first failures, and how many more there are. */
export function bearable(failures: readonly string[]): string[] {
  return boundedLines(failures, (failure) => failure, undefined, TOLD);
}
