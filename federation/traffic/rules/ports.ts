import { GATEWAY_PORT } from "../../core/wellKnown.ts";
import { matches } from "../../core/labels.ts";
import { suggestion } from "../../core/schema.ts";
import { isIstio } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Numbers that are no TCP ports: the CRDs let most of them pass, and istiod's webhook refuses them (`ValidatePort`). */
export const portNumbers: TrafficRule = {
  code: "port-number",
  checks: "ports are from 1 to 65535",
  needs: [],
  find: ({ objects }) =>
    objects.filter(isIstio).flatMap((object) =>
      portsIn(object.spec).flatMap(({ path, value }): TrafficFinding[] =>
        value >= 1 && value <= 65535
          ? []
          : [
              {
                ...{ level: "fault", object, path, value },
                rule: "is no port: a whole number from 1 to 65535",
                remedy: "Correct it",
              },
            ],
      ),
    ),
};

/** A value in a spec, with the keys of the maps around it. */
interface Leaf {
  path: string;
  value: unknown;
  key: string;
  parent: string;
  /** Whether a map around it binds a Unix socket, which has no port. */
  isOfSocket: boolean;
}

/** Lists the numbers of ports in a spec: `port: 80`, and `number` and `targetPort` of `port` and of the entries of `ports`. */
function portsIn(spec: unknown): { path: string; value: number }[] {
  return leavesOf(spec, { path: "spec", key: "", parent: "", isOfSocket: false }).flatMap(
    ({ path, value, key, parent, isOfSocket }) => {
      const isPort =
        key === "port" ||
        (["number", "targetPort"].includes(key) && ["port", "ports", "tunnel"].includes(parent));
      return isPort && typeof value === "number" && !(isOfSocket && value === 0) ? [{ path, value }] : [];
    },
  );
}

function leavesOf(value: unknown, at: Omit<Leaf, "value">): Leaf[] {
  if (Array.isArray(value))
    return value.flatMap((entry: unknown, index) => leavesOf(entry, { ...at, path: `${at.path}[${index}]` }));
  if (typeof value !== "object" || value === null) return [{ ...at, value }];
  const { bind } = value as { bind?: unknown };
  const isOfSocket = at.isOfSocket || (typeof bind === "string" && bind.startsWith("unix://"));
  return Object.entries(value).flatMap(([key, entry]) =>
    leavesOf(entry, { path: `${at.path}.${key}`, key, parent: at.key, isOfSocket }),
  );
}

/** Protocols that Istio knows (`protocol.Parse` in pkg/config/protocol/instance.go), in its spelling. */
const PROTOCOLS = [
  "GRPC",
  "GRPC-WEB",
  "HTTP",
  "HTTP2",
  "HTTPS",
  "HTTP_PROXY",
  "MONGO",
  "MYSQL",
  "REDIS",
  "TCP",
  "TLS",
  "UDP",
];

/** Spellings of Istio's own code. */
const MIXED = ["GRPC-Web", "Mongo", "MySQL", "Redis"];

/** Protocols that Istio does not know, which its webhook refuses, or that it knows in capitals: it reads these, and other tools do not. */
export const protocolNames: TrafficRule = {
  code: "protocol",
  checks: "protocols are those that Istio knows",
  needs: [],
  find: ({ objects }) =>
    (["Gateway", "ServiceEntry", "Sidecar"] as const).flatMap((kind) =>
      ofKind(objects, kind).flatMap(({ object, spec }) =>
        leavesOf(spec, { path: "spec", key: "", parent: "", isOfSocket: false }).flatMap(
          ({ path, value: protocol, key, parent }): TrafficFinding[] => {
            if (key !== "protocol" || !["port", "ports"].includes(parent)) return [];
            if (
              typeof protocol !== "string" ||
              protocol === "" ||
              [...PROTOCOLS, ...MIXED].includes(protocol)
            )
              return [];
            const upper = protocol.toUpperCase();
            if (PROTOCOLS.includes(upper))
              return [
                {
                  ...{ level: "warning", object, path, value: protocol },
                  rule: `is not in capitals: Istio reads ${upper}, and other tools may not`,
                  remedy: `Write ${upper}`,
                },
              ];
            return [
              {
                ...{ level: "fault", object, path, value: protocol },
                rule: `is none of Istio's protocols (${PROTOCOLS.join(", ")})`,
                remedy: suggestion(upper, PROTOCOLS) ?? "Write one of these",
              },
            ];
          },
        ),
      ),
    ),
};

/** A Gateway of the stack at the port by which peers come in: two Gateways would share one listener, and peers' calls could get lost. */
export const eastWestPort: TrafficRule = {
  code: "east-west-port",
  checks: "Gateways use the port of the east-west gateway",
  needs: ["services"],
  find: ({ objects, workloads, eastWestSelector }) =>
    ofKind(objects, "Gateway").flatMap(({ object, spec: { selector = {}, servers = [] } }) => {
      // Without a selector a Gateway is for all gateways.
      const isOfGateway = Object.keys(selector).length === 0 || matches(selector, eastWestSelector);
      const selected = workloads.some(
        ({ labels }) => matches(eastWestSelector, labels) && matches(selector, labels),
      );
      if (!isOfGateway && !selected) return [];
      // AUTO_PASSTHROUGH is a fault at every port.
      return servers.flatMap(({ port, tls }, index): TrafficFinding[] =>
        port?.number === GATEWAY_PORT && tls?.mode !== "AUTO_PASSTHROUGH"
          ? [
              {
                ...{
                  level: "fault",
                  object,
                  path: `spec.servers[${index}].port.number`,
                  value: GATEWAY_PORT,
                },
                rule: "is the port of the east-west gateway, at which peers call exported services",
                remedy: "Write another port, or select the Pods of another gateway",
              },
            ]
          : [],
      );
    }),
};
