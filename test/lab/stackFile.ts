import { type StackFileConfig, editStackFile } from "../../lab/stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

export type { StackFileConfig };

/**
 * Writes a changed copy of a stack's file, as one would edit it in a pull request.
 * @returns the copy's path, for `--config-file`.
 */
export async function editedStackFile(
  stack: string,
  edit: (config: StackFileConfig) => void,
): Promise<string> {
  return editStackFile(stack, await temporaryFolder("stack-file"), edit);
}
