import { count } from "../../federation/core/change.ts";

/** Between two lines, in milliseconds. */
const INTERVAL = 10_000;

/** Tells the user now and then how far a long work is; a short one stays silent. What a provider prints reaches the user. */
export class Progress {
  private readonly timer: NodeJS.Timeout;
  private done = 0;

  /**
   * @param describe the line without its line end, e.g. of ("2,000", "10,000"): `2,000 of 10,000 services written`.
   * @param total how many steps there are.
   * @param print takes a line. @default to standard output
   */
  constructor(
    describe: (done: string, total: string) => string,
    total: number,
    print = (line: string): void => void process.stdout.write(`${line}\n`),
  ) {
    this.timer = setInterval(() => {
      print(describe(count(this.done), count(total)));
    }, INTERVAL);
  }

  /** One more step is done. */
  advance(): void {
    this.done++;
  }

  /** Says no more. */
  end(): void {
    clearInterval(this.timer);
  }
}
