import { type Fault, pathOf } from "../core/fault.ts";
import { SUBJECT_ALT_NAMES_ANNOTATION } from "../core/labels.ts";
import { sortedUnique } from "../core/order.ts";
import { parseSpiffeId, serviceAccountId } from "../core/spiffe.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import { type GatewayAccount, gatewayIdentity } from "./gatewayListeners.ts";

/** Under which identities a Service answers, sorted; none when that is not known, and the warnings say why. */
export interface Identities {
  identities: string[];
  warnings: Fault[];
}

/**
 * Finds the identities under which a Service answers.
 * @param workloads those that it selects.
 * @param known those last published: they stay as long as the Service selects workloads and none is there.
 */
export function identitiesOf(
  { annotations, selector, namespace }: KubernetesService,
  workloads: readonly Workload[],
  trustDomain: string,
  known: readonly string[],
): Identities {
  const given = annotations[SUBJECT_ALT_NAMES_ANNOTATION];
  if (given !== undefined) return givenIdentities(given, trustDomain);
  const accounts = workloads
    .filter(({ serviceAccount }) => serviceAccount !== "")
    .map(({ serviceAccount }) => serviceAccountId(trustDomain, namespace, serviceAccount));
  if (accounts.length > 0) return { identities: sortedUnique(accounts), warnings: [] };
  const identities = Object.keys(selector).length === 0 ? [] : sortedUnique(known);
  return { identities, warnings: [noWorkload(identities)] };
}

/**
 * The same for a Service whose calls the gateway opens: it answers for itself, and knows by Istio whom it calls, so that workloads need not be
 * there. A Service without a selector has to say all the same who is behind it; nothing holds them to that.
 */
export function openedIdentities(
  service: KubernetesService,
  workloads: readonly Workload[],
  gateway: GatewayAccount,
): Identities {
  const identities = [gatewayIdentity(gateway)];
  const isSelecting = Object.keys(service.selector).length > 0;
  const isGiven = service.annotations[SUBJECT_ALT_NAMES_ANNOTATION] !== undefined;
  if (isGiven || !isSelecting) {
    // With a selector too: it must be right when the Service is passed on again.
    const found = identitiesOf(service, workloads, gateway.trustDomain, []);
    if (found.identities.length === 0) return found;
  }
  if (!isSelecting) return { identities, warnings: [UNCHECKED] };
  return {
    identities,
    warnings: [...(isGiven ? [WITHOUT_EFFECT] : []), ...(workloads.length > 0 ? [] : [NOBODY_THERE])],
  };
}

const UNCHECKED: Fault = {
  path: "selector",
  rule: `is not there, so that the gateway calls what is behind it in plain text unless a DestinationRule says ISTIO_MUTUAL, and the identities in the annotation ${SUBJECT_ALT_NAMES_ANNOTATION} are not checked`,
  remedy: "Give it a selector, or a DestinationRule with mode ISTIO_MUTUAL and those subjectAltNames",
};

const WITHOUT_EFFECT: Fault = {
  path: pathOf("annotations", SUBJECT_ALT_NAMES_ANNOTATION),
  rule: "has no effect here: the gateway answers for the Service, and knows by its selector whom it calls",
  remedy: "Leave it for when the Service is passed on again, or remove it",
};

const NOBODY_THERE: Fault = {
  path: "selector",
  rule: "leads to no workload: it stays offered, and peers' calls fail until one is there",
  remedy: "Start its workloads, or take the Service out of the exports",
};

function noWorkload(kept: readonly string[]): Fault {
  const what = kept.length > 0 ? "the identities last published stay" : "the Service is held back";
  return {
    path: "selector",
    rule: `leads to no workload whose service account is known, so ${what}`,
    remedy: `Start its workloads and update this stack again, or name their identities in the annotation ${SUBJECT_ALT_NAMES_ANNOTATION}`,
  };
}

function givenIdentities(given: string, trustDomain: string): Identities {
  const identities = given.split(",").map((identity) => identity.trim());
  if (identities.every((identity) => parseSpiffeId(identity)?.trustDomain === trustDomain))
    return { identities: sortedUnique(identities), warnings: [] };
  const fault = {
    path: pathOf("annotations", SUBJECT_ALT_NAMES_ANNOTATION),
    value: given,
    rule: `must be SPIFFE ids of this cluster's trust domain, separated by commas, so the Service is held back`,
    remedy: `Write each as spiffe://${trustDomain}/ns/<namespace>/sa/<service account>`,
  };
  return { identities: [], warnings: [fault] };
}
