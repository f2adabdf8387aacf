/** Failures told one by one before the rest is only counted. */
const TOLD = 10;

/**
 * Some of an update was done, some was not. The engine keeps the resource with these outputs and marks it, so that the
 * next `pulumi up` updates it again.
 */
export class PartialFailure extends Error {
  readonly id: string;
  /** Outputs that say what was done. */
  readonly properties: object;
  readonly reasons: readonly string[];

  /** @param what was updated, for the message. */
  constructor(id: string, properties: object, what: string, failures: readonly string[]) {
    super(`${what}: ${describeFailures(failures)}`);
    this.name = "PartialFailure";
    this.id = id;
    this.properties = { ...properties };
    this.reasons = [...failures.slice(0, TOLD)];
  }
}

/** All failures as one text of bearable length. */
export function describeFailures(failures: readonly string[]): string {
  const more = failures.length > TOLD ? [`and ${failures.length - TOLD} more`] : [];
  const told = [...failures.slice(0, TOLD), ...more].map((failure) => `\n  - ${failure}`);
  return `${failures.length} change(s) failed; run \`pulumi up\` again to go on from here${told.join("")}`;
}
