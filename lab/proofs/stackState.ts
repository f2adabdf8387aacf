import { join } from "node:path";
import { execa } from "execa";
import { labPaths, stackEnvironment } from "../environment.ts";
import type { RunningLab } from "../lab.ts";

/**
 * Exports a stack's state with the passphrase of a reader's stack. Class `Stack` would write the keys in it to the lab's logs.
 *
 * @returns the state as far as the passphrase decrypts it, and the CLI's messages.
 */
export async function exportState(
  { dir, environment }: RunningLab,
  reader: string,
  stack: string,
): Promise<string> {
  const args = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", stack];
  const { all } = await execa(join(labPaths(dir).bin, "pulumi"), args, {
    cwd: dir,
    env: stackEnvironment(environment, reader),
    reject: false,
    all: true,
  });
  return all;
}

/** A resource in a stack's state. */
interface StateResource {
  readonly urn: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/**
 * Finds an output of a resource in an exported state, decrypted.
 *
 * @param name end of the resource's name.
 * @throws Error when there is no such resource or output.
 */
export function outputInState(state: string, name: string, output: string): unknown {
  const { deployment } = JSON.parse(state) as { deployment: { resources: StateResource[] } };
  const value = deployment.resources.find(({ urn }) => urn.endsWith(name))?.outputs?.[output];
  if (value === undefined) throw new Error(`the state has no ${output} of ${name}`);
  const { plaintext } = value as { plaintext?: string };
  return plaintext === undefined ? value : JSON.parse(plaintext);
}
