import type { ForeignPolicy } from "../federation/access/foreignPolicies.ts";
import { parseSignedUntil } from "../federation/authority/rotation.ts";
import type { IstiodTrust } from "../federation/authority/rotationStep.ts";
import { OF_OTHERS, SIGNED_UNTIL_ANNOTATION } from "../federation/core/labels.ts";
import { mapRecord, sortedUnique, withoutUndefined } from "../federation/core/order.ts";
import { AUTHORITY_SECRET, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { Created, MutualTlsMode, PeerAuthentication } from "../federation/exports/clusterServices.ts";
import type { FoundDestinationRule } from "../federation/exports/destinationRules.ts";
import type { DestinationRuleSpec } from "../federation/traffic/specs.ts";
import type { ForeignEntry } from "../federation/core/hostConflict.ts";
import { certificatesIn } from "../federation/x509/certificate.ts";
import { isIssuedBy } from "../federation/x509/signature.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import {
  AUTHORIZATION_POLICY,
  CONFIG_MAP,
  DESTINATION_RULE,
  type KubernetesObject,
  PEER_AUTHENTICATION,
  SECRET,
  SERVICE_ENTRY,
} from "../kubernetes/kinds.ts";

/** Concurrent lists. */
const CONCURRENCY = 8;

/** ConfigMap of istiod in each namespace, with the roots that it runs with, in the order of its `root-cert.pem`. */
const ROOTS = "istio-ca-root-cert";

/** Reads all PeerAuthentications. Like all lists here, empty in a cluster without Istio's CRDs. */
export async function readPeerAuthentications(client: ClusterClient): Promise<PeerAuthentication[]> {
  return (await client.list<PeerAuthenticationObject>(PEER_AUTHENTICATION)).map(viewPeerAuthentication);
}

/** Reads the DestinationRules of others; those of imports are for hosts of peers only, and very many. */
export async function readDestinationRules(client: ClusterClient): Promise<FoundDestinationRule[]> {
  const rules = await client.list<DestinationRuleObject>(DESTINATION_RULE, { labelSelector: OF_OTHERS });
  return rules.map(viewDestinationRule);
}

type EntryObject = KubernetesObject & { spec?: { hosts?: string[]; exportTo?: string[] } };

/** Reads the hosts of ServiceEntries of others. */
export async function readServiceEntries(client: ClusterClient): Promise<ForeignEntry[]> {
  return client.fold<EntryObject, ForeignEntry[]>(
    SERVICE_ENTRY,
    { labelSelector: OF_OTHERS },
    {
      begin: () => [],
      take: (entries, { metadata: { namespace = "", name, labels = {} }, spec = {} }) => {
        const { hosts = [], exportTo = [] } = spec;
        entries.push({ namespace, name, labels, hosts, exportTo });
      },
    },
  );
}

interface ModeObject {
  mode?: MutualTlsMode | "UNSET";
}

/** Fields read of Istio's PeerAuthentication. */
type PeerAuthenticationObject = KubernetesObject & {
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    mtls?: ModeObject;
    portLevelMtls?: Record<string, ModeObject>;
  };
};

/** Fields read of Istio's DestinationRule. */
type DestinationRuleObject = KubernetesObject & { spec?: DestinationRuleSpec };

function viewPeerAuthentication({ metadata, spec }: PeerAuthenticationObject): PeerAuthentication {
  return {
    ...created(metadata),
    selector: spec?.selector?.matchLabels ?? {},
    mode: modeIn(spec?.mtls),
    ports: mapRecord(spec?.portLevelMtls ?? {}, (mtls) => ({ mode: modeIn(mtls) })),
  };
}

function modeIn({ mode = "UNSET" }: ModeObject = {}): MutualTlsMode | undefined {
  return mode === "UNSET" ? undefined : mode;
}

function viewDestinationRule({ metadata, spec = {} }: DestinationRuleObject): FoundDestinationRule {
  const { host, exportTo, workloadSelector, trafficPolicy } = spec;
  return {
    ...created(metadata),
    labels: metadata.labels ?? {},
    spec: withoutUndefined({ host, exportTo, workloadSelector, trafficPolicy }),
  };
}

function created({ namespace = "", name, creationTimestamp = "" }: KubernetesObject["metadata"]): Created {
  return { namespace, name, created: creationTimestamp };
}

/** Annotation of a policy that no workload enforces. */
const DRY_RUN_ANNOTATION = "istio.io/dry-run";

/** Texts that Go parses as true (`strconv.ParseBool`). */
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
 * Reads the AuthorizationPolicies of others that may select workloads of these namespaces, and those of Istio's root namespace, which
 * apply everywhere. Policies for gateways and waypoints (`targetRefs`), dry runs and audits are left out.
 */
export async function readPolicies(
  client: ClusterClient,
  namespaces: readonly string[],
  rootNamespace: string,
): Promise<ForeignPolicy[]> {
  if (namespaces.length === 0) return [];
  const { default: pMap } = await import("p-map");
  const lists = await pMap(
    sortedUnique([rootNamespace, ...namespaces]),
    (namespace) => client.list<PolicyObject>(AUTHORIZATION_POLICY, { namespace, labelSelector: OF_OTHERS }),
    { concurrency: CONCURRENCY },
  );
  return lists.flat().flatMap(viewForeignPolicy);
}

function viewForeignPolicy({ metadata, spec = {} }: PolicyObject): ForeignPolicy[] {
  const { action = "ALLOW", selector, targetRef, targetRefs = [] } = spec;
  const isOfGateways = targetRef !== undefined || targetRefs.length > 0;
  const isDryRun = TRUE.includes(metadata.annotations?.[DRY_RUN_ANNOTATION] ?? "");
  if (isOfGateways || isDryRun || !isEnforced(action)) return [];
  const { namespace = "", name } = metadata;
  return [{ namespace, name, action, selector: selector?.matchLabels ?? {} }];
}

function isEnforced(action: string): action is ForeignPolicy["action"] {
  return action === "ALLOW" || action === "CUSTOM" || action === "DENY";
}

interface Data extends KubernetesObject {
  data?: Record<string, string>;
}

/**
 * Reads the roots that istiod runs with, and those of its Secret: an update may not have reached it yet, and one that failed left no
 * outputs.
 */
export async function readIstiod(client: ClusterClient): Promise<IstiodTrust> {
  const [map, secret] = await Promise.all([
    client.get<Data>(CONFIG_MAP, ISTIO_NAMESPACE, ROOTS),
    client.get<Data>(SECRET, ISTIO_NAMESPACE, AUTHORITY_SECRET),
  ]);
  const roots = certificatesIn(map?.data?.["root-cert.pem"] ?? "") ?? [];
  return {
    isInstalled: secret !== undefined,
    roots: roots.length === 0 ? undefined : roots.map(({ fingerprint256 }) => fingerprint256),
    signer: signerIn(secret?.data ?? {}),
    signedUntil: parseSignedUntil(secret?.metadata.annotations?.[SIGNED_UNTIL_ANNOTATION] ?? "{}"),
  };
}

/** Returns the root that issued the certificate in the Secret; undefined where a chain is between them. */
function signerIn(data: Readonly<Record<string, string>>): string | undefined {
  const read = (file: string) =>
    certificatesIn(Buffer.from(data[file] ?? "", "base64").toString("utf8")) ?? [];
  const [intermediate] = read("ca-cert.pem");
  return intermediate && read("root-cert.pem").find((root) => isIssuedBy(intermediate, root))?.fingerprint256;
}
