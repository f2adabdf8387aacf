import type { StackConfig } from "../federation/config/stackConfig.ts";
import { REVISION_LABEL } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { UNNAMED_REVISION, istiodRelease, revisionNames } from "../federation/core/revision.ts";
import { parseJson } from "../federation/core/text.ts";
import { valueAt } from "../federation/core/schema.ts";
import { ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { RevisedProxy, RevisionReadings } from "../federation/revisions.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import {
  DEPLOYMENT,
  type KubernetesObject,
  MUTATING_WEBHOOK_CONFIGURATION,
  NAMESPACE,
  POD,
} from "../kubernetes/kinds.ts";
import { viewInjector } from "./installedIstio.ts";
import type { StateContent } from "./stacks.ts";

/** Label of every Pod with a proxy, by Istio's templates for sidecars, gateways and waypoints. */
const PROXY_LABEL = "service.istio.io/canonical-name";
const STATUS_ANNOTATION = "sidecar.istio.io/status";

/**
 * Reads who uses the revisions that workloads leave: the former one, and those that an update of this config removes. Pods may be very
 * many: they are listed only where there is such a revision.
 */
export async function readRevisions(
  client: ClusterClient,
  { istio }: StackConfig,
  state: () => Promise<StateContent | undefined>,
): Promise<RevisionReadings> {
  const wanted = revisionNames(istio);
  const istiods = await client.list(DEPLOYMENT, {
    ...{ namespace: ISTIO_NAMESPACE, labelSelector: "app=istiod", metadataOnly: true },
  });
  const others = sortedUnique(istiods.map(revisionOf)).filter((revision) => !wanted.includes(revision));
  const known = others.length === 0 ? undefined : await state();
  const removed = others.filter((revision) => {
    const { namespace, name } = istiodRelease(revision);
    return known?.releases.some((each) => each.namespace === namespace && each.name === name) ?? true;
  });
  const left = [...removed, ...(istio.former === undefined ? [] : [istio.former.revision])];
  if (left.length === 0) return { removed, proxies: [], namespaces: {}, injectors: [] };
  const [proxies, namespaces, webhooks] = await Promise.all([
    readProxiesOf(client, left),
    client.list(NAMESPACE, { metadataOnly: true }),
    client.list(MUTATING_WEBHOOK_CONFIGURATION, {
      labelSelector: "app=sidecar-injector",
      metadataOnly: true,
    }),
  ]);
  return {
    removed,
    proxies,
    namespaces: Object.fromEntries(
      namespaces.map(({ metadata: { name, labels = {} } }) => [name, labels] as const),
    ),
    injectors: webhooks.map(viewInjector),
  };
}

function revisionOf({ metadata: { labels = {} } }: KubernetesObject): string {
  return labels[REVISION_LABEL] ?? UNNAMED_REVISION;
}

type PodObject = KubernetesObject & { status?: { phase?: string } };

function readProxiesOf(client: ClusterClient, revisions: readonly string[]): Promise<RevisedProxy[]> {
  return client.fold<PodObject, RevisedProxy[]>(
    POD,
    { labelSelector: PROXY_LABEL },
    {
      begin: () => [],
      take: (found, { metadata, status }) => {
        const { namespace = "", name, annotations = {}, deletionTimestamp } = metadata;
        if (deletionTimestamp !== undefined || ["Succeeded", "Failed"].includes(status?.phase ?? "")) return;
        const revision = proxyRevision(annotations);
        if (revision !== undefined && revisions.includes(revision)) found.push({ namespace, name, revision });
      },
    },
  );
}

/** Returns the revision that injected a Pod or made it, as for gateways by Gateway API; undefined for a Pod without a proxy. */
function proxyRevision(annotations: Readonly<Record<string, string>>): string | undefined {
  const injected = valueAt(parseJson(annotations[STATUS_ANNOTATION] ?? ""), ["revision"]);
  return typeof injected === "string" && injected !== "" ? injected : annotations[REVISION_LABEL];
}
