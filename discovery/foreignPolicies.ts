import type { SurveyedCluster, Unreachable } from "./surveyedCluster.ts";
import type { ForeignPolicy, SelectedService } from "../federation/access/foreignPolicies.ts";
import { OF_OTHERS } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import { AUTHORIZATION_POLICY, type KubernetesObject } from "../kubernetes/kinds.ts";

/** Namespaces asked at a time. */
const CONCURRENCY = 8;

/** On a policy that istiod only tries out, and no workload enforces. */
const DRY_RUN_ANNOTATION = "istio.io/dry-run";

/** What Go reads as true (`strconv.ParseBool`). */
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];

type PolicyObject = KubernetesObject & {
  spec?: {
    action?: string;
    selector?: { matchLabels?: Record<string, string> };
    targetRef?: unknown;
    targetRefs?: unknown[];
  };
};

/**
 * Reads the AuthorizationPolicies of others that may select workloads of these Services: those of their namespaces, and of Istio's
 * root namespace, which hold everywhere. What is for gateways and waypoints (`targetRefs`), only tried out or only logged is left out.
 * A cluster without the kind has none.
 * @returns why, when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
 */
export async function findForeignPolicies(
  cluster: SurveyedCluster,
  services: readonly Pick<SelectedService, "namespace">[],
): Promise<ForeignPolicy[] | Unreachable> {
  if (services.length === 0) return [];
  const namespaces = sortedUnique([ISTIO_NAMESPACE, ...services.map(({ namespace }) => namespace)]);
  return cluster.read(async (client) => {
    const { default: pMap } = await import("p-map");
    const lists = await pMap(
      namespaces,
      (namespace) => client.list<PolicyObject>(AUTHORIZATION_POLICY, { namespace, labelSelector: OF_OTHERS }),
      { concurrency: CONCURRENCY },
    );
    return lists.flat().flatMap(viewPolicy);
  });
}

function viewPolicy({ metadata, spec = {} }: PolicyObject): ForeignPolicy[] {
  const { action = "ALLOW", selector, targetRef, targetRefs = [] } = spec;
  const isOfGateways = targetRef !== undefined || targetRefs.length > 0;
  const isTriedOut = TRUE.includes(metadata.annotations?.[DRY_RUN_ANNOTATION] ?? "");
  if (isOfGateways || isTriedOut || !isEnforced(action)) return [];
  const { namespace = "", name } = metadata;
  return [{ namespace, name, action, selector: selector?.matchLabels ?? {} }];
}

function isEnforced(action: string): action is ForeignPolicy["action"] {
  return action === "ALLOW" || action === "CUSTOM" || action === "DENY";
}
