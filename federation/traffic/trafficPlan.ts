import type { StackConfig } from "../config/stackConfig.ts";
import type { Findings } from "../core/findings.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import { gatewayPlace } from "../core/gatewayPlace.ts";
import { ownValue, sortedUnique } from "../core/order.ts";
import { firstNames } from "../core/text.ts";
import { valuesOfIstiods } from "../core/revision.ts";
import { valueAt } from "../core/schema.ts";
import { visibleTo } from "../imports/import.ts";
import type { ImportConnection } from "../imports/registrations.ts";
import type { PlanContext } from "../plan.ts";
import { type Reading, required } from "../snapshot.ts";
import type { Connection } from "../topology/topologies.ts";
import { holdTargets } from "./heldTargets.ts";
import { Hosts, type ImportedHost } from "./hosts.ts";
import {
  type LiveObjects,
  type UnchangedLists,
  unchangedLists,
  withAddedRoutes,
  withLiveFields,
} from "./liveFields.ts";
import { ignoredParts } from "./ignoredFields.ts";
import { DIRECT_CALLS, refusesDirectCalls } from "./shortcuts/egress.ts";
import { renderCanaries } from "./shortcuts/canary.ts";
import { summarizeMoved, summarizeTraffic } from "./summary.ts";
import {
  type TrafficObject,
  formatObject,
  inPlace,
  isSuppressed,
  objectKey,
  placeOf,
  uniqueObjects,
} from "./trafficObject.ts";
import type { Need, TrafficContext, TrafficFinding } from "./trafficRule.ts";
import { type ChartGateway, chartGateways, plannedPod, plannedService } from "./shortcuts/chartGateways.ts";
import { TRAFFIC_RULES } from "./trafficRules.ts";
import type { RegisteredHost, TrafficReadings } from "./trafficTargets.ts";
import { type WriteOrder, writeOrder } from "./writeOrder.ts";

/** Traffic objects to be declared. */
export interface TrafficPlan {
  /** Sorted by kind, namespace and name. */
  objects: readonly TrafficObject[];
  order: WriteOrder;
  unchanged: UnchangedLists;
  /** Gateways to install before them. */
  gateways: readonly ChartGateway[];
}

/**
 * Plans the traffic objects of a stack: parses them, and validates them against the cluster and the federation.
 * @param connection undefined when there are faults: then imported hosts are not known, and hosts are not validated.
 */
export function planTraffic(
  { config, snapshot, findings }: PlanContext,
  connection: Connection | undefined,
  rootNamespace: string,
): TrafficPlan {
  const { traffic } = snapshot;
  if (traffic === undefined) return { objects: [], order: {}, unchanged: {}, gateways: [] };
  const { objects, faults } = required(traffic.declared, findings) ?? {
    objects: [],
    declared: [],
    faults: [],
  };
  findings.fault(...faults);
  if ("forbidden" in traffic.crds) {
    const unchecked = "so objects are not checked against the schemas of their CRDs";
    findings.warn(`traffic: this user may not ${traffic.crds.forbidden}, ${unchecked}`);
  }
  const live: LiveObjects = {
    applied: "value" in traffic.applied ? traffic.applied.value : undefined,
    crds: "value" in traffic.crds ? traffic.crds.value : [],
  };
  const declared = contextOf(config, traffic, objects, connection, rootNamespace, snapshot.now);
  const current = { ...declared, objects: withLiveFields(objects, live, declared.hosts) };
  const context = withCanaries(current, config, traffic, findings);
  for (const rule of TRAFFIC_RULES) {
    const unread = rule.needs.flatMap((need) => unreadable(traffic[need]));
    if (unread.length > 0) {
      findings.warn(`traffic: ${unread.join("; ")}, so it is not checked whether ${rule.checks}`);
      continue;
    }
    for (const finding of rule.find(context)) {
      if (isSuppressed(finding.object, rule.code)) continue;
      const fault = toFault(finding, rule.code);
      if (finding.level === "fault") findings.fault(fault);
      else findings.warnOf([fault], "warnings about traffic");
    }
  }
  if (config.traffic.egress !== undefined) {
    const meshConfigs = valuesOfIstiods(config.istio).map(({ values }) => valueAt(values, ["meshConfig"]));
    if (!refusesDirectCalls(meshConfigs, context.objects, rootNamespace)) findings.note(DIRECT_CALLS);
  }
  const { applied = [] } = live;
  const held = holdTargets(withAddedRoutes(context.objects, live), applied, context.hosts);
  findings.note(...held.notes);
  if ("forbidden" in traffic.applied) {
    const unchecked = "so requests to subsets and hosts that this update removes may be lost";
    findings.warn(`traffic: this user may not ${traffic.applied.forbidden}, ${unchecked}`);
    const ignoring = held.objects.filter((object) => ignoredParts(object) !== undefined).map(formatObject);
    if (ignoring.length > 0)
      findings.warn(
        `traffic: this user may not ${traffic.applied.forbidden}, so routes and subsets of ${firstNames(ignoring)}, which other controllers move, are not changed`,
      );
  }
  if ("value" in traffic.applied)
    findings.note(
      ...summarizeTraffic(held.objects, applied, config.cluster.domain),
      ...summarizeMoved(context.objects, objects, config.cluster.domain),
    );
  return {
    objects: held.objects,
    order: writeOrder(held.objects, context.hosts, rootNamespace),
    unchanged: unchangedLists(held.objects, live),
    gateways: chartGateways(config.traffic),
  };
}

