import { haveCommonViewer, viewersOf } from "../../core/exportTo.ts";
import type { ServiceEntrySpec } from "../specs.ts";
import { formatObject } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Protocols over TCP whose hosts have no name in a call. */
const BY_ADDRESS = ["MONGO", "MYSQL", "REDIS"];

/**
 * TCP without an address (`ProtocolAddressesAnalyzer`): a sidecar tells such hosts apart by address alone. Istio allots addresses to hosts with
 * endpoints or DNS (`ShouldV2AutoAllocateIP`), and not with resolution NONE or for wildcards.
 */
export const entryAddresses: TrafficRule = {
  code: "IST0134",
  checks: "ServiceEntries for TCP have addresses",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "ServiceEntry").flatMap(({ object, spec }): TrafficFinding[] => {
      const { addresses = [], ports = [], resolution = "NONE", hosts = [] } = spec;
      const isAllotted = resolution !== "NONE" && hosts.some((host) => !host.startsWith("*"));
      const tcp = ports.find(({ protocol = "" }) =>
        ["", "TCP", ...(resolution === "NONE" ? BY_ADDRESS : [])].includes(protocol.toUpperCase()),
      );
      if (addresses.length > 0 || isAllotted || tcp === undefined) return [];
      const why =
        resolution === "NONE"
          ? "opens the port to any address outside the mesh, as resolution is NONE and nothing tells the host's calls apart"
          : "takes all calls at that port, as Istio allots no address to wildcards";
      return [
        {
          ...{ level: "warning", object, path: "spec.addresses" },
          rule: `is missing with TCP at port ${tcp.number ?? "?"}: it ${why}`,
          remedy: "Write the server's addresses (a.b.c.d, or a.b.c.d/n), or protocol TLS with its host name",
        },
      ];
    }),
};

/** One host and port with two protocols (`ConflictingServiceEntryProtocolAnalyzer`): one of them decides how the calls of both are read. */
export const entryProtocols: TrafficRule = {
  code: "IST0177",
  checks: "ServiceEntries of one host agree on protocols",
  needs: ["foreign"],
  find: ({ objects, foreign }) => {
    const ours = ofKind(objects, "ServiceEntry");
    const all = [...ours, ...ofKind(foreign, "ServiceEntry")];
    return ours.flatMap(({ object, spec }, at) =>
      (spec.ports ?? []).flatMap((port, index): TrafficFinding[] => {
        const other = all.find(
          (each, place) =>
            each.object !== object &&
            (place >= ours.length || place < at) &&
            haveCommonViewer(
              viewersOf(spec.exportTo, object.namespace),
              viewersOf(each.spec.exportTo, each.object.namespace),
            ) &&
            otherProtocol(spec, port, each.spec) !== undefined,
        );
        if (other === undefined) return [];
        const theirs = otherProtocol(spec, port, other.spec) ?? "";
        return [
          {
            ...{ level: "warning", object, path: `spec.ports[${index}].protocol`, value: port.protocol },
            rule: `differs from ${theirs} in ${formatObject(other.object)} (${other.object.source}), which has the same host and port`,
            remedy: "Write the same protocol in both, or put the host into one ServiceEntry",
          },
        ];
      }),
    );
  },
};

/** The protocol that another entry has at a port of the same host, where it differs. */
function otherProtocol(
  { hosts = [] }: ServiceEntrySpec,
  { number, protocol = "TCP" }: NonNullable<ServiceEntrySpec["ports"]>[number],
  other: ServiceEntrySpec,
): string | undefined {
  if (!hosts.some((host) => other.hosts?.includes(host) === true)) return undefined;
  const theirs = other.ports?.find((each) => each.number === number);
  const name = theirs?.protocol ?? "TCP";
  return theirs === undefined || name.toUpperCase() === protocol.toUpperCase() ? undefined : name;
}
