import type { Destination, HttpRoute, RouteDestination, VirtualServiceSpec } from "./specs.ts";

/** A place in a VirtualService that sends requests somewhere. */
export interface RoutedDestination {
  destination: Destination;
  /** `spec.http[0].route[1].destination`. */
  path: string;
  /** Whether it gets copies of requests, whose answers nobody waits for. */
  isMirror: boolean;
}

const PROTOCOLS = ["http", "tls", "tcp"] as const;

/** Lists the routes of a VirtualService of all protocols, with their paths. */
export function routesOf(
  spec: VirtualServiceSpec,
): { path: string; route: { match?: object[]; route?: RouteDestination[] } }[] {
  return PROTOCOLS.flatMap((protocol) =>
    (spec[protocol] ?? []).map((route, index) => ({ path: `spec.${protocol}[${index}]`, route })),
  );
}

/** Lists the destinations of a VirtualService, in the order of the document; mirrors too. */
export function destinationsOf(spec: VirtualServiceSpec): RoutedDestination[] {
  return routesOf(spec).flatMap(({ path, route }) => [
    ...(route.route ?? []).flatMap(({ destination }, index) =>
      destination === undefined
        ? []
        : [{ destination, path: `${path}.route[${index}].destination`, isMirror: false }],
    ),
    ...mirrorsOf(route as HttpRoute, path),
  ]);
}

function mirrorsOf({ mirror, mirrors = [] }: HttpRoute, path: string): RoutedDestination[] {
  const several = mirrors.flatMap(({ destination }, index) =>
    destination === undefined
      ? []
      : [{ destination, path: `${path}.mirrors[${index}].destination`, isMirror: true }],
  );
  return mirror === undefined
    ? several
    : [{ destination: mirror, path: `${path}.mirror`, isMirror: true }, ...several];
}

/** Namespaces that see an object, as Istio reads `exportTo`; undefined for all. */
export function seenIn(exportTo: readonly string[] | undefined, own: string): readonly string[] | undefined {
  if (exportTo === undefined || exportTo.length === 0 || exportTo.includes("*")) return undefined;
  return exportTo.map((namespace) => (namespace === "." ? own : namespace));
}

/** Whether two sets of namespaces have one in common. */
export function overlaps(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return one === undefined || other === undefined || one.some((namespace) => other.includes(namespace));
}
