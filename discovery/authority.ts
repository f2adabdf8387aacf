import type { OwnOutputs } from "./ownOutputs.ts";
import { readProvidedAuthority } from "./providedAuthority.ts";
import { planRotation } from "./rotation.ts";
import { readSharedAuthority } from "./sharedAuthority.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";
import type { WaitingAuthority } from "../federation/authority/shared.ts";
import type { AuthoritySource } from "../federation/authority/source.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { ContractReading } from "../federation/imports/registration.ts";

/** A cluster's certificate authority as the program found it, or why there is none yet. */
export interface AuthorityFinding {
  authority: AuthoritySource | WaitingAuthority;
  /** For the user, a sentence each. */
  warnings: string[];
  notes: string[];
}

/**
 * Finds where a cluster's certificate authority comes from.
 * @throws FaultsError when what it is to be made from cannot be read or does not fit, or a step of its rotation is not safe.
 */
export async function findAuthority(
  config: StackConfig,
  own: Promise<OwnOutputs>,
  readings: Promise<Record<string, ContractReading>>,
  cluster: SurveyedCluster,
  now: Date,
): Promise<AuthorityFinding> {
  const { provided, shared } = config.certificateAuthority;
  if (provided !== undefined) {
    return { authority: { provided: await readProvidedAuthority(provided, now) }, warnings: [], notes: [] };
  }
  if (shared !== undefined) {
    const { authority, ...told } = await readSharedAuthority(config, shared.stack, own, cluster, now);
    return { authority: "waiting" in authority ? authority : { shared: authority }, ...told };
  }
  const rotation = await planRotation(config, own, readings, cluster, now);
  return { authority: { rotation }, warnings: [], notes: rotation.note === undefined ? [] : [rotation.note] };
}
