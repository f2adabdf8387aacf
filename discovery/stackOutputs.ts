import * as pulumi from "@pulumi/pulumi";

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
 * @returns undefined when there is no such stack; `{}` when it was never updated.
 * @throws Error when the stack cannot be read.
 */
export async function readStackOutputs(name: string): Promise<Record<string, unknown> | undefined> {
  try {
    const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
      outputs?: Record<string, unknown>;
    };
    return answer.outputs ?? {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (UNKNOWN_STACK.test(message)) return undefined;
    throw new Error(`Stack ${name} cannot be read: ${message}`, { cause: error });
  }
}
