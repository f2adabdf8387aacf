import { isGatewayPolicy } from "../federation/access/gatewayPolicy.ts";
import { MANAGED_BY, MANAGED_BY_LABEL, PEER_LABEL, TRAFFIC_LABEL } from "../federation/core/labels.ts";
import { append, sortedRecord } from "../federation/core/order.ts";
import { ISTIO_NAMESPACE, PUBLISH_GATEWAY, PUBLISH_NAMESPACE, TOKENS } from "../federation/core/wellKnown.ts";
import type { GatewayPlace } from "../federation/core/gatewayPlace.ts";
import type { AccessKind, OwnObject } from "../federation/ownObjects.ts";
import { aliasObject } from "../federation/exports/alias.ts";
import type { LastRun } from "../federation/lastRun.ts";
import type { ClusterClient, ListOptions } from "../kubernetes/client.ts";
import {
  AUTHORIZATION_POLICY,
  GATEWAY,
  type KubernetesObject,
  PEER_AUTHENTICATION,
  REQUEST_AUTHENTICATION,
  type ResourceKind,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../kubernetes/kinds.ts";

type AccessObject = KubernetesObject & { spec?: Record<string, unknown> };

/** Not the objects of `traffic`, which only look alike. */
const OURS = `${MANAGED_BY_LABEL}=${MANAGED_BY},!${TRAFFIC_LABEL}`;

type ObjectName = Pick<OwnObject, "namespace" | "name">;

/** Start of the field manager's name of the Kubernetes plugin, which appends random digits for each resource. */
const PULUMI = "pulumi-kubernetes-";

const CONCURRENCY = 8;

/**
 * Reads the objects of this program that decide who is let in; those of imports are read in a refresh. Policies and aliases of the last
 * update that no list has are read by name: somebody may have changed the label that the lists select.
 * @param isOwnIstio whether mutual TLS is required by this program; a mesh that it joins has a PeerAuthentication of its owner's, or none.
 */
export async function readOwnObjects(
  client: ClusterClient,
  gateway: GatewayPlace,
  last: Pick<LastRun, "policies" | "aliases" | "publication">,
  isOwnIstio: boolean,
): Promise<OwnObject[]> {
  const list = async (kind: ResourceKind, options: ListOptions): Promise<OwnObject[]> =>
    (await client.list<AccessObject>(kind, options)).map((object) => viewObject(kind, object));
  const get = async (kind: ResourceKind, namespace: string, name: string): Promise<OwnObject[]> => {
    const object = await client.get<AccessObject>(kind, namespace, name);
    return object === undefined ? [] : [viewObject(kind, object)];
  };
  const listGatewayPolicies = async (): Promise<OwnObject[]> =>
    (await list(AUTHORIZATION_POLICY, { namespace: gateway.namespace })).filter(isGatewayPolicy);
  const listPolicies = async (): Promise<OwnObject[]> => {
    const found = await list(AUTHORIZATION_POLICY, { labelSelector: OURS });
    const policies = Object.values(last.policies);
    const names: ObjectName[] = policies.filter((policy) => !isGatewayPolicy(policy));
    if (last.publication?.access !== undefined) names.push({ namespace: PUBLISH_NAMESPACE, name: TOKENS });
    const named = missing(names, found);
    const lacksGateways = policies.some(
      (policy) =>
        isGatewayPolicy(policy) &&
        !found.some(({ name }) => name.slice(0, name.lastIndexOf("-")) === policy.name),
    );
    const others = await Promise.all([
      getAll(named, ({ namespace, name }) => get(AUTHORIZATION_POLICY, namespace, name)),
      // Their names end with a version, which only the cluster has.
      lacksGateways ? listGatewayPolicies() : [],
    ]);
    return [...found, ...missing(others.flat(), found)];
  };
  const listAliases = async (): Promise<OwnObject[]> => {
    const found = await list(SERVICE_ENTRY, { labelSelector: `${OURS},!${PEER_LABEL}` });
    const aliases = Object.values(last.aliases).map((alias) => ({
      namespace: alias.namespace,
      name: aliasObject(alias),
    }));
    const others = await getAll(missing(aliases, found), ({ namespace, name }) =>
      get(SERVICE_ENTRY, namespace, name),
    );
    return [...found, ...others];
  };
  const found = await Promise.all([
    isOwnIstio ? get(PEER_AUTHENTICATION, ISTIO_NAMESPACE, "default") : [],
    get(GATEWAY, gateway.namespace, gateway.object),
    // Includes those of others, which are few: a changed label hides none.
    list(VIRTUAL_SERVICE, { namespace: gateway.namespace }),
    ...(last.publication === undefined
      ? []
      : [
          get(GATEWAY, PUBLISH_NAMESPACE, PUBLISH_GATEWAY),
          list(VIRTUAL_SERVICE, { namespace: PUBLISH_NAMESPACE }),
        ]),
    ...(last.publication?.access === undefined
      ? []
      : [get(REQUEST_AUTHENTICATION, PUBLISH_NAMESPACE, TOKENS)]),
    listPolicies(),
    listAliases(),
  ]);
  return found.flat();
}

/** Returns the objects of the last update that are not among those found. */
function missing<T extends ObjectName>(objects: readonly T[], found: readonly ObjectName[]): T[] {
  const names = new Set(found.map(({ namespace, name }) => `${namespace}/${name}`));
  return objects.filter(({ namespace, name }) => !names.has(`${namespace}/${name}`));
}

async function getAll<T>(objects: readonly T[], get: (object: T) => Promise<OwnObject[]>) {
  if (objects.length === 0) return [];
  const { default: pMap } = await import("p-map");
  return (await pMap(objects, get, { concurrency: CONCURRENCY })).flat();
}

function viewObject({ kind }: ResourceKind, { metadata, spec = {} }: AccessObject): OwnObject {
  const {
    namespace = "",
    name,
    uid = "",
    creationTimestamp: created = "",
    generation = 0,
    managedFields = [],
  } = metadata;
  const written = managedFields.filter(({ subresource }) => subresource === undefined);
  const programs = new Set(
    written.map(({ manager = "" }) => manager).filter((manager) => manager.startsWith(PULUMI)),
  );
  const editors = new Map<string, string[]>();
  for (const { manager = "", fieldsV1 } of written) {
    // With several Pulumi programs, any may be the other one.
    if (manager === MANAGED_BY || (programs.size === 1 && programs.has(manager))) continue;
    for (const field of Object.keys(fieldsV1?.["f:spec"] ?? {}))
      if (field.startsWith("f:")) append(editors, field.slice("f:".length), manager);
  }
  return {
    ...{ kind: kind as AccessKind, namespace, name, uid, created, generation, spec },
    editors: sortedRecord(editors),
  };
}
