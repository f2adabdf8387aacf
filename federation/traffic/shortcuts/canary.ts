import type { CanaryConfig } from "../../config/traffic.ts";
import type { Fault } from "../../core/fault.ts";
import { sortedUnique, withoutUndefined } from "../../core/order.ts";
import { isHttp, protocolOf } from "../../core/port.ts";
import { suggestion } from "../../core/schema.ts";
import { completeHost } from "../../core/serviceHost.ts";
import type { KubernetesPort } from "../../exports/ports.ts";
import type { HostPort, Hosts, ImportedHost, KnownHost } from "../hosts.ts";
import type { RouteDestination, VirtualServiceSpec } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { networkingObject } from "./networkingObject.ts";

/** VirtualServices of canaries, and the faults of those that cannot be rendered. */
export interface RenderedCanaries {
  objects: readonly TrafficObject[];
  faults: readonly Fault[];
  notes: readonly string[];
}

/** The limit of every canary: locality and outlier detection act within one host only. */
const WITHOUT_FAILOVER =
  "traffic.canaries: nothing fails over between the two hosts of a canary: while one does not answer, its share of the calls fails (percent: 0 sends all calls to the Service here)";

/**
 * Renders each canary as a VirtualService `<service>-canary` in the namespace of its Service: a route for each port that the Service and
 * the imported host both have.
 *
 * - Other ports, and those with TLS of the application, get no route: Istio sends all their calls to the Service here.
 * - The VirtualService is visible where the imported host is: elsewhere its share would fail.
 * - A host that is no imported one gets routes too: the rules of traffic objects say what is wrong with it.
 */
export function renderCanaries(
  canaries: readonly CanaryConfig[],
  hosts: Hosts,
  clusterDomain: string,
): RenderedCanaries {
  const rendered = canaries.map((canary, index) =>
    renderCanary(canary, `traffic.canaries[${index}]`, hosts, clusterDomain),
  );
  const objects = rendered.flatMap((each) => ("rule" in each ? [] : [each.object]));
  return {
    objects,
    faults: rendered.filter((each) => "rule" in each),
    notes: [
      ...rendered.flatMap((each) => ("rule" in each ? [] : each.notes)),
      ...(objects.length === 0 ? [] : [WITHOUT_FAILOVER]),
    ],
  };
}

/** A VirtualService of a canary. */
interface Rendered {
  object: TrafficObject;
  notes: string[];
}

function renderCanary(
  { host, to, percent }: CanaryConfig,
  source: string,
  hosts: Hosts,
  clusterDomain: string,
): Rendered | Fault {
  const local = hosts.find(completeHost(host, clusterDomain), "").find(isService);
  if (local === undefined) {
    const remedy = suggestion(completeHost(host, clusterDomain), hosts.names);
    const rule = "is no Service of this cluster";
    return {
      path: `${source}.host`,
      value: host,
      rule,
      remedy: remedy ?? "Write '<name>.<namespace>' of one",
    };
  }
  if (to === local.host) {
    const rule = "is the Service itself";
    return { path: `${source}.to`, value: to, rule, remedy: "Write an imported host of another name" };
  }
  const known = hosts.find(to, "");
  const remote = known.find(isImport);
  if (remote === undefined && known.length > 0) {
    const rule = "is a host of this cluster, and no imported one";
    const remedy =
      "Write an imported host, or route between hosts of this cluster by a VirtualService in traffic.files";
    return { path: `${source}.to`, value: to, rule, remedy };
  }
  const { ports, name, namespace } = local.source.service;
  // Ports of a host that is not registered are unknown.
  const theirs = remote === undefined || remote.ports.length === 0 ? undefined : remote.ports;
  const shared = ports.filter(
    ({ port }) => theirs === undefined || theirs.some(({ number }) => number === port),
  );
  const routed = shared.filter((port) => blocksOf(port).length > 0);
  if (routed.length === 0)
    return { path: source, ...withoutSharedPort(host, ports, to, theirs ?? [], shared) };
  const routes = (block: Block) => {
    const some = routed.filter((port) => blocksOf(port).includes(block));
    if (some.length === 0) return undefined;
    return some.map(({ port }) => ({
      match: [{ port }],
      route: [
        { destination: { host: local.host, port: { number: port } }, weight: 100 - percent },
        withoutUndefined({
          destination: { host: to, port: { number: port } },
          weight: percent,
          headers: block === "http" ? hostHeader(to, remote?.source.imported) : undefined,
        }),
      ] satisfies RouteDestination[],
    }));
  };
  const spec: VirtualServiceSpec = withoutUndefined({
    hosts: [local.host],
    http: routes("http"),
    tcp: routes("tcp"),
    exportTo: remote?.viewers && sortedUnique(remote.viewers),
  });
  const object = networkingObject("VirtualService", { namespace, name: `${name}-canary`, spec, source });
  return { object, notes: unroutedNotes(source, shared, local.host) };
}

