import { mock } from "node:test";

/** Runs something while the clock shows this time. */
export async function at<T>(now: Date, run: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ["Date"], now });
  try {
    return await run();
  } finally {
    mock.timers.reset();
  }
}
