import { type Fault, FaultsError, describeFaults } from "./fault.ts";

/**
 * Faults, warnings and notes of a run, collected in one place. Any fault stops the run before it changes anything; warnings and
 * notes are logged, one sentence each.
 */
export class Findings {
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly #faults = new Map<string, Fault>();

  /** All faults in the order of their finding. */
  get faults(): Fault[] {
    return [...this.#faults.values()];
  }

  /** Adds faults. Several parts may meet with one refusal: a fault with the same place, value and rule counts once. */
  fault(...faults: readonly Fault[]): void {
    for (const fault of faults) {
      const key = JSON.stringify([fault.path, fault.value, fault.rule]);
      if (!this.#faults.has(key)) this.#faults.set(key, fault);
    }
  }

  warn(...warnings: readonly string[]): void {
    this.warnings.push(...warnings);
  }

  note(...notes: readonly string[]): void {
    this.notes.push(...notes);
  }

  /**
   * Adds a warning for each of the first faults, and one that counts the others.
   * @param what names the others, e.g. `warnings about exports`.
   */
  warnOf(faults: readonly Fault[], what: string): void {
    this.warn(...describeFaults(faults, what));
  }

  /**
   * Runs one part of a plan, so that the faults of one do not hide those of the next.
   * @returns the part's result; undefined when it threw a {@link FaultsError}, whose faults are kept.
   * @throws whatever else the part throws.
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
