import { append, sortedUnique } from "../core/order.ts";
import { shortHost } from "../core/serviceHost.ts";
import { boundedLines, count } from "../core/text.ts";
import { isForSidecars, routesOf } from "./destinations.ts";
import { covers } from "./hosts.ts";
import { sum, toPercentages } from "./shares.ts";
import type { RouteDestination, VirtualServiceSpec } from "./specs.ts";
import type { TrafficObject } from "./trafficObject.ts";
import { ofKind } from "./trafficRule.ts";

/**
 * Formats what an update changes of routes and of calls to hosts outside the mesh, for reviewers:
 * `routes: reviews.shop 80 % v1, 20 % v2 (was 100 / 0)`, `egress: wikipedia.org by firewall.egress`.
 * @param applied the stack's objects in the cluster.
 */
export function summarizeTraffic(
  objects: readonly TrafficObject[],
  applied: readonly TrafficObject[],
  clusterDomain: string,
): string[] {
  return [
    ...changedLines("routes", sharesOf(objects, clusterDomain), sharesOf(applied, clusterDomain)),
    ...changedLines("egress", egressOf(objects, clusterDomain), egressOf(applied, clusterDomain)),
  ];
}

/**
 * Formats weights that another controller moved, for reviewers, where the stack ignores them:
 * `routes: reviews.shop 60 % v1, 40 % v2, moved by another controller (80 / 20 in its file)`.
 * @param objects with weights as they are in the cluster.
 * @param written the objects as their files have them.
 */
export function summarizeMoved(
  objects: readonly TrafficObject[],
  written: readonly TrafficObject[],
  clusterDomain: string,
): string[] {
  const inFiles = sharesOf(written, clusterDomain);
  const moved = [...sharesOf(objects, clusterDomain)].flatMap(([name, now]) => {
    const file = inFiles.get(name);
    return file === undefined || file.text === now.text ? [] : [{ name, now, file }];
  });
  return boundedLines(
    moved,
    ({ name, now, file }) =>
      `routes: ${name} ${now.text}, moved by another controller (${formerShares(now, file)} in its file)`,
    (more) => `routes: and ${count(more)} more, moved by other controllers`,
  );
}

/** Percentages of destinations, by subset or host. */
type Shares = ReadonlyMap<string, number>;

/** Formats the entries that differ from those of the cluster. */
function changedLines(
  topic: string,
  now: ReadonlyMap<string, Described>,
  before: ReadonlyMap<string, Described>,
): string[] {
  const names = sortedUnique([...now.keys(), ...before.keys()]);
  const changed = names.filter((name) => now.get(name)?.text !== before.get(name)?.text);
  return boundedLines(
    changed,
    (name) => `${topic}: ${name} ${formatDescribed(now.get(name), before.get(name))}`,
    (more) => `${topic}: and ${count(more)} more`,
  );
}

/** Formatted destinations of the calls to a host. */
interface Described {
  text: string;
  shares: Shares;
}

function formatDescribed(now: Described | undefined, before: Described | undefined): string {
  if (now === undefined) return `removed (was ${before?.text ?? ""})`;
  if (before === undefined) return `${now.text} (new)`;
  return `${now.text} (was ${formerShares(now, before)})`;
}

/** Formats other shares of the same destinations as numbers in their order, and those of others as text. */
function formerShares(now: Described, before: Described): string {
  const names = [...now.shares.keys()];
  const isComparable = names.length > 0 && [...before.shares.keys()].every((name) => names.includes(name));
  return isComparable ? names.map((name) => before.shares.get(name) ?? 0).join(" / ") : before.text;
}

/** Shares of each route of VirtualServices, by host; with the place of a route where there are several. */
function sharesOf(objects: readonly TrafficObject[], clusterDomain: string): Map<string, Described> {
  const external = externalHosts(objects);
  const found = new Map<string, Described>();
  for (const { object, spec } of ofKind(objects, "VirtualService")) {
    const own = (spec.hosts ?? []).filter((host) => !external.includes(host));
    const routes = routesOf(spec).filter(({ route }) => (route.route ?? []).length > 0);
    for (const host of own)
      for (const { path, route } of routes) {
        const name = shortHost(host, object.namespace, clusterDomain);
        const place = routes.length === 1 ? "" : ` ${path.replace("spec.", "")}`;
        // VirtualServices of one host, for several gateways.
        const key = `${name}${place}`;
        found.set(
          found.has(key) ? `${key} by ${object.name}` : key,
          describe(route.route ?? [], object, clusterDomain),
        );
      }
  }
  return found;
}

function describe(
  route: readonly RouteDestination[],
  { namespace }: TrafficObject,
  clusterDomain: string,
): Described {
  const weights = new Map<string, number[]>();
  for (const { destination: { host = "", subset } = {}, weight } of route)
    append(
      weights,
      subset ?? shortHost(host, namespace, clusterDomain),
      weight ?? (route.length === 1 ? 100 : 0),
    );
  const names = [...weights.keys()];
  const percentages = toPercentages([...weights.values()].map(sum));
  const shares = new Map(names.map((each, index) => [each, percentages[index] ?? 0]));
  return { text: [...shares].map(([name, share]) => `${share} % ${name}`).join(", "), shares };
}

/** Formats the way of the calls to each external host: directly, or by another host. */
function egressOf(objects: readonly TrafficObject[], clusterDomain: string): Map<string, Described> {
  const routes = ofKind(objects, "VirtualService").filter(({ spec }) => isForSidecars(spec));
  return new Map(
    externalHosts(objects).map((host) => {
      const found = routes.find(({ spec: { hosts = [] } }) => hosts.some((each) => covers(each, host)));
      const via = found === undefined ? undefined : firstDestination(found.spec);
      const isDirect = found === undefined || via === undefined || via === host;
      const text = isDirect ? "directly" : `by ${shortHost(via, found.object.namespace, clusterDomain)}`;
      return [host, { text, shares: new Map() }];
    }),
  );
}

function firstDestination(spec: VirtualServiceSpec): string | undefined {
  const [first] = routesOf(spec).flatMap(({ route }) => route.route ?? []);
  return first?.destination?.host;
}

/** Hosts of ServiceEntries outside the mesh. */
function externalHosts(objects: readonly TrafficObject[]): string[] {
  return ofKind(objects, "ServiceEntry").flatMap(({ spec: { location, hosts = [] } }) =>
    location === "MESH_INTERNAL" ? [] : hosts,
  );
}