/** Adds the VirtualServices of canaries; an object of the stack with the name of one is a fault. */
function withCanaries(
  context: TrafficContext,
  { traffic: { canaries }, cluster }: Pick<StackConfig, "traffic" | "cluster">,
  readings: TrafficReadings,
  findings: Findings,
): TrafficContext {
  if (canaries.length === 0) return context;
  if ("unreachable" in readings.services)
    findings.warn(
      "traffic.canaries: the cluster does not answer, so the canaries are missing in this preview",
    );
  if (required(readings.services, findings) === undefined) return context;
  // Faults elsewhere keep imported hosts from being known.
  if (!context.hosts.isComplete) return context;
  const rendered = renderCanaries(canaries, context.hosts, cluster.domain);
  const { objects, faults } = uniqueObjects([...context.objects, ...rendered.objects]);
  findings.fault(...rendered.faults, ...faults);
  findings.note(...rendered.notes);
  return { ...context, objects, declared: new Set([...context.declared, ...objects.map(objectKey)]) };
}

/** The code lets people look a finding up in Istio's docs, and suppress it. */
function toFault({ object, path, value, rule, remedy }: TrafficFinding, code: string) {
  return inPlace(placeOf(object), { path, value, rule, remedy: `${remedy} (${code})` });
}

/** Reasons for which a reading has no value: `may not list pods`. */
function unreadable(reading: TrafficReadings[Need]): string[] {
  if ("value" in reading) return [];
  if ("forbidden" in reading) return [`this user may not ${reading.forbidden}`];
  return "unreachable" in reading ? ["the cluster does not answer"] : ["the cluster cannot be read"];
}

function contextOf(
  { cluster, peers, certificateAuthority, gateway, traffic }: StackConfig,
  readings: TrafficReadings,
  objects: readonly TrafficObject[],
  connection: Connection | undefined,
  rootNamespace: string,
  now: Date,
): TrafficContext {
  const valueOf = <T>(reading: Reading<T>, otherwise: T): T =>
    "value" in reading ? reading.value : otherwise;
  const found = valueOf(readings.services, { services: [], workloads: [], namespaces: {} });
  const planned = chartGateways(traffic);
  const isThere = (one: ChartGateway): boolean =>
    found.services.some(({ namespace, name }) => namespace === one.namespace && name === one.name);
  const coming = planned.filter((each) => !isThere(each));
  const services = [...found.services, ...coming.map(plannedService)];
  const workloads = [...found.workloads, ...coming.map(plannedPod)];
  const { namespaces } = found;
  const foreign = valueOf(readings.foreign, []);
  const registered = valueOf(readings.registered, []);
  return {
    objects,
    written: objects,
    declared: new Set("value" in readings.declared ? readings.declared.value.declared : []),
    foreign,
    hosts: new Hosts({
      clusterDomain: cluster.domain,
      services: "value" in readings.services && connection !== undefined ? services : undefined,
      entries: [...objects, ...foreign],
      imports: connection?.kind === "imports" ? importedHosts(connection, peers, registered) : [],
      importNamespace: IMPORT_NAMESPACE,
    }),
    services,
    workloads,
    namespaces,
    secrets: valueOf(readings.secrets, {}),
    mesh: {
      ...{ clusterDomain: cluster.domain, trustDomain: cluster.trustDomain, rootNamespace },
      peerTrustDomains: trustDomainsOf(connection),
      ownNamespaces: [gatewayPlace(gateway).namespace],
    },
    eastWestSelector: gatewayPlace(gateway).selector,
    expiryWarningDays: certificateAuthority.expiryWarningDays,
    now,
  };
}

/** Trust domains of the peers that are trusted, sorted. */
function trustDomainsOf(connection: Connection | undefined): string[] {
  const peers = connection?.kind === "imports" ? Object.values(connection.peers) : [];
  return sortedUnique(peers.flatMap(({ pinned }) => pinned?.trustDomain ?? []));
}

/** The hosts of peers after this update, and those that it removes. */
function importedHosts(
  connection: ImportConnection,
  peers: StackConfig["peers"],
  registered: readonly RegisteredHost[],
): ImportedHost[] {
  const planned = Object.values(connection.peers).flatMap(({ peer, services }) =>
    Object.entries(services).map(([host, service]): ImportedHost => ({
      ...{ host, peer, service, state: "registered" },
      exportTo: visibleTo(service, peers[peer]?.exportTo ?? ["*"]),
    })),
  );
  const known = new Set(planned.map(({ host }) => host));
  const others = registered.filter(({ host }) => !known.has(host));
  return [
    ...planned,
    ...others.map(({ host, peer, service, exportTo }): ImportedHost => {
      const registration = ownValue(connection.peers, peer);
      const isKept =
        registration !== undefined &&
        (registration.state !== "ready" ||
          registration.heldNames.includes(host) ||
          registration.refusedHosts.includes(host));
      return isKept
        ? { host, peer, state: "kept", service, exportTo }
        : { host, peer, state: "removed", service: undefined, exportTo: ["*"] };
    }),
  ];
}
