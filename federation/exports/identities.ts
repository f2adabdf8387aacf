import { type Fault, pathOf } from "../core/fault.ts";
import { SUBJECT_ALT_NAMES_ANNOTATION } from "../core/labels.ts";
import { sortedUnique } from "../core/order.ts";
import { parseSpiffeId, serviceAccountId } from "../core/spiffe.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import { type GatewayAccount, gatewayIdentity } from "./gatewayListeners.ts";

/** Identities of a Service's workloads or gateway, sorted; without any, the warnings state why. */
export interface Identities {
  identities: string[];
  warnings: Fault[];
}

/**
 * Finds the identities of a Service's workloads: annotated ones, or their service accounts.
 * @param workloads those that it selects.
 * @param last identities last published: they stay while the Service has a selector and no workload.
 */
export function workloadIdentities(
  { annotations, selector, namespace }: KubernetesService,
  workloads: readonly Workload[],
  trustDomain: string,
  last: readonly string[],
): Identities {
  const given = annotations[SUBJECT_ALT_NAMES_ANNOTATION];
  if (given !== undefined) return givenIdentities(given, trustDomain);
  const accounts = workloads
    .filter(({ serviceAccount }) => serviceAccount !== "")
    .map(({ serviceAccount }) => serviceAccountId(trustDomain, namespace, serviceAccount));
  if (accounts.length > 0) return { identities: sortedUnique(accounts), warnings: [] };
  const identities = Object.keys(selector).length === 0 ? [] : sortedUnique(last);
  return { identities, warnings: [noIdentity(identities)] };
}

/**
 * Finds the identity of a TLS-terminating gateway, which knows the workloads by Istio, so that none needs to exist. A Service without a
 * selector needs the annotation all the same; its identities are not checked.
 */
export function gatewayIdentities(
  service: KubernetesService,
  workloads: readonly Workload[],
  gateway: GatewayAccount,
): Identities {
  const identities = [gatewayIdentity(gateway)];
  const isSelecting = Object.keys(service.selector).length > 0;
  const isGiven = service.annotations[SUBJECT_ALT_NAMES_ANNOTATION] !== undefined;
  if (isGiven || !isSelecting) {
    // With a selector too: it must be valid when the Service is passed through again.
    const found = workloadIdentities(service, workloads, gateway.trustDomain, []);
    if (found.identities.length === 0) return found;
  }
  if (!isSelecting) return { identities, warnings: [UNCHECKED] };
  return {
    identities,
    warnings: [isGiven && NO_EFFECT, workloads.length === 0 && NO_WORKLOAD].filter((each) => each !== false),
  };
}

const UNCHECKED: Fault = {
  path: "selector",
  rule: `is missing, so the gateway calls its endpoints in plaintext unless a DestinationRule sets ISTIO_MUTUAL, and the identities in the annotation ${SUBJECT_ALT_NAMES_ANNOTATION} are not checked`,
  remedy: "Give it a selector, or a DestinationRule with mode ISTIO_MUTUAL and those subjectAltNames",
};

const NO_EFFECT: Fault = {
  path: pathOf("annotations", SUBJECT_ALT_NAMES_ANNOTATION),
  rule: "has no effect: the TLS-terminating gateway shows its own identity, and finds the workloads by the selector",
  remedy: "Keep it for when the Service is passed through again, or remove it",
};

const NO_WORKLOAD: Fault = {
  path: "selector",
  rule: "selects no workload: the Service stays exported, and peers' calls fail until one runs",
  remedy: "Start its workloads, or remove the Service from the exports",
};

function noIdentity(kept: readonly string[]): Fault {
  const what = kept.length > 0 ? "the identities last published stay" : "the Service is not exported";
  const rule = `selects no workload whose service account is known, so ${what}`;
  const remedy = `Start its workloads and update this stack again, or name their identities in the annotation ${SUBJECT_ALT_NAMES_ANNOTATION}`;
  return { path: "selector", rule, remedy };
}

function givenIdentities(given: string, trustDomain: string): Identities {
  const identities = given.split(",").map((identity) => identity.trim());
  if (identities.every((identity) => parseSpiffeId(identity)?.trustDomain === trustDomain))
    return { identities: sortedUnique(identities), warnings: [] };
  const fault = {
    path: pathOf("annotations", SUBJECT_ALT_NAMES_ANNOTATION),
    value: given,
    rule: `must be SPIFFE ids of this cluster's trust domain, separated by commas, so the Service is not exported`,
    remedy: `Write each as spiffe://${trustDomain}/ns/<namespace>/sa/<service account>`,
  };
  return { identities: [], warnings: [fault] };
}
