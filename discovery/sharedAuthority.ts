import type { StackConfig } from "../federation/config.ts";
import { type RootReading, decideShared } from "../federation/sharedAuthority.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import { fullStackName, readStackOutputs } from "./stackOutputs.ts";

/**
 * Reads what the stack of a shared root has signed for this cluster, and decides with what the cluster runs.
 * @throws FaultsError when that stack refuses to be read, or what it publishes does not fit, see {@link decideShared}.
 */
export async function readSharedAuthority(
  config: StackConfig,
  stack: string,
  own: Promise<OwnOutputs>,
  now: Date,
): Promise<ReturnType<typeof decideShared>> {
  const reading = await readRoot(stack);
  return decideShared(config, reading, (await own).authority, now);
}

async function readRoot(stack: string): Promise<RootReading> {
  const name = fullStackName(stack);
  const outputs = await readStackOutputs(name, "certificateAuthority.shared.stack");
  if (outputs !== undefined) return { outputs };
  return {
    pending: `stack ${name} does not exist, or you may not read it; run \`pulumi up\` on it, then here`,
  };
}
