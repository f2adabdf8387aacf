import type { ExportRule } from "../config/exports.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ContractService } from "../contract/service.ts";
import { type Fault, pathOf, within } from "../core/fault.ts";
import { EXPORT_LABEL, NOT_EXPORTED, isImport } from "../core/labels.ts";
import { DNS_LABEL } from "../core/names.ts";
import { compare, ownValue, sortedRecord } from "../core/order.ts";
import { hostOf, offeredAs, commonNames, type ExportAlias } from "./alias.ts";
import { type ClusterServices, type KubernetesService, workloadIndex } from "./clusterServices.ts";
import { namedServices, keyOf, labelsOf, ruleFinder, serviceFinder } from "./exportRule.ts";
import { otherTls, mutualTlsModes } from "./mutualTls.ts";
import { type ExportedService, type ExportingCluster, offerService } from "./offer.ts";
import { type Verdict, judgeIdleRules, judgeMissingPorts, judgePlainText } from "./ruleWarnings.ts";
import type { ContractReading } from "../imports/registration.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** What a cluster offers, and what of it could not be offered as asked. */
export interface Exports {
  /** As the contract has it, by full host name. */
  services: Record<string, ContractService>;
  /** The same Services as this cluster knows them, by host name too. */
  exported: ExportedService[];
  warnings: Fault[];
}

/**
 * Decides what a cluster offers to its peers. Nothing here is fatal: what cannot be offered is held back with a warning.
 *
 * - The first rule that means a Service decides on it: which of its ports, to whom, and which of its labels peers are told. Its owner may
 *   narrow that by annotations, or opt out by a label on it or on its namespace; what is opted out is held back in silence.
 * - A rule that exports nothing, or names a Service that is not there: a warning, as it may come later. So is a port that a rule asks for
 *   and a Service does not have.
 * - By which clients here find a peer's service: held back, in silence where no rule names it. It has nothing behind it.
 * - `ExternalName`: held back. It is an alias, has no workloads, and Istio puts nothing outside the mesh on the gateway.
 * - Headless: exported like any other, under its own name. On a gateway Istio makes of it an ordinary balanced cluster
 *   (`convertResolution` in pilot/pkg/networking/core/cluster.go), so callers reach any of its workloads; single pods by their own
 *   names (`db-0.db.xyz.svc...`) are not exported.
 * - Ports: see {@link exportedPorts}. A Service with no port that can be carried is held back.
 * - Not visible to the gateway by its annotation `networking.istio.io/exportTo`: held back, as the gateway would refuse every call.
 * - Identities: those of the annotation `istio-federation.dev/subject-alt-names` if there is one, else the service accounts of the
 *   workloads that the Service selects. None found now (scaled to zero, an outage): those last published stay, with a warning. None
 *   found ever, or no selector: held back, since callers that know no identity would take any trusted certificate for the service's.
 *   Of a Service whose calls the gateway opens it is the gateway's, and without a selector the annotation must be there: see
 *   {@link openedIdentities}.
 * - Nothing behind it that the gateway passes calls on to, or, where it opens them, calls by mutual TLS: see {@link judgeReach}. Workloads that take plain text too: a warning.
 * - More ports, identities or labels than a contract takes: held back.
 * - Under another name, by its rule: held back where it cannot be found by its selector, or two would have that name; see {@link commonNames}.
 * - Two Services on one port number do not conflict, be both HTTP or one HTTP and one TCP: at a peer each has an entry of its own,
 *   with an address that istiod allots to it, and the gateway tells them apart by name (SNI), not by port.
 *
 * @param last the services last published, by host name.
 * @param lastAliases what then led to those of other names.
 * @returns the same for the same findings in any order.
 */
