import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { TrafficConfig } from "../federation/config/traffic.ts";
import { OF_OTHERS, TRAFFIC_LABEL } from "../federation/core/labels.ts";
import { TRAFFIC_KINDS, type TrafficKind, type TrafficObject } from "../federation/traffic/trafficObject.ts";
import type { ParsedObjects, TrafficReadings } from "../federation/traffic/trafficTargets.ts";
import type { ClusterReader } from "./clusterReader.ts";
import { loadChartCrds, readCrds } from "./crds.ts";
import { readRegisteredHosts } from "./registeredHosts.ts";
import { resolveHost } from "../federation/core/serviceHost.ts";
import { readAllServices } from "./services.ts";
import { readDeclaredObjects } from "./trafficFiles.ts";
import { readTrafficObjects } from "./trafficObjects.ts";
import { readTrafficSecrets } from "./trafficSecrets.ts";

/** Reads the files of traffic objects, and what of the cluster these refer to; undefined for a stack without any. */
export async function readTraffic(
  reader: ClusterReader,
  { traffic: config, cluster }: Pick<StackConfig, "traffic" | "cluster">,
): Promise<TrafficReadings | undefined> {
  if (!hasTraffic(config)) return undefined;
  const parsed = await readDeclaredObjects(config, cluster.domain);
  const crds = await reader.read((client) =>
    readCrds(client, "value" in parsed ? kindsOf(parsed.value.objects) : []),
  );
  const declared = "value" in parsed ? { value: await checkDeclared(parsed.value, crds) } : parsed;
  const objects = "value" in declared ? declared.value.objects : [];
  const services = reader.readOnce(readAllServices);
  const others = reader.read((client) => readTrafficObjects(client, TRAFFIC_KINDS, OF_OTHERS));
  const [foreign, applied, found, secrets, registered] = await Promise.all([
    others,
    reader.read((client) => readTrafficObjects(client, APPLIED_KINDS, `${TRAFFIC_LABEL}=true`)),
    services,
    Promise.all([services, others]).then(([reading, theirs]) =>
      reader.read((client) =>
        readTrafficSecrets(client, {
          objects,
          foreign: "value" in theirs ? theirs.value : [],
          workloads: "value" in reading ? reading.value.workloads : [],
          hosts: { resolve: (host, namespace) => resolveHost(host, namespace, cluster.domain) },
        }),
      ),
    ),
    reader.read((client) => readRegisteredHosts(client, config.canaries)),
  ]);
  return { declared, crds, foreign, applied, services: found, secrets, registered };
}

/** Whether a stack declares traffic objects. */
export function hasTraffic({ files, objects, canaries, egress, ingress }: TrafficConfig): boolean {
  const lists = [files, objects, canaries];
  return lists.some((list) => list.length > 0) || egress !== undefined || ingress !== undefined;
}

/** Kinds of the stack's own objects that decide what an update may remove, or that other controllers change too. */
const APPLIED_KINDS = TRAFFIC_KINDS.filter(({ kind }) =>
  ["VirtualService", "DestinationRule", "ServiceEntry", "HTTPRoute", "TLSRoute"].includes(kind),
);

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
