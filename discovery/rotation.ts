import { UNKNOWN, istiodTrust } from "./istiodTrust.ts";
import type { OwnOutputs } from "./ownOutputs.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import { FIRST_ROOT, type RotationPlan, withEvidence } from "../federation/authority/rotation.ts";
import { describeRotation, judgeStep } from "../federation/authority/rotationStep.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { FaultsError } from "../federation/core/fault.ts";
import { utc } from "../federation/core/text.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import { trustingPeers } from "../federation/trust/trusters.ts";

/**
 * Finds where this stack's own roots are, and whether they may go where the config wants them: by what the peers' stacks say that
 * they trust, and what this cluster's istiod has taken in.
 * @throws FaultsError when the step is not safe, with everybody who is behind.
 */
export async function planRotation(
  {
    certificateAuthority: { rotation: wanted = FIRST_ROOT, workloadCertificateHours, settlingMinutes },
    cluster: { trustDomain },
  }: StackConfig,
  own: Promise<Pick<OwnOutputs, "rotation" | "pinned">>,
  readings: Promise<Record<string, ContractReading>>,
  cluster: SurveyedCluster,
  now: Date,
): Promise<RotationPlan> {
  const { rotation: recorded, pinned } = await own;
  const plan = { wanted, ...(recorded === undefined ? {} : { last: recorded }), now: utc(now) };
  const isStep = recorded?.root !== wanted.root || recorded.phase !== wanted.phase;
  if (recorded !== undefined && !isStep && wanted.phase === "drop") return plan;
  const istiod = recorded === undefined ? UNKNOWN : await istiodTrust(cluster);
  const peers = trustingPeers(await readings, trustDomain, pinned);
  const surroundings = { peers, istiod, workloadCertificateHours, settlingMinutes, now };
  const last = recorded && withEvidence(recorded, istiod, plan.now);
  const faults = judgeStep(last, wanted, surroundings);
  if (faults.length > 0) throw new FaultsError("rotation of the root", faults);
  if (last === undefined) return plan;
  const note = isStep
    ? `Root ${wanted.root} goes to phase '${wanted.phase}' (the last update: root ${last.root}, phase '${last.phase}')`
    : describeRotation(last, surroundings);
  return { ...plan, last, ...(note === undefined ? {} : { note }) };
}
