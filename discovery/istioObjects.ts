import type { ForeignPolicy } from "../federation/access/foreignPolicies.ts";
import { parseSignedUntil } from "../federation/authority/rotation.ts";
import type { IstiodTrust } from "../federation/authority/rotationStep.ts";
import { OF_OTHERS, SIGNED_UNTIL_ANNOTATION } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { AUTHORITY_SECRET, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { PeerAuthentication } from "../federation/exports/clusterServices.ts";
import type { FoundDestinationRule } from "../federation/exports/destinationRules.ts";
import {
  type DestinationRuleObject,
  type PeerAuthenticationObject,
  type PolicyObject,
  viewDestinationRule,
  viewForeignPolicy,
  viewPeerAuthentication,
} from "../federation/meshObjects.ts";
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
  return (await client.list<PeerAuthenticationObject & KubernetesObject>(PEER_AUTHENTICATION)).map(
    viewPeerAuthentication,
  );
}

/** Reads the DestinationRules of others; those of imports are for hosts of peers only, and very many. */
export async function readDestinationRules(client: ClusterClient): Promise<FoundDestinationRule[]> {
  const rules = await client.list<DestinationRuleObject & KubernetesObject>(DESTINATION_RULE, {
    labelSelector: OF_OTHERS,
  });
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
    (namespace) =>
      client.list<PolicyObject & KubernetesObject>(AUTHORIZATION_POLICY, {
        namespace,
        labelSelector: OF_OTHERS,
      }),
    { concurrency: CONCURRENCY },
  );
  return lists.flat().flatMap(viewForeignPolicy);
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
