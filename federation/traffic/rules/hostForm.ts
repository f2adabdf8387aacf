import { DNS_LABEL } from "../../core/names.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { destinationsOf } from "../destinations.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Something that looks like an address of the web: a host has no scheme, port or path. */
const PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/:]*)(?::\d+)?(?:\/.*)?$/i;

/** A host with a scheme, a port or a path: no request has such a host. */
export const hostForm: TrafficRule = {
  code: "host-form",
  checks: "hosts are host names",
  needs: [],
  find: ({ objects }) => [
    ...ofKind(objects, "VirtualService").flatMap(({ object, spec }) => [
      ...listFindings(object, "spec.hosts", spec.hosts),
      ...destinationsOf(spec).flatMap(({ destination: { host }, path }) =>
        findingOf(object, `${path}.host`, host),
      ),
    ]),
    ...ofKind(objects, "ServiceEntry").flatMap(({ object, spec: { hosts } }) =>
      listFindings(object, "spec.hosts", hosts),
    ),
    ...ofKind(objects, "DestinationRule").flatMap(({ object, spec: { host } }) =>
      findingOf(object, "spec.host", host),
    ),
    ...ofKind(objects, "Gateway").flatMap(({ object, spec: { servers = [] } }) =>
      servers.flatMap(({ hosts = [] }, server) =>
        hosts.flatMap((host, index) =>
          isHostOfServer(host) ? [] : findingOf(object, `spec.servers[${server}].hosts[${index}]`, host),
        ),
      ),
    ),
  ],
};

/** Whether a host of a Gateway's server has the form `host`, `./host`, `namespace/host` or `*` + `/host`. */
export function isHostOfServer(host: string): boolean {
  const [namespace = "", name = "", ...rest] = host.split("/");
  if (webHost(host) === undefined) return true;
  const isNamespace = namespace === "*" || namespace === "." || DNS_LABEL.test(namespace);
  return isNamespace && name !== "" && rest.length === 0 && webHost(name) === undefined;
}

/** Returns the host name in an address of the web (`https://a.com/x`); undefined for what is a host name. */
export function webHost(host: string): string | undefined {
  const name = PARTS.exec(host)?.[1];
  // An IPv6 address has colons of its own.
  if (name === undefined || name === host || (host.split(":").length > 2 && !host.includes("//")))
    return undefined;
  return name;
}

function listFindings(object: TrafficObject, path: string, hosts: readonly string[] = []): TrafficFinding[] {
  return hosts.flatMap((host, index) => findingOf(object, `${path}[${index}]`, host));
}

function findingOf(object: TrafficObject, path: string, host = ""): TrafficFinding[] {
  const name = webHost(host);
  if (name === undefined) return [];
  return [
    {
      ...{ level: "fault", object, path, value: host },
      rule: "is no host name: it has a scheme, a port or a path",
      remedy: `Write '${name}'; a path belongs into a match of 'uri'`,
    },
  ];
}
