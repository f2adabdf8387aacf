import type { RunningLab } from "../../lab/lab.ts";
import { type StackFileConfig, type StackFileEdit, editStackFile } from "../../lab/stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

export type { StackFileConfig };

/**
 * Writes a changed copy of a stack's file in the lab, as one would edit it in a pull request.
 * @returns the copy's path, for `--config-file`.
 */
export async function editedStackFile(
  lab: Pick<RunningLab, "dir">,
  stack: string,
  edit: StackFileEdit,
): Promise<string> {
  return editStackFile(lab, stack, await temporaryFolder("stack-file"), edit);
}
