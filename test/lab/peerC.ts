import type { RunningLab } from "../../lab/lab.ts";
import { Stack } from "../../lab/pulumi.ts";
import { publishStack, unpublishStack } from "./publishedStack.ts";
import { editedStackFile } from "./stackFile.ts";

/**
 * Runs a test on stack cluster-a with a second peer, cluster-c; its stack is gone afterwards, what it left in cluster-a is not.
 * @param outputs what its stack publishes; undefined: it was never updated.
 * @param settings what the config says of it beside its stack.
 */
export async function peerC(
  lab: RunningLab,
  outputs: Record<string, unknown> | undefined,
  test: (edited: Stack) => Promise<void>,
  settings: Record<string, unknown> = {},
): Promise<void> {
  await publishStack(lab, "cluster-c", outputs);
  try {
    await test(await stackWithPeerC(lab, settings));
  } finally {
    await unpublishStack(lab, "cluster-c");
  }
}

/** Stack cluster-a with cluster-c in its config. */
export async function stackWithPeerC(lab: RunningLab, settings: Record<string, unknown>): Promise<Stack> {
  const configFile = await editedStackFile("cluster-a", (config) => {
    const peer = { stack: "cluster-c", ...settings };
    Object.assign(config["istio-federation:peers"] as object, { "cluster-c": peer });
  });
  return new Stack("cluster-a", lab, { configFile });
}
