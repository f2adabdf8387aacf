import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";
import type { TrafficObject } from "../trafficObject.ts";

/** Something that looks like an address of the web: a host has no scheme, port or path. */
const PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/:]*)(?::\d+)?(?:\/.*)?$/i;

/** A host with a scheme, a port or a path: no request has such a host. */
export const hostForm: TrafficRule = {
  code: "host-form",
  checks: "hosts are host names",
  needs: [],
  find: ({ objects }) => [
    ...ofKind(objects, "VirtualService").flatMap(({ object, spec: { hosts } }) => findingsOf(object, hosts)),
    ...ofKind(objects, "ServiceEntry").flatMap(({ object, spec: { hosts } }) => findingsOf(object, hosts)),
  ],
};

function findingsOf(object: TrafficObject, hosts: readonly string[] = []): TrafficFinding[] {
  return hosts.flatMap((host, index): TrafficFinding[] => {
    const name = PARTS.exec(host)?.[1];
    // An IPv6 address has colons of its own.
    if (name === undefined || name === host || (host.split(":").length > 2 && !host.includes("//")))
      return [];
    return [
      {
        ...{ level: "fault", object, path: `spec.hosts[${index}]`, value: host },
        rule: "is no host name: it has a scheme, a port or a path",
        remedy: `Write '${name}'; a path belongs into a match of 'uri'`,
      },
    ];
  });
}