export function exportServices(
  found: ClusterServices,
  rules: readonly ExportRule[],
  cluster: ExportingCluster,
  last: Readonly<Record<string, ContractService>> = {},
  lastAliases: readonly ExportAlias[] = [],
): Exports {
  const { own, imported } = apart(found, rules);
  const verdicts = judgeServices({ ...found, services: own }, rules);
  const workloadsOf = workloadIndex(found.workloads);
  const tls = {
    modeOf: mutualTlsModes(found.peerAuthentications),
    otherTls: otherTls(found.destinationRules, cluster.domain),
  };
  const candidates = verdicts.filter(({ optedOut }) => !optedOut);
  const common = commonNames(
    candidates
      .filter(({ rule }) => rule.peers?.length !== 0)
      .map(({ service, rule, index }) => ({ service, host: offeredAs(service, rule, cluster), index })),
  );
  const knownOf = identitiesFinder(last, lastAliases, cluster);
  const offers = candidates
    .filter(({ service }) => !common.some(({ keys }) => keys.has(keyOf(service))))
    .map(({ service, rule, index }) => {
      const known = knownOf(service);
      const candidate = { service, rule, ruleIndex: index, workloads: workloadsOf(service), known };
      const { offered, warnings } = offerService(candidate, cluster, tls);
      const path = `Service ${keyOf(service)}`;
      return { offered, warnings: warnings.map((warning) => within(path, warning)) };
    });
  const all = offers.flatMap(({ offered }) => offered ?? []);
  return {
    services: sortedRecord(all.map(({ exported, published }) => [exported.host, published])),
    exported: all.map(({ exported }) => exported).sort((one, other) => compare(one.host, other.host)),
    warnings: [
      ...judgeIdleRules(rules, verdicts, serviceFinder(own, found.namespaces)).filter(
        ({ value }) => !imported.some((warning) => warning.value === value),
      ),
      ...imported,
      ...judgeMissingPorts(all),
      ...common.map(({ warning }) => warning),
      ...offers.flatMap(({ warnings }) => warnings),
      ...judgePlainText(all),
    ],
  };
}

/** What is offered to nobody, whatever the rules say, with a warning where a rule names it; and all else. */
function apart(
  { services }: ClusterServices,
  rules: readonly ExportRule[],
): { own: KubernetesService[]; imported: Fault[] } {
  const [imports, own] = [true, false].map((wanted) =>
    services.filter(({ labels }) => isImport(labels) === wanted),
  ) as [KubernetesService[], KubernetesService[]];
  const keys = new Set(imports.map(keyOf));
  const imported = rules.flatMap((rule, index) =>
    (namedServices(rule) ?? [])
      .filter((key) => keys.has(key))
      .map((value): Fault => ({ path: pathOf("exports", index), value, ...IMPORTED })),
  );
  return { own, imported };
}

const IMPORTED = {
  rule: "is a Service by which clients here find a peer's service, so it is held back",
  remedy: "Take it out, and have that peer's team export the service to others itself",
};

/** Finds the identities that were last published of a Service, under whatever name. */
function identitiesFinder(
  last: Readonly<Record<string, ContractService>>,
  aliases: readonly ExportAlias[],
  cluster: ExportingCluster,
): (service: KubernetesService) => readonly string[] {
  const names = new Map(
    aliases.map(({ namespace, service: name, spec }) => [keyOf({ namespace, name }), spec.hosts]),
  );
  return (service) => {
    const hosts = [...(names.get(keyOf(service)) ?? []), hostOf(service, cluster)];
    return hosts.flatMap((host) => {
      const { subjectAltNames = [], terminated } = ownValue(last, host) ?? {};
      // Then it is the gateway's.
      return terminated ? [] : subjectAltNames;
    });
  };
}

/** Which rule decides on each Service that any means, by namespace and name. */
function judgeServices(
  { services, namespaces }: ClusterServices,
  rules: readonly ExportRule[],
): (Verdict & { rule: ExportRule })[] {
  const find = ruleFinder(rules, namespaces);
  return services
    .flatMap((service) => {
      const index = find(service);
      const rule = index === undefined ? undefined : rules[index];
      if (index === undefined || rule === undefined) return [];
      const optedOut = [service.labels, labelsOf(namespaces, service)].some(
        (labels) => ownValue(labels, EXPORT_LABEL) === NOT_EXPORTED,
      );
      return [{ service, rule, index, optedOut }];
    })
    .sort(
      ({ service: one }, { service: other }) =>
        compare(one.namespace, other.namespace) || compare(one.name, other.name),
    );
}
/**
 * What each peer of the config calls itself, by its name in the config: by that name a contract names its importers. It is what the config
 * holds the peer to, else what it publishes, else what it is pinned to, else its name in the config. A contract that is not to be trusted
 * stops this run anyway.
 * @param readings by the peer's name; what they hold is unchecked.
 */
export function clusterNames(
  peers: StackConfig["peers"],
  readings: Readonly<Record<string, ContractReading>>,
  pinned: Readonly<Record<string, PinnedPeer>>,
): Record<string, string> {
  return sortedRecord(
    Object.entries(peers).map(([peer, { identity }]) => {
      const reading = ownValue(readings, peer);
      const published =
        reading !== undefined && "contract" in reading ? clusterIn(reading.contract) : undefined;
      return [peer, identity?.cluster ?? published ?? ownValue(pinned, peer)?.cluster ?? peer];
    }),
  );
}

function clusterIn(contract: unknown): string | undefined {
  if (typeof contract !== "object" || contract === null || !("cluster" in contract)) return undefined;
  const { cluster } = contract;
  return typeof cluster === "string" && DNS_LABEL.test(cluster) ? cluster : undefined;
}
