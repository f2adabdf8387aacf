/** Moments of one `pulumi up`, by `performance.now()`; infinite: it did not come to that. */
export interface RunMarks {
  /** The CLI printed something. */
  readonly begun: number;
  /** The program runs. */
  readonly program: number;
  /** It is planned: the first object is written. */
  readonly planned: number;
  /** The last object is written. */
  readonly written: number;
}

const PROGRAM = /pulumi:pulumi:Stack \S+ (?:running|creating)/;
const WRITING = / (?:creating|updating|deleting) \(/;
const WRITTEN = / (?:created|updated|deleted) \(/;
const OWN = /pulumi:pulumi:Stack/;

/** Finds moments of updates in what the CLI prints. */
export class RunRecorder {
  #marks = new Map<string, RunMarks>();

  /** Forgets all runs. */
  clear(): void {
    this.#marks = new Map();
  }

  /** Takes one line; those of a stack's second run change the end of its first, so clear before each run. */
  record(stack: string, line: string, now = performance.now()): void {
    const { begun, program, planned, written } = this.marksOf(stack);
    const isObject = !OWN.test(line);
    this.#marks.set(stack, {
      begun: Math.min(begun, now),
      program: PROGRAM.test(line) ? Math.min(program, now) : program,
      planned: isObject && WRITING.test(line) ? Math.min(planned, now) : planned,
      written: isObject && WRITTEN.test(line) ? now : written,
    });
  }

  marksOf(stack: string): RunMarks {
    const never = Number.POSITIVE_INFINITY;
    return this.#marks.get(stack) ?? { begun: never, program: never, planned: never, written: never };
  }
}

/**
 * Turns moments into seconds; each part begins where the one before ended, so together they are the whole.
 *
 * @param parts name, begin and end, in milliseconds; a moment that did not come is that of the next part.
 */
export function partsOf(
  parts: readonly [name: string, begin: number, end: number][],
): Record<string, number> {
  const last = parts.at(-1)?.[2] ?? 0;
  const ends = parts.map((_, index) => Math.min(last, ...parts.slice(index).map(([, , end]) => end)));
  return Object.fromEntries(
    parts.map(([name, begin], index) => {
      const from = index === 0 ? begin : (ends[index - 1] ?? begin);
      return [name, Math.max(0, (ends[index] ?? from) - from) / 1000];
    }),
  );
}

/** Percentile of numbers by the nearest rank. @param share e.g. 0.95. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
