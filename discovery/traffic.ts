import { glob, readFile } from "node:fs/promises";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { TrafficConfig } from "../federation/config/traffic.ts";
import type { Fault } from "../federation/core/fault.ts";
import {
  matches,
  OF_OTHERS,
  PEER_LABEL,
  REMOTE_HOST_ANNOTATION,
  TERMINATED,
  TERMINATED_ANNOTATION,
  TRAFFIC_LABEL,
} from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { messageOf } from "../federation/core/text.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { Workload } from "../federation/exports/clusterServices.ts";
import { toImport } from "../federation/imports/import.ts";
import type { Reading } from "../federation/snapshot.ts";
import type {
  ClientTls,
  DestinationRuleSpec,
  GatewaySpec,
  ServiceEntrySpec,
} from "../federation/traffic/specs.ts";
import { renderEgress } from "../federation/traffic/shortcuts/egress.ts";
import { renderIngress } from "../federation/traffic/shortcuts/ingress.ts";
import { TRAFFIC_KINDS, type TrafficKind, type TrafficObject } from "../federation/traffic/trafficObject.ts";
import { ofKind } from "../federation/traffic/trafficRule.ts";
import type {
  ParsedObjects,
  RegisteredHost,
  TrafficFile,
  TrafficReadings,
} from "../federation/traffic/trafficTargets.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../kubernetes/kinds.ts";
import type { ClusterReader } from "./clusterReader.ts";
import { loadChartCrds, readCrds } from "./crds.ts";
import { readServerSecret } from "./serverSecret.ts";
import { readAllServices } from "./services.ts";

/** Reads the files of traffic objects, and what of the cluster these refer to; undefined for a stack without any. */
export async function readTraffic(
  reader: ClusterReader,
  { traffic: config, cluster }: Pick<StackConfig, "traffic" | "cluster">,
): Promise<TrafficReadings | undefined> {
  if (isEmpty(config)) return undefined;
  const parsed = await readDeclared(config, cluster.domain);
  const crds = await reader.read((client) =>
    readCrds(client, "value" in parsed ? kindsOf(parsed.value.objects) : []),
  );
  const declared = "value" in parsed ? { value: await checkDeclared(parsed.value, crds) } : parsed;
  const objects = "value" in declared ? declared.value.objects : [];
  const services = reader.read(readAllServices);
  const [foreign, applied, found, secrets, registered] = await Promise.all([
    reader.read((client) => readObjects(client, TRAFFIC_KINDS, OF_OTHERS)),
    reader.read((client) => readObjects(client, APPLIED_KINDS, `${TRAFFIC_LABEL}=true`)),
    services,
    services.then((reading) =>
      reader.read((client) =>
        readSecrets(client, objects, "value" in reading ? reading.value.workloads : []),
      ),
    ),
    reader.read((client) => readRegistered(client, config.canaries)),
  ]);
  return { declared, crds, foreign, applied, services: found, secrets, registered };
}

function isEmpty({ files, objects, canaries, egress, ingress }: TrafficConfig): boolean {
  const lists = [files, objects, canaries];
  return lists.every((list) => list.length === 0) && egress === undefined && ingress === undefined;
}

/** Reads the stack's objects, with those of shortcuts. The parser is loaded by stacks with traffic alone. */
async function readDeclared(
  { files: patterns, objects, egress, ingress }: TrafficConfig,
  clusterDomain: string,
): Promise<TrafficReadings["declared"]> {
  const [files, { parseTraffic }] = await Promise.all([
    readFiles(patterns),
    import("../federation/traffic/trafficDocuments.ts"),
  ]);
  const rendered = [
    ...(egress === undefined ? [] : renderEgress(egress, clusterDomain)),
    ...(ingress === undefined ? [] : renderIngress(ingress, clusterDomain)),
  ];
  return "value" in files ? { value: parseTraffic(files.value, objects, rendered) } : files;
}

/** Kinds of some objects. */
function kindsOf(objects: readonly TrafficObject[]): TrafficKind[] {
  return TRAFFIC_KINDS.filter((known) =>
    objects.some(({ group, kind }) => group === known.group && kind === known.kind),
  );
}

/** Checks the stack's objects against the schemas of their CRDs; a user who may not read these gets a warning of the plan. */
async function checkDeclared(parsed: ParsedObjects, crds: TrafficReadings["crds"]): Promise<ParsedObjects> {
  if (parsed.objects.length === 0 || "forbidden" in crds) return parsed;
  const [ofCharts, { checkSchemas }] = await Promise.all([
    loadChartCrds(),
    import("../federation/traffic/schemaCheck.ts"),
  ]);
  return checkSchemas(parsed, { installed: "value" in crds ? crds.value : undefined, ofCharts });
}

/** Reads all files that the patterns match, sorted; a pattern that matches none is a fault. */
async function readFiles(patterns: readonly string[]): Promise<Reading<TrafficFile[]>> {
  const faults: Fault[] = [];
  const paths: string[] = [];
  for (const [index, pattern] of patterns.entries()) {
    const found: string[] = [];
    for await (const path of glob(pattern)) found.push(path);
    if (found.length === 0)
      faults.push({
        path: `traffic.files[${index}]`,
        value: pattern,
        rule: "matches no file",
        remedy: "Correct it: it is relative to the program's folder",
      });
    paths.push(...found);
  }
  const files = await Promise.all(
    sortedUnique(paths).map(async (path) => {
      try {
        return [{ path, text: await readFile(path, "utf8") }];
      } catch (error) {
        faults.push({
          path,
          rule: `cannot be read: ${messageOf(error)}`,
          remedy: "Correct traffic.files, or the file's rights",
        });
        return [];
      }
    }),
  );
  return faults.length > 0 ? { faults } : { value: files.flat() };
}

