import type { OwnOutputs } from "./ownOutputs.ts";
import { fullStackName, noSuchStack, readStackOutputs } from "./stackOutputs.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import { type RootReading, decideShared } from "../federation/authority/shared.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { FaultsError } from "../federation/core/fault.ts";
import { AUTHORITY_SECRET, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import { type KubernetesObject, SECRET } from "../kubernetes/kinds.ts";

/**
 * Reads what the stack of a shared root has signed for this cluster, and decides with what the cluster runs.
 * @throws FaultsError when that stack refuses to be read, or what it publishes does not fit, see {@link decideShared}.
 */
export async function readSharedAuthority(
  config: StackConfig,
  stack: string,
  own: Promise<OwnOutputs>,
  cluster: SurveyedCluster,
  now: Date,
): Promise<ReturnType<typeof decideShared>> {
  const reading = await readRoot(stack);
  const decided = decideShared(config, reading, (await own).authority, now);
  if ("waiting" in decided.authority) await refuseInstalled(cluster, decided.authority.waiting);
  return decided;
}

/** A first update that failed late leaves no outputs, and an Istio that a waiting cluster's program would take away. */
async function refuseInstalled(cluster: SurveyedCluster, waiting: string): Promise<void> {
  const answer = await cluster.read(async (client) => ({
    secret: await client.get<KubernetesObject>(SECRET, ISTIO_NAMESPACE, AUTHORITY_SECRET),
  }));
  if ("unreachable" in answer || answer.secret === undefined) return;
  throw new FaultsError("certificate authority", [
    {
      path: "certificateAuthority.shared.stack",
      rule: `has nothing for this cluster, whose Istio is installed (Secret ${ISTIO_NAMESPACE}/${AUTHORITY_SECRET}) and would be taken away. ${waiting}`,
      remedy: "Run `pulumi up` when that stack can be read again; to take Istio away, `pulumi destroy`",
    },
  ]);
}

async function readRoot(stack: string): Promise<RootReading> {
  const name = fullStackName(stack);
  const outputs = await readStackOutputs(name, "certificateAuthority.shared.stack");
  return outputs === undefined ? { pending: noSuchStack(name) } : { outputs };
}
