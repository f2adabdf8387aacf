import type { GatewayServer } from "../specs.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

const HTTP = ["HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB"];
const TLS = ["HTTPS", "TLS"];

/** A server whose `tls` does not fit its protocol: istiod's webhook refuses it (`validateServer`). */
export const serverTls: TrafficRule = {
  code: "server-tls",
  checks: "servers of Gateways have TLS settings that fit their protocols",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "Gateway").flatMap(({ object, spec: { servers = [] } }) =>
      servers.flatMap(({ port, tls }, index): TrafficFinding[] => {
        const protocol = (port?.protocol ?? "").toUpperCase();
        const place = { object, path: `spec.servers[${index}].tls` };
        if (TLS.includes(protocol) && tls === undefined)
          return [
            {
              ...{ level: "fault", ...place, rule: `is missing at protocol ${protocol}` },
              remedy: "Add 'tls: {mode: SIMPLE, credentialName: ...}', or mode PASSTHROUGH",
            },
          ];
        if (tls === undefined || protocol === "" || TLS.includes(protocol)) return [];
        const isRedirect = HTTP.includes(protocol) && (tls.mode ?? "PASSTHROUGH") === "PASSTHROUGH";
        if (isRedirect) return [];
        return [
          {
            ...{ level: "fault", ...place, rule: `does not fit protocol ${protocol}, which has no TLS` },
            remedy: HTTP.includes(protocol) ? "Write protocol HTTPS" : "Write protocol TLS",
          },
        ];
      }),
    ),
};

/** Two servers at one port of a Gateway that cannot share it: Istio drops the later one, which only its log states (`mergeGateways`). */
export const sharedPorts: TrafficRule = {
  code: "shared-port",
  checks: "servers of a Gateway can share their ports",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "Gateway").flatMap(({ object, spec: { servers = [] } }) =>
      servers.flatMap((server, index): TrafficFinding[] => {
        const former = servers.slice(0, index);
        const path = `spec.servers[${index}]`;
        const named = former.findIndex(
          ({ port }) => port?.name !== undefined && port.name === server.port?.name,
        );
        const names: TrafficFinding[] =
          named < 0
            ? []
            : [
                {
                  ...{ level: "fault", object, path: `${path}.port.name`, value: server.port?.name },
                  rule: `is the name of spec.servers[${named}] too, and istiod refuses two`,
                  remedy: "Give each server's port a name of its own",
                },
              ];
        const conflicts = former.flatMap((other, at) => {
          const why = conflictOf(other, server);
          return why === undefined ? [] : [`spec.servers[${at}] ${why}`];
        });
        const [first] = conflicts;
        if (first === undefined) return names;
        return [
          ...names,
          {
            ...{ level: "fault", object, path: `${path}.port.number`, value: server.port?.number },
            rule: `has no effect: ${first}`,
            remedy: "Write another port, or put both into one server",
          },
        ];
      }),
    ),
};

/** Why Istio drops the later one of two servers of a Gateway; undefined where both have effect. */
function conflictOf(former: GatewayServer, later: GatewayServer): string | undefined {
  if (former.port?.number !== later.port?.number || (former.bind ?? "") !== (later.bind ?? ""))
    return undefined;
  const [one, other] = [trafficOf(former), trafficOf(later)];
  if (one !== other) return `has ${one} at this port before`;
  if (one === "TCP") return "has TCP at this port before, which has no hosts that tell servers apart";
  if (one === "HTTP") return undefined;
  const shared = bareHosts(later).find((host) => bareHosts(former).includes(host));
  return shared === undefined ? undefined : `has TLS for host ${shared} at this port before`;
}

function trafficOf({ port, tls }: GatewayServer): "HTTP" | "TLS" | "TCP" {
  const protocol = (port?.protocol ?? "").toUpperCase();
  if (HTTP.includes(protocol)) return "HTTP";
  return tls !== undefined || TLS.includes(protocol) ? "TLS" : "TCP";
}

/** Hosts of a server without their namespaces: the SNI has none. */
function bareHosts({ hosts = [] }: GatewayServer): string[] {
  return hosts.map((host) => host.split("/").at(-1) ?? host);
}
