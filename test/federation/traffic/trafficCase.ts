import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import type { KubernetesService, Workload } from "../../../federation/exports/clusterServices.ts";
import { CAPTURES_ALL } from "../../../federation/exports/inboundCapture.ts";
import { Hosts, type ImportedHost } from "../../../federation/traffic/hosts.ts";
import { parseTraffic } from "../../../federation/traffic/trafficDocuments.ts";
import {
  type TrafficObject,
  inPlace,
  objectKey,
  placeOf,
} from "../../../federation/traffic/trafficObject.ts";
import type { TrafficContext, TrafficRule } from "../../../federation/traffic/trafficRule.ts";

/** A cluster around traffic objects; all parts are empty by default. */
export interface Surroundings {
  services?: readonly KubernetesService[];
  workloads?: readonly Workload[];
  imports?: readonly ImportedHost[];
  /** YAML of others' objects. */
  foreign?: string;
  /** Owner of the objects of others. */
  owner?: string;
  /** YAML of the objects as their files have them, where they differ. */
  written?: string;
  /** Objects whose hosts are known, beside those of YAML. */
  entries?: readonly TrafficObject[];
  secrets?: TrafficContext["secrets"];
  namespaces?: TrafficContext["namespaces"];
  eastWestSelector?: TrafficContext["eastWestSelector"];
  now?: Date;
}

/** A Service `name.namespace` with ports such as `http:80`, which selects Pods by label `app`. */
export function service(name: string, namespace: string, ...ports: string[]): KubernetesService {
  return {
    ...{ namespace, name, labels: {}, annotations: {}, selector: { app: name } },
    ports: ports.map((port) => {
      const [portName = "", number = ""] = port.split(":");
      return { name: portName, port: Number(number) };
    }),
  };
}

/** A Pod with a sidecar and these labels. */
export function pod(
  name: string,
  namespace: string,
  labels: Record<string, string>,
  changes: Partial<Workload> = {},
): Workload {
  return {
    ...{
      kind: "Pod",
      namespace,
      name,
      addresses: ["10.0.0.1"],
      labels,
      serviceAccount: "default",
      ready: true,
    },
    ...{ ports: {}, hostNetwork: false, inject: undefined, capture: CAPTURES_ALL },
    ...changes,
  };
}

/** An imported host of peer `berlin` that all namespaces see. */
export function imported(host: string, changes: Partial<ImportedHost> = {}): ImportedHost {
  const registered: ImportedHost["service"] = {
    ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
    subjectAltNames: ["spiffe://berlin.local/ns/shop/sa/default"],
    ...{ remoteHost: undefined, terminated: false, servedBy: [], exportTo: [], outlierDetection: undefined },
    localService: undefined,
  };
  return { host, peer: "berlin", state: "registered", service: registered, exportTo: ["*"], ...changes };
}

/** Parses YAML of a stack's objects, and puts them into a cluster. The file is `traffic.yaml`. */
export function contextOf(yaml: string, around: Surroundings = {}): TrafficContext {
  const { objects, faults } = parseTraffic([{ path: "traffic.yaml", text: yaml }], []);
  assert.deepEqual(faults, []);
  return contextOfObjects(objects, around);
}

/** Puts objects of a stack into a cluster. */
export function contextOfObjects(
  objects: readonly TrafficObject[],
  around: Surroundings = {},
): TrafficContext {
  const others = parseTraffic([{ path: "cluster", text: around.foreign ?? "" }], []);
  const { services = [], workloads = [], imports = [], namespaces = {}, secrets = {} } = around;
  const foreign = others.objects.map((object) => ({
    ...object,
    owner: around.owner,
    source: "cluster",
  }));
  return {
    objects,
    written: around.written === undefined ? objects : contextOf(around.written).objects,
    declared: new Set(objects.map(objectKey)),
    foreign,
    hosts: new Hosts({
      clusterDomain: "paris.local",
      services,
      entries: [...objects, ...foreign, ...(around.entries ?? [])],
      imports,
      importNamespace: "istio-federation",
    }),
    ...{ services, workloads, namespaces, secrets },
    mesh: {
      ...{ clusterDomain: "paris.local", trustDomain: "paris.local", rootNamespace: "istio-system" },
      ...{ peerTrustDomains: ["berlin.local"], ownNamespaces: [] },
    },
    eastWestSelector: around.eastWestSelector ?? { istio: "eastwestgateway" },
    expiryWarningDays: 30,
    now: around.now ?? new Date("2026-12-01T00:00:00Z"),
  };
}

/** Formats the findings of a rule, as `fault: traffic.yaml: VirtualService shop/reviews: spec.hosts: ... .` */
export function findingsOf(rule: TrafficRule, yaml: string, around: Surroundings = {}): string[] {
  return rule
    .find(contextOf(yaml, around))
    .map(({ level, object, ...fault }) => `${level}: ${describeFault(inPlace(placeOf(object), fault))}`);
}

/** One case of a rule's table. */
export type RuleCase = [title: string, yaml: string, expected: string[], around?: Surroundings];

/** Declares a test for each case of a rule. */
export function ruleTable(rule: TrafficRule, cases: readonly RuleCase[]): void {
  describe(`Traffic rule ${rule.code}: whether ${rule.checks}`, () => {
    for (const [title, yaml, expected, around] of cases)
      it(title, () => {
        assert.deepEqual(findingsOf(rule, yaml, around), expected);
      });
  });
}

/** YAML of a VirtualService `shop/reviews` with this spec, in flow style: `hosts: [reviews], http: [...]`. */
export function virtualService(spec: string, name = "reviews"): string {
  return `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: ${name}, namespace: shop}\nspec: {${spec}}\n---\n`;
}

/** YAML of an object in namespace `shop` with this spec, in flow style. */
export function istioObject(kind: string, name: string, spec: string, group = "networking"): string {
  return `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\nspec: {${spec}}\n---\n`;
}
