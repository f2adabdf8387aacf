import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { CHECKOUT } from "./environment.ts";

/** The `config` of a stack file. */
export type StackFileConfig = Record<string, unknown>;

/**
 * Writes a changed copy of a stack's file, as one would edit it in a pull request.
 * @param folder where to.
 * @returns the copy's path, for `--config-file`.
 */
export async function editStackFile(
  stack: string,
  folder: string,
  edit: (config: StackFileConfig) => void,
): Promise<string> {
  const text = await readFile(join(CHECKOUT, "stacks", `Pulumi.${stack}.yaml`), "utf8");
  const file = parse(text) as { config: StackFileConfig };
  edit(file.config);
  const path = join(folder, `Pulumi.${stack}.yaml`);
  await writeFile(path, stringify(file));
  return path;
}
