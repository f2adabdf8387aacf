import type { Fault } from "../core/fault.ts";
import { compareKeys } from "../core/order.ts";
import { quote } from "../core/text.ts";

/** A kind of traffic object, as `traffic` takes it. */
export interface TrafficKind {
  readonly kind: string;
  readonly group: string;
  /** Version that is written; older ones of Istio have the same schema. */
  readonly version: string;
  /** Name in the URL. */
  readonly plural: string;
}

const ISTIO_NETWORKING = "networking.istio.io";
const ISTIO_SECURITY = "security.istio.io";
/** Group of the Gateway API, whose CRDs no chart of Istio installs. */
export const GATEWAY_API = "gateway.networking.k8s.io";

/** All kinds; Istio serves ProxyConfig as v1beta1 only. */
export const TRAFFIC_KINDS: readonly TrafficKind[] = [
  { group: ISTIO_NETWORKING, kind: "Gateway", version: "v1", plural: "gateways" },
  { group: ISTIO_NETWORKING, kind: "VirtualService", version: "v1", plural: "virtualservices" },
  { group: ISTIO_NETWORKING, kind: "DestinationRule", version: "v1", plural: "destinationrules" },
  { group: ISTIO_NETWORKING, kind: "ServiceEntry", version: "v1", plural: "serviceentries" },
  { group: ISTIO_NETWORKING, kind: "WorkloadEntry", version: "v1", plural: "workloadentries" },
  { group: ISTIO_NETWORKING, kind: "Sidecar", version: "v1", plural: "sidecars" },
  { group: ISTIO_NETWORKING, kind: "ProxyConfig", version: "v1beta1", plural: "proxyconfigs" },
  { group: ISTIO_SECURITY, kind: "PeerAuthentication", version: "v1", plural: "peerauthentications" },
  { group: ISTIO_SECURITY, kind: "RequestAuthentication", version: "v1", plural: "requestauthentications" },
  { group: ISTIO_SECURITY, kind: "AuthorizationPolicy", version: "v1", plural: "authorizationpolicies" },
  { group: "telemetry.istio.io", kind: "Telemetry", version: "v1", plural: "telemetries" },
  { group: GATEWAY_API, kind: "Gateway", version: "v1", plural: "gateways" },
  { group: GATEWAY_API, kind: "HTTPRoute", version: "v1", plural: "httproutes" },
  { group: GATEWAY_API, kind: "TLSRoute", version: "v1", plural: "tlsroutes" },
];

/** One of Istio's or Gateway API's objects that steer traffic: declared by the stack, or somebody else's in the cluster. */
export interface TrafficObject {
  readonly group: string;
  readonly kind: string;
  /** API version that is written, e.g. `networking.istio.io/v1`. */
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
  /** Object that owns one of the cluster by its `ownerReferences`: `Canary reviews`. */
  readonly owner: string | undefined;
  /** Place for messages: `traffic/paris/reviews.yaml, document 2`, `traffic.objects[0]`, or `cluster` with the owner. */
  readonly source: string;
}

/** Formats an object for messages: `VirtualService shop/reviews`. */
export function formatObject({
  kind,
  namespace,
  name,
}: Pick<TrafficObject, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Formats the name of an object as others of its kind are referred to: `shop/reviews`. */
export function fullName({ namespace, name }: Pick<TrafficObject, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** Formats the place of an object: `traffic/paris/reviews.yaml, document 2: VirtualService shop/reviews`. */
export function placeOf(object: TrafficObject): string {
  return `${object.source}: ${formatObject(object)}`;
}

/** Puts the place of an object before the path of a fault in it: `traffic/paris/reviews.yaml: spec.http[0]`. */
export function inPlace(place: string, fault: Fault): Fault {
  return { ...fault, path: fault.path === "" ? place : `${place}: ${fault.path}` };
}

/** Identity of an object within a cluster, for maps. */
export function objectKey({
  group,
  kind,
  namespace,
  name,
}: Pick<TrafficObject, "group" | "kind" | "namespace" | "name">): string {
  return [group, kind, namespace, name].join("/");
}

/** Sorts objects by kind, namespace and name; one that is declared twice is a fault, and the first one stays. */
export function uniqueObjects(all: readonly TrafficObject[]): { objects: TrafficObject[]; faults: Fault[] } {
  const objects = new Map<string, TrafficObject>();
  const faults: Fault[] = [];
  for (const object of all) {
    const first = objects.get(objectKey(object));
    if (first === undefined) objects.set(objectKey(object), object);
    else
      faults.push({
        path: placeOf(object),
        rule: `is declared in ${first.source} too`,
        remedy: "Remove one of them",
      });
  }
  return { objects: [...objects].sort(compareKeys).map(([, object]) => object), faults };
}

/** Whether an object is of one of Istio's kinds: Gateway API has a Gateway too. */
export function isIstio({ group }: Pick<TrafficObject, "group">): boolean {
  return group !== GATEWAY_API;
}

/** Annotation by which istioctl's analyzer leaves codes of an object out: `IST0101,IST0174` or `*`. */
const SUPPRESS_ANNOTATION = "galley.istio.io/analyze-suppress";

/** Whether the owner of an object accepts findings of this code. @param code e.g. `IST0101`. */
export function isSuppressed({ annotations }: Pick<TrafficObject, "annotations">, code: string): boolean {
  const codes = (annotations[SUPPRESS_ANNOTATION] ?? "").split(",").map((each) => each.trim());
  return codes.includes(code) || codes.includes("*");
}

/** Formats a kind with its group for messages: `Gateway (gateway.networking.k8s.io)`. */
export function formatKind({ kind, group }: Pick<TrafficKind, "kind" | "group">): string {
  return `${quote(kind)} (${group})`;
}
