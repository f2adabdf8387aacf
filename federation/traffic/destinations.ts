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

/** Returns the name of a Gateway that a VirtualService of a namespace names, as `namespace/name`. */
export function fullGatewayName(gateway: string, namespace: string): string {
  return gateway.includes("/") ? gateway : `${namespace}/${gateway}`;
}

/** Name of all sidecars among the gateways of a VirtualService. */
export const MESH = "mesh";

/** Whether sidecars have the routes of a VirtualService. */
export function isForSidecars({ gateways = [] }: VirtualServiceSpec): boolean {
  return gateways.length === 0 || gateways.includes(MESH);
}
