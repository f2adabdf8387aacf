import type { RunningLab } from "../../../lab/lab.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { editedStackFile } from "../stackFile.ts";

/** Loopback, which is nobody's gateway elsewhere. */
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** A gateway as a stack's config advertises it. */
export interface Advertised {
  readonly address: string;
  readonly port: number;
}

/**
 * Has cluster-b tell its peers these gateways, by an update.
 * @param peer what cluster-a's config says of cluster-b beside its stack.
 * @returns the stack of cluster-a, whose update takes them in.
 */
export async function advertised(
  lab: RunningLab,
  gateways: readonly Advertised[],
  peer: object = {},
): Promise<Stack> {
  const theirs = await editedStackFile(lab, "cluster-b", (config) => {
    const advertise = gateways.map(({ address, port }) => ({ address, port }));
    Object.assign(config["istio-federation:gateway"] as object, { advertise });
    config["istio-federation:allowGatewayAddresses"] = LOOPBACK;
  });
  await new Stack("cluster-b", lab, { configFile: theirs }).up();
  const ours = await editedStackFile(lab, "cluster-a", (config) => {
    const peers = config["istio-federation:peers"] as Record<string, object>;
    Object.assign(peers["cluster-b"]!, peer);
    config["istio-federation:allowGatewayAddresses"] = LOOPBACK;
  });
  return new Stack("cluster-a", lab, { configFile: ours });
}

/** Puts both stacks back to what their files say. */
export async function asBefore(lab: RunningLab): Promise<void> {
  for (const name of ["cluster-b", "cluster-a"]) await new Stack(name, lab).up();
}