/** Block of a VirtualService. */
type Block = "http" | "tcp";

/**
 * Returns the blocks that route a port: both where Istio detects the protocol. None for TLS, whose certificate is of one of the two hosts,
 * and for UDP.
 */
function blocksOf(port: KubernetesPort): Block[] {
  const protocol = protocolOf(port);
  if (protocol === undefined || protocol === "TLS" || protocol === "HTTPS") return [];
  if (isHttp(protocol)) return ["http"];
  const [declared = ""] = (port.appProtocol ?? port.name ?? "").split("-");
  return protocol === "TCP" && declared.toUpperCase() !== "TCP" ? ["http", "tcp"] : ["tcp"];
}

/** Sets the Host header for a gateway that terminates TLS, which may route by it: to the name in the peer's cluster. */
function hostHeader(to: string, imported: ImportedHost | undefined): RouteDestination["headers"] {
  if (imported?.service?.terminated !== true) return undefined;
  return { request: { set: { Host: imported.service.remoteHost ?? to } } };
}

function withoutSharedPort(
  host: string,
  ports: readonly KubernetesPort[],
  to: string,
  theirs: readonly HostPort[],
  shared: readonly KubernetesPort[],
): Pick<Fault, "rule" | "remedy"> {
  if (shared.length > 0) {
    const rule = `splits no port: ${host} and ${to} share ${numbers(shared.map(({ port }) => port))} only, with TLS of the application or UDP`;
    return {
      rule,
      remedy: "Name the port by its protocol (http, tcp) in the Service, if it has another one",
    };
  }
  const rule = `splits no port: ${host} has ${numbers(ports.map(({ port }) => port))}, and ${to} has ${numbers(theirs.map(({ number }) => number))}`;
  return { rule, remedy: "Give both Services a port of the same number" };
}

function unroutedNotes(source: string, shared: readonly KubernetesPort[], host: string): string[] {
  const unrouted = shared.filter((port) => blocksOf(port).length === 0).map(({ port }) => port);
  if (unrouted.length === 0) return [];
  return [`${source}: not split: ${numbers(unrouted)} of ${host}, with TLS of the application or UDP`];
}

/** Formats ports: `port 80`, `ports 80 and 443`. */
function numbers(ports: readonly number[]): string {
  const last = ports.at(-1);
  if (last === undefined) return "no port";
  return ports.length === 1 ? `port ${last}` : `ports ${ports.slice(0, -1).join(", ")} and ${last}`;
}

type OfKind<K extends KnownHost["source"]["kind"]> = KnownHost & {
  source: Extract<KnownHost["source"], { kind: K }>;
};

function isService(known: KnownHost): known is OfKind<"Service"> {
  return known.source.kind === "Service";
}

function isImport(known: KnownHost): known is OfKind<"import"> {
  return known.source.kind === "import";
}
