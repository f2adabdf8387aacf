import * as pulumi from "@pulumi/pulumi";
import { FaultsError } from "../federation/core/fault.ts";

/** What the engine answers when the stack does not exist (pkg/backend/backend.go). */
const UNKNOWN_STACK = /unknown stack/;

/** Full name of a stack: a bare name is one of this project and organization. */
export function fullStackName(stack: string): string {
  return stack.includes("/") ? stack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
}

/**
 * Reads another stack's outputs as its last update left them. Not by a `StackReference`, which fails the whole operation
 * when there is no such stack.
 * @param name full name, `organization/project/stack`.
 * @param path for the fault: the field of the config that names the stack.
 * @returns undefined when there is no such stack; `{}` when it was never updated.
 * @throws FaultsError when the stack is there but cannot be read.
 */
export async function readStackOutputs(
  name: string,
  path: string,
): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
      outputs?: Record<string, unknown>;
    };
    return answer.outputs ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (UNKNOWN_STACK.test(message)) return undefined;
    const remedy =
      "Log in to its backend as somebody who may read it; a self-managed one asks for the stack's passphrase or key too";
    throw new FaultsError(`stack ${name}`, [
      { path, value: name, rule: `cannot be read: ${message}`, remedy },
    ]);
  }
}

/** Why there is nothing of another stack, for whoever can do something about it. */
export function noSuchStack(name: string): string {
  return `stack ${name} does not exist, or you may not read it; run \`pulumi up\` on it, then here`;
}

/** Why there is no such output of another stack, likewise. */
export function noSuchOutput(name: string, output: string): string {
  return `stack ${name} has no output \`${output}\` yet; run \`pulumi up\` on it, then here`;
}