type IstioObject = KubernetesObject & { spec?: Record<string, unknown> };

/** Kinds of the stack's own objects that decide what an update may remove. */
const APPLIED_KINDS = TRAFFIC_KINDS.filter(({ kind }) =>
  ["VirtualService", "DestinationRule", "ServiceEntry"].includes(kind),
);

/** Reads the traffic objects that a label selector matches; none of a kind whose CRD is not there. */
async function readObjects(
  client: ClusterClient,
  kinds: readonly TrafficKind[],
  labelSelector: string,
): Promise<TrafficObject[]> {
  const lists = await Promise.all(
    kinds.map(async (known) => {
      const { group, version, kind } = known;
      const objects = await client.list<IstioObject>(known, { labelSelector });
      return objects.map(({ metadata, spec = {} }): TrafficObject => {
        const { namespace = "", name, labels = {}, annotations = {} } = metadata;
        const apiVersion = `${group}/${version}`;
        return { group, kind, apiVersion, namespace, name, labels, annotations, spec, source: "cluster" };
      });
    }),
  );
  return lists.flat();
}

/** Reads the hosts of peers, and the services of those that canaries name. */
async function readRegistered(
  client: ClusterClient,
  canaries: TrafficConfig["canaries"],
): Promise<RegisteredHost[]> {
  const options = { namespace: IMPORT_NAMESPACE, labelSelector: PEER_LABEL, metadataOnly: true };
  const entries = await client.list(SERVICE_ENTRY, options);
  return Promise.all(
    entries.map(async ({ metadata: { name, labels = {} } }) => {
      const isNamed = canaries.some(({ to }) => to === name);
      const entry = isNamed
        ? await client.get<IstioObject>(SERVICE_ENTRY, IMPORT_NAMESPACE, name)
        : undefined;
      return { host: name, peer: labels[PEER_LABEL] ?? "", ...registeredService(entry) };
    }),
  );
}

/** Parses the service of a peer's ServiceEntry; undefined where there is none, or somebody edited it. */
function registeredService(entry: IstioObject | undefined): Pick<RegisteredHost, "service" | "exportTo"> {
  const { ports, subjectAltNames, exportTo = ["*"] } = (entry?.spec ?? {}) as ServiceEntrySpec;
  const annotations = entry?.metadata.annotations ?? {};
  const service = toImport({
    ports,
    subjectAltNames,
    remoteHost: annotations[REMOTE_HOST_ANNOTATION],
    terminated: annotations[TERMINATED_ANNOTATION] === TERMINATED,
  }).data;
  return { service, exportTo };
}

/** Reads the Secrets that objects name; istiod takes them from the namespace of the proxy, so they may be in several. */
async function readSecrets(
  client: ClusterClient,
  objects: readonly TrafficObject[],
  workloads: readonly Workload[],
): Promise<Record<string, Awaited<ReturnType<typeof readServerSecret>>>> {
  const names = sortedUnique([
    ...ofKind(objects, "Gateway").flatMap(({ object, spec }) =>
      namesAt(workloads, spec.selector ?? {}, object.namespace, gatewayCredentials(spec)),
    ),
    ...ofKind(objects, "DestinationRule").flatMap(({ object, spec }) =>
      namesAt(
        workloads.filter(({ namespace }) => namespace === object.namespace),
        spec.workloadSelector?.matchLabels ?? {},
        object.namespace,
        clientCredentials(spec),
      ),
    ),
  ]);
  const read = names.map(async (key) => {
    const [namespace = "", name = ""] = key.split("/");
    return [key, await readServerSecret(client, namespace, name)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Places of Secrets, as `namespace/name`: in the namespaces of the Pods that a selector matches, and in the object's own. */
function namesAt(
  workloads: readonly Workload[],
  selector: Record<string, string>,
  own: string,
  credentials: readonly string[],
): string[] {
  const selected = workloads
    .filter(({ labels }) => matches(selector, labels))
    .map(({ namespace }) => namespace);
  const namespaces = sortedUnique([own, ...(Object.keys(selector).length === 0 ? [] : selected)]);
  return namespaces.flatMap((namespace) => credentials.map((name) => `${namespace}/${name}`));
}

/** Names of the Secrets of a Gateway's servers. */
function gatewayCredentials({ servers = [] }: GatewaySpec): string[] {
  return servers.flatMap(({ tls }) => [
    ...(tls?.credentialName === undefined ? [] : [tls.credentialName]),
    ...(tls?.credentialNames ?? []),
  ]);
}

/** Names of the Secrets of a DestinationRule. */
function clientCredentials({ trafficPolicy, subsets = [] }: DestinationRuleSpec): string[] {
  const policies = [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)];
  const settings = policies.flatMap((policy): (ClientTls | undefined)[] => [
    policy?.tls,
    ...(policy?.portLevelSettings ?? []).map(({ tls }) => tls),
  ]);
  return settings.flatMap((tls) => (tls?.credentialName === undefined ? [] : [tls.credentialName]));
}
