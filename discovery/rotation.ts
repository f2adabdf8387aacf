import type { StackConfig } from "../federation/config.ts";
import { FaultsError } from "../federation/fault.ts";
import type { ContractReading } from "../federation/peer.ts";
import { FIRST_ROOT, type RotationPlan } from "../federation/rotation.ts";
import { describeRotation, judgeStep } from "../federation/rotationStep.ts";
import { trustingPeers } from "../federation/trusters.ts";
import { utc } from "../federation/utc.ts";
import { istiodRoots } from "./istiodRoots.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

/**
 * Finds where this stack's own roots are, and whether they may go where the config wants them: by what the peers' stacks say that
 * they trust, and what this cluster's istiod has taken in.
 * @throws FaultsError when the step is not safe, with everybody who is behind.
 */
export async function planRotation(
  {
    certificateAuthority: { rotation: wanted = FIRST_ROOT, workloadCertificateHours },
    cluster: { trustDomain },
  }: StackConfig,
  own: Promise<Pick<OwnOutputs, "rotation">>,
  readings: Promise<Record<string, ContractReading>>,
  cluster: SurveyedCluster,
  now: Date,
): Promise<RotationPlan> {
  const { rotation: last } = await own;
  const plan = { wanted, ...(last === undefined ? {} : { last }), now: utc(now) };
  const isStep = last?.root !== wanted.root || last.phase !== wanted.phase;
  if (last !== undefined && !isStep && wanted.phase === "drop") return plan;
  const trusters = [
    ...trustingPeers(await readings, trustDomain),
    { who: "this cluster's istiod", roots: await istiodRoots(cluster) },
  ];
  const surroundings = { trusters, workloadCertificateHours, now };
  const faults = judgeStep(last, wanted, surroundings);
  if (faults.length > 0) throw new FaultsError("rotation of the root", faults);
  const note = last === undefined || isStep ? undefined : describeRotation(last, surroundings);
  return { ...plan, ...(note === undefined ? {} : { note }) };
}
