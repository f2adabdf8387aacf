import type { LocalServices } from "../config/dns.ts";
import { count, firstNames } from "../core/text.ts";
import { fillTemplate } from "../core/domains.ts";
import { type Fault, describeFaults, pathOf } from "../core/fault.ts";
import { SERVICE_NAME } from "../core/names.ts";
import { compare, compareKeys, ownValue } from "../core/order.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { PlanContext } from "../plan.ts";
import { optional } from "../snapshot.ts";
import type { Registration } from "./registration.ts";
import { ownerOf } from "../core/hostConflict.ts";
import { type ImportChoice, toPeerService } from "./importChoice.ts";
import type { Import } from "./import.ts";

/** Path in the config of the template of local Services' names. */
export const LOCAL_NAME_PATH = "dns.services.name";

/** An imported service that is to have a local Service. */
interface Named {
  peer: string;
  host: string;
  name: string;
}

/**
 * Names the local Services of imports, where the config asks for them: one for each service of a peer, by its name in the peer's cluster;
 * none for further names that rules give. A service that cannot have one is registered without, with a warning, as the peer chooses its name;
 * so are all that would share one name, as nothing distinguishes their callers.
 * @returns the choices, their services with the names.
 */
export function nameLocalServices(
  choices: readonly ImportChoice[],
  services: LocalServices | undefined,
): { choices: ImportChoice[]; warnings: Fault[] } {
  if (services === undefined) return { choices: [...choices], warnings: [] };
  const warnings: Fault[] = [];
  const named: Named[] = [];
  for (const { peer, contract, givenAt, services: offers } of choices) {
    for (const [host, { remoteHost = host }] of Object.entries(offers)) {
      if (givenAt.has(host)) continue;
      const offered = toPeerService(remoteHost, contract.clusterDomain);
      const name = fillTemplate(services.name, { ...offered, peer });
      if (name !== undefined && SERVICE_NAME.test(name)) named.push({ peer, host, name });
      else warnings.push(nameless(services.name, peer, host, name));
    }
  }
  const [alone, common] = splitByName(named);
  const byPeer = Map.groupBy(alone, ({ peer }) => peer);
  return {
    choices: choices.map((choice) => ({
      ...choice,
      services: withNames(choice.services, byPeer.get(choice.peer)),
    })),
    warnings: [...warnings, ...common.map(describeCommon)],
  };
}

/** A peer's services, those that have a local Service with its name. */
function withNames(
  services: Readonly<Record<string, Import>>,
  named: readonly Named[] = [],
): Record<string, Import> {
  const names = new Map(named.map(({ host, name }) => [host, name]));
  return Object.fromEntries(
    Object.entries(services).map(([host, service]) => [host, { ...service, localService: names.get(host) }]),
  );
}

/** Splits into names of one service, and of several by the name, sorted. */
function splitByName(named: readonly Named[]): [alone: Named[], common: [string, Named[]][]] {
  const byName = [...Map.groupBy(named, ({ name }) => name)];
  return [
    byName.flatMap(([, all]) => (all.length === 1 ? all : [])),
    byName.filter(([, all]) => all.length > 1).sort(compareKeys),
  ];
}

function nameless(template: string, peer: string, host: string, name: string | undefined): Fault {
  const rule =
    name === undefined
      ? `has no local Service: its host in its cluster is not '<name>.<namespace>.svc.<cluster domain>', as '${template}' requires`
      : `has no local Service, as '${name}' ${SERVICE_NAME.rule}`;
  const path = pathOf("peers", peer, "contract", "services", host);
  const remedy = `Have clients that need it answer DNS by their sidecars, or choose another ${LOCAL_NAME_PATH}`;
  return { path, rule, remedy };
}

