import type { Log } from "./progress.ts";
export async function runDemo(log: Log): Promise<void> {
  log("x");
}
