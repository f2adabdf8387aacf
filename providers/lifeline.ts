import { fstatSync } from "node:fs";

let isHeld = false;

/**
 * Ends this provider process as soon as the engine that started it is gone. Else it would go on alone when somebody kills the
 * CLI: it would write beside the next `pulumi up`, and stay for ever when it is done. The engine holds the other end of a
 * provider's standard input and never writes to it.
 */
export function endWithEngine(): void {
  const input = fstatSync(0);
  if (isHeld || !(input.isFIFO() || input.isSocket())) return;
  isHeld = true;
  const end = (): never => process.exit(1);
  process.stdin.once("end", end).once("error", end).resume();
}
