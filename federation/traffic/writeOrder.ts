import { matches } from "../core/labels.ts";
import { append, sortedUnique } from "../core/order.ts";
import { destinationsOf, fullGatewayName } from "./destinations.ts";
import { type Hosts, covers } from "./hosts.ts";
import { GATEWAY_API, type TrafficObject, fullName, objectKey } from "./trafficObject.ts";
import { ofKind } from "./trafficRule.ts";

/** Keys of the objects that are written before an object, and deleted after it, by its key. */
export type WriteOrder = Readonly<Record<string, readonly string[]>>;

/**
 * Computes in which order objects are written, so that no request is lost: whatever an object refers to is there before it. The kinds form a
 * graph without cycles: routes after delegates, Gateways, ServiceEntries and DestinationRules; ServiceEntries after their WorkloadEntries and
 * DestinationRules.
 */
export function writeOrder(
  objects: readonly TrafficObject[],
  hosts: Pick<Hosts, "resolve">,
  rootNamespace: string,
): WriteOrder {
  const rules = new HostIndex();
  for (const { object, spec } of ofKind(objects, "DestinationRule"))
    rules.add(hosts.resolve(spec.host ?? "", object.namespace), object);
  const entries = new HostIndex();
  for (const { object, spec } of ofKind(objects, "ServiceEntry"))
    for (const host of spec.hosts ?? []) entries.add(host, object);

  const order = new Map<string, string[]>();
  const after = (object: TrafficObject, earlier: readonly TrafficObject[]) => {
    for (const each of earlier) append(order, objectKey(object), objectKey(each));
  };
  const afterHost = (object: TrafficObject, host: string) => {
    after(object, [...rules.find(host), ...entries.find(host)]);
  };

  const gateways = ofKind(objects, "Gateway");
  const routes = ofKind(objects, "VirtualService");
  for (const { object, spec } of routes) {
    for (const { destination } of destinationsOf(spec))
      afterHost(object, hosts.resolve(destination.host ?? "", object.namespace));
    const names = (spec.gateways ?? []).map((gateway) => fullGatewayName(gateway, object.namespace));
    after(
      object,
      gateways.map((each) => each.object).filter((each) => names.includes(fullName(each))),
    );
    // A delegate has no hosts, and delegates to no other.
    if ((spec.hosts ?? []).length === 0) continue;
    const delegates = (spec.http ?? []).flatMap(({ delegate }) =>
      delegate === undefined ? [] : [`${delegate.namespace ?? object.namespace}/${delegate.name ?? ""}`],
    );
    after(
      object,
      routes
        .filter((each) => (each.spec.hosts ?? []).length === 0 && delegates.includes(fullName(each.object)))
        .map((each) => each.object),
    );
  }
  for (const { object, spec } of ofKind(objects, "ServiceEntry")) {
    for (const host of spec.hosts ?? []) after(object, rules.find(host));
    const selector = spec.workloadSelector?.labels ?? {};
    const workloads = ofKind(objects, "WorkloadEntry").filter(
      (each) => each.object.namespace === object.namespace && matches(selector, each.spec.labels ?? {}),
    );
    after(
      object,
      workloads.map((each) => each.object),
    );
  }
  for (const { object, spec } of ofKind(objects, "Sidecar"))
    if (spec.outboundTrafficPolicy?.mode === "REGISTRY_ONLY")
      after(
        object,
        objects.filter(({ kind }) => kind === "ServiceEntry"),
      );
  // A policy that demands an end user refuses all calls until their tokens are read.
  for (const { object } of ofKind(objects, "AuthorizationPolicy"))
    after(
      object,
      objects.filter(
        ({ kind, namespace }) =>
          kind === "RequestAuthentication" && [object.namespace, rootNamespace].includes(namespace),
      ),
    );
  for (const object of objects.filter(isGatewayApiRoute)) {
    for (const host of backendHosts(object, hosts)) afterHost(object, host);
    const names = parentsOf(object);
    after(
      object,
      objects.filter(
        (each) => each.group === GATEWAY_API && each.kind === "Gateway" && names.includes(fullName(each)),
      ),
    );
  }
  return Object.fromEntries([...order].map(([key, earlier]) => [key, sortedUnique(earlier)]));
}

/** Sorts objects so that each follows those that are written before it. */
export function inWriteOrder(objects: readonly TrafficObject[], order: WriteOrder): TrafficObject[] {
  const byKey = new Map(objects.map((object) => [objectKey(object), object]));
  const sorted = new Set<TrafficObject>();
  const add = (object: TrafficObject): void => {
    if (sorted.has(object)) return;
    for (const key of order[objectKey(object)] ?? []) {
      const earlier = byKey.get(key);
      if (earlier !== undefined) add(earlier);
    }
    sorted.add(object);
  };
  objects.forEach(add);
  return [...sorted];
}

/** Objects by their hosts, of which some are wildcards. */
class HostIndex {
  readonly #exact = new Map<string, TrafficObject[]>();
  readonly #wildcards: [string, TrafficObject][] = [];

  add(host: string, object: TrafficObject): void {
    if (host.startsWith("*")) this.#wildcards.push([host, object]);
    else append(this.#exact, host, object);
  }

  /** Finds the objects whose host is or includes this one. */
  find(host: string): TrafficObject[] {
    const wider = this.#wildcards.filter(([wildcard]) => covers(wildcard, host)).map(([, object]) => object);
    return [...(this.#exact.get(host) ?? []), ...wider];
  }
}

function isGatewayApiRoute({ group, kind }: TrafficObject): boolean {
  return group === GATEWAY_API && kind !== "Gateway";
}

/** A reference of the Gateway API to a parent or a backend. */
interface ObjectReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}

/** Names of the Gateways that a route is attached to. */
function parentsOf({ namespace, spec }: TrafficObject): string[] {
  const { parentRefs = [] } = spec as { parentRefs?: ObjectReference[] };
  return parentRefs
    .filter(({ kind = "Gateway" }) => kind === "Gateway")
    .map((parent) => `${parent.namespace ?? namespace}/${parent.name}`);
}

/** Hosts of a route's backends: Services, and Istio's kind Hostname. */
function backendHosts({ namespace, spec }: TrafficObject, hosts: Pick<Hosts, "resolve">): string[] {
  const { rules = [] } = spec as { rules?: { backendRefs?: ObjectReference[] }[] };
  return rules
    .flatMap(({ backendRefs = [] }) => backendRefs)
    .map((backend) =>
      backend.kind === "Hostname"
        ? backend.name
        : hosts.resolve(backend.name, backend.namespace ?? namespace),
    );
}
