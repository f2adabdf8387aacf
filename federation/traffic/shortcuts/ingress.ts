import type { IngressConfig } from "../../config/traffic.ts";
import { sortedUnique, withoutUndefined } from "../../core/order.ts";
import { completeHost, qualifiedHost } from "../../core/serviceHost.ts";
import type { GatewaySpec, HttpMatch, HttpRoute, VirtualServiceSpec } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { networkingObject } from "./networkingObject.ts";

const NAME = "ingress";
const SOURCE = "traffic.ingress";

/**
 * Renders the Gateway that serves hosts over HTTPS and redirects HTTP, and the VirtualService that routes their paths. Longer paths are
 * first, so that each route is reached.
 */
export function renderIngress(ingress: IngressConfig, clusterDomain: string): TrafficObject[] {
  const { namespace, credentialName, selector } = ingress;
  const hosts = sortedUnique(ingress.hosts);
  const server: GatewaySpec = {
    selector,
    servers: [
      {
        port: { number: 443, name: "https", protocol: "HTTPS" },
        hosts,
        tls: { mode: "SIMPLE", credentialName },
      },
      { port: { number: 80, name: "http", protocol: "HTTP" }, hosts, tls: { httpsRedirect: true } },
    ],
  };
  const byLength = ingress.routes.toSorted((one, other) => other.path.length - one.path.length);
  const routes: VirtualServiceSpec = {
    hosts,
    gateways: [`${namespace}/${NAME}`],
    http: byLength.map(({ path, to, port }): HttpRoute => {
      const host = completeHost(qualifiedHost(to, namespace), clusterDomain);
      const number = port === undefined ? undefined : { number: port };
      return withoutUndefined({
        match: matchesOf(path),
        route: [{ destination: withoutUndefined({ host, port: number }) }],
      });
    }),
  };
  const object = { namespace, name: NAME, source: SOURCE };
  return [
    networkingObject("Gateway", { ...object, spec: server }),
    networkingObject("VirtualService", { ...object, spec: routes }),
  ];
}

/** Matches a path and all below it, by whole segments: `/api` is no prefix of `/apis`. Undefined for all paths. */
function matchesOf(path: string): HttpMatch[] | undefined {
  if (path === "/") return undefined;
  if (path.endsWith("/")) return [{ uri: { prefix: path } }];
  return [{ uri: { exact: path } }, { uri: { prefix: `${path}/` } }];
}
