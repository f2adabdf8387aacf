import type { StackConfig } from "../federation/config/stackConfig.ts";
import { gatewayPlace } from "../federation/core/gatewayPlace.ts";
import {
  type ExistingObjects,
  FIRST_OBJECTS,
  type FoundObject,
  type ObjectPlace,
  PUBLISH_OBJECTS,
  TAKE_OVER_VARIABLE,
} from "../federation/core/installation.ts";
import { GATEWAY_NAMESPACE, IMPORT_NAMESPACE, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import { lastObjectsIn } from "../federation/lastRun.ts";
import type { Snapshot } from "../federation/snapshot.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { orIfForbidden } from "../kubernetes/errors.ts";
import {
  GATEWAY,
  NAMESPACE,
  PEER_AUTHENTICATION,
  type ResourceKind,
  SECRET,
  SERVICE,
  VIRTUAL_SERVICE,
} from "../kubernetes/kinds.ts";

type FirstObject = ObjectPlace & { kind: (typeof FIRST_OBJECTS | typeof PUBLISH_OBJECTS)[number]["kind"] };

const KINDS: Readonly<Record<FirstObject["kind"], ResourceKind>> = {
  Namespace: NAMESPACE,
  Secret: SECRET,
  Service: SERVICE,
  PeerAuthentication: PEER_AUTHENTICATION,
  Gateway: GATEWAY,
  VirtualService: VIRTUAL_SERVICE,
};

/**
 * Reads the objects that the first update creates, and those of the first one that serves the contract; none once an update has left
 * outputs with these, as they are in the state then.
 * @param state objects in the state; only asked for when there are such objects, as it is large.
 */
export async function readExistingObjects(
  client: ClusterClient,
  config: StackConfig,
  outputs: Promise<Snapshot["outputs"]>,
  state: () => Promise<readonly ObjectPlace[] | undefined>,
): Promise<ExistingObjects> {
  const takesOver = ["1", "t", "true"].includes((process.env[TAKE_OVER_VARIABLE] ?? "").toLowerCase());
  const own = await outputs;
  const last = "value" in own ? own.value : {};
  const isOwnIstio = config.istio.existing === undefined;
  const { existing: owners } = config.gateway;
  const { namespace: gateway, object } = gatewayPlace(config.gateway);
  const isOwn = (place: string): boolean =>
    place === ISTIO_NAMESPACE ? isOwnIstio : place !== GATEWAY_NAMESPACE || owners === undefined;
  const places: FirstObject[] = [
    ...FIRST_OBJECTS.filter(({ namespace, name }) => isOwn(namespace ?? name)),
    ...(owners === undefined ? [] : [{ kind: "Gateway", namespace: gateway, name: object } as const]),
  ];
  const first = places.filter(
    ({ kind, name }) =>
      (kind !== "Gateway" || config.exports.length > 0) &&
      (name !== IMPORT_NAMESPACE || config.topology !== "single-mesh"),
  );
  const isServed = config.publish === undefined || lastObjectsIn(last).publication !== undefined;
  const wanted: readonly FirstObject[] = [
    ...(last["federation"] === undefined ? first : []),
    ...(isServed ? [] : PUBLISH_OBJECTS),
  ];
  if (wanted.length === 0) return { found: [], inState: [], takesOver };
  const read = async (some: typeof wanted) =>
    (await Promise.all(some.map((place) => readObject(client, place)))).flat();
  const namespaces = await read(wanted.filter(({ namespace }) => namespace === undefined));
  const names = [...namespaces.map(({ name }) => name), ...(owners === undefined ? [] : [gateway])];
  // Mostly there are none: other readings of this pass get some of these too.
  const others = await read(
    wanted.filter(({ namespace }) => namespace !== undefined && names.includes(namespace)),
  );
  const found = [...namespaces, ...others];
  return { found, inState: found.length === 0 ? [] : await state(), takesOver };
}

async function readObject(client: ClusterClient, place: FirstObject): Promise<FoundObject[]> {
  // Whoever may not read it learns of it from the update.
  const object = await client
    .get(KINDS[place.kind], place.namespace, place.name)
    .catch(orIfForbidden(undefined));
  return object === undefined ? [] : [{ ...place, labels: object.metadata.labels ?? {} }];
}
