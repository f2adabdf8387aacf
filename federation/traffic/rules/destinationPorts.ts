import { destinationsOf } from "../destinations.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** A route to a host of several ports without a port, or to a port that the host does not have (`DestinationHostAnalyzer`). */
export const destinationPorts: TrafficRule = {
  code: "IST0112",
  checks: "routes name ports that their hosts have",
  needs: ["services", "foreign"],
  find: ({ objects, hosts }) =>
    ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
      destinationsOf(spec).flatMap(({ destination: { host, port }, path }): TrafficFinding[] => {
        const found = hosts.find(host ?? "", object.namespace).filter(({ ports }) => ports.length > 0);
        const [first] = found;
        if (first === undefined) return [];
        const list = first.ports
          .map(({ number, name }) => (name === "" ? `${number}` : `${number} (${name})`))
          .join(", ");
        if (port?.number === undefined) {
          if (found.some(({ ports }) => ports.length === 1)) return [];
          return [
            {
              ...{ level: "fault", object, path: `${path}.port`, value: undefined },
              rule: `is missing, and ${host} has several: ${list}`,
              remedy: "Add 'port: {number: ...}'",
            },
          ];
        }
        const { number } = port;
        if (found.some(({ ports }) => ports.some((each) => each.number === number))) return [];
        return [
          {
            ...{ level: "fault", object, path: `${path}.port.number`, value: number },
            rule: `is no port of ${host}, which has ${list}`,
            remedy: "Write a port of the Service, not of its Pods",
          },
        ];
      }),
    ),
};
