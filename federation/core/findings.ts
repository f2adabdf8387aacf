import { type Fault, FaultsError, describeFaults } from "./fault.ts";

/**
 * Faults, errors, warnings and notes of a run, collected in one place. Any fault stops the run before it changes anything; the others are
 * logged, one sentence each.
 */
export class Findings {
  /** Problems of peers that somebody has to settle; the run goes on. */
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly #faults = new Map<string, Fault>();

  /** All faults, in the order in which they were added. */
  get faults(): Fault[] {
    return [...this.#faults.values()];
  }

  /** Adds faults; one with the place, value and rule of an earlier one is ignored, as several parts may find it. */
  fault(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      const key = JSON.stringify([fault.path, fault.value, fault.rule]);
      if (!this.#faults.has(key)) this.#faults.set(key, fault);
    }
  }

  error(...errors: readonly string[]): void {
    this.errors.push(...errors);
  }

  warn(...warnings: readonly string[]): void {
    this.warnings.push(...warnings);
  }

  note(...notes: readonly string[]): void {
    this.notes.push(...notes);
  }

  /**
   * Adds the first faults as warnings, and one that counts the others.
   * @param what noun for the others, e.g. `warnings about exports`.
   */
  warnOf(faults: readonly Fault[], what: string): void {
    this.warn(...describeFaults(faults, what));
  }

  /**
   * Runs one part of a plan and keeps its faults, so that the next part can add its own.
   * @returns the part's result; undefined when it threw a {@link FaultsError}.
   * @throws every other error of the part.
   */
  attempt<T>(part: () => T): T | undefined {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      this.fault(...error.faults);
      return undefined;
    }
  }
}