function describeCommon([value, all]: [string, Named[]]): Fault {
  const hosts = all.map(({ host, peer }) => `${host} of peer ${peer}`).sort(compare);
  const rule = `would be the name of the local Services of ${count(hosts.length)} imported ones (${firstNames(hosts)}), so that none of them has one`;
  const remedy =
    "Write {name}, {namespace} and {peer} into it in another way, or have all but one not imported by a rule with 'skip'";
  return { path: LOCAL_NAME_PATH, value, rule, remedy };
}

/**
 * Compares the number of local Services to be made with the one that the config allows. Where there are more, peers with the most new
 * services are held until the rest fits: what is registered of them stays, and no other peer is concerned.
 * @returns the hosts of those peers that would have a local Service.
 */
export function checkLocalServicesLimit(
  { config, lastRun, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
): string[] {
  const limit = config.dns?.services?.limit;
  if (limit === undefined) return [];
  const wanted = Object.values(peers).map(({ peer, services }) => {
    const hosts = Object.keys(services).filter((host) => services[host]?.localService !== undefined);
    return { peer, hosts, added: hosts.length - (ownValue(lastRun.statuses, peer)?.imported ?? 0) };
  });
  const all = wanted.reduce((sum, { hosts }) => sum + hosts.length, 0);
  let rest = all;
  const held = wanted
    .filter(({ hosts }) => hosts.length > 0)
    .sort((one, other) => other.added - one.added || compare(one.peer, other.peer))
    .filter(({ added }) => {
      const isHeld = rest > limit;
      if (isHeld) rest -= Math.max(added, 0);
      return isHeld;
    });
  if (held.length === 0) return [];
  const names = firstNames(held.map(({ peer }) => peer).sort(compare));
  const rule =
    `is less than the ${count(all)} imported services that would have a local Service each, with an address of this cluster's range; ` +
    `of peers ${names} what is registered stays, and nothing new is, until that is settled`;
  const remedy = "Import fewer by `imports` of the peers, or choose a higher one where the range has room";
  const fault = { path: "dns.services.limit", value: limit, rule, remedy };
  findings.error(...describeFaults([fault], "limits of local Services"));
  return held.flatMap(({ hosts }) => hosts);
}

/** A Service that this program did not write. */
export interface ForeignService {
  name: string;
  labels: Record<string, string>;
}

/**
 * Compares the local Services to be made with the Services of others in their namespace.
 * @returns the hosts whose local Services others have: what is registered of these stays.
 */
export function checkForeignServices(
  { snapshot, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
): string[] {
  const wanted = new Map(
    Object.values(peers).flatMap(({ peer, services: imports }) =>
      Object.entries(imports).flatMap(([host, { localService }]) =>
        localService === undefined ? [] : [[localService, { peer, host }] as const],
      ),
    ),
  );
  if (wanted.size === 0) return [];
  const services = optional(
    snapshot.cluster.importNamespaceServices,
    [],
    "Services of others have names that local Services are to have",
    findings,
  );
  const faults = foreignServiceFaults(services, wanted, IMPORT_NAMESPACE);
  findings.error(...describeFaults(faults, "local Services whose name somebody else has"));
  return services.flatMap(({ name }) => wanted.get(name)?.host ?? []);
}

/**
 * A fault for each Service of somebody else that has the name of one that is to be made.
 * @param others in the namespace of ours.
 * @param wanted for which imported service each is, by name.
 */
export function foreignServiceFaults(
  others: readonly ForeignService[],
  wanted: ReadonlyMap<string, { peer: string; host: string }>,
  namespace: string,
): Fault[] {
  return others
    .filter(({ name }) => wanted.has(name))
    .sort((one, other) => compare(one.name, other.name))
    .map(({ name, labels }) => {
      const { peer, host } = wanted.get(name) ?? { peer: "", host: "" };
      const rule = `is to be the local Service of ${host} of peer ${peer}, and there is a Service ${namespace}/${name}, ${ownerOf({ labels })}`;
      const remedy = `Delete that one, or choose another ${LOCAL_NAME_PATH}`;
      return { path: LOCAL_NAME_PATH, value: name, rule, remedy };
    });
}
