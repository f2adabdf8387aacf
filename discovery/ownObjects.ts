import { MANAGED_BY, MANAGED_BY_LABEL, PEER_LABEL } from "../federation/core/labels.ts";
import { append, sortedRecord } from "../federation/core/order.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { AccessKind, OwnObject } from "../federation/editedObjects.ts";
import type { ClusterClient, ListOptions } from "../kubernetes/client.ts";
import {
  AUTHORIZATION_POLICY,
  GATEWAY,
  type KubernetesObject,
  PEER_AUTHENTICATION,
  type ResourceKind,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../kubernetes/kinds.ts";

type AccessObject = KubernetesObject & { spec?: Record<string, unknown> };

const OURS = `${MANAGED_BY_LABEL}=${MANAGED_BY}`;

/** Reads the objects of this program that decide who is let in; those of imports are read in a refresh. */
export async function readOwnObjects(client: ClusterClient): Promise<OwnObject[]> {
  const list = async (kind: ResourceKind, options: ListOptions): Promise<OwnObject[]> =>
    (await client.list<AccessObject>(kind, options)).map((object) => viewObject(kind, object));
  const get = async (kind: ResourceKind, namespace: string, name: string): Promise<OwnObject[]> => {
    const object = await client.get<AccessObject>(kind, namespace, name);
    return object === undefined ? [] : [viewObject(kind, object)];
  };
  const found = await Promise.all([
    get(PEER_AUTHENTICATION, ISTIO_NAMESPACE, "default"),
    get(GATEWAY, GATEWAY_NAMESPACE, GATEWAY_NAME),
    list(VIRTUAL_SERVICE, { namespace: GATEWAY_NAMESPACE, labelSelector: OURS }),
    list(AUTHORIZATION_POLICY, { labelSelector: OURS }),
    list(SERVICE_ENTRY, { labelSelector: `${OURS},!${PEER_LABEL}` }),
  ]);
  return found.flat();
}

function viewObject({ kind }: ResourceKind, { metadata, spec = {} }: AccessObject): OwnObject {
  const { namespace = "", name, uid = "", generation = 0, managedFields = [] } = metadata;
  const editors = new Map<string, string[]>();
  for (const { manager = "", subresource, fieldsV1 } of managedFields) {
    if (subresource !== undefined || manager.startsWith("pulumi-") || manager === MANAGED_BY) continue;
    for (const field of Object.keys(fieldsV1?.["f:spec"] ?? {}))
      if (field.startsWith("f:")) append(editors, field.slice("f:".length), manager);
  }
  return {
    ...{ kind: kind as AccessKind, namespace, name, uid, generation, spec },
    editors: sortedRecord(editors),
  };
}
