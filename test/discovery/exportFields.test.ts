import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readDestinationRules, readPeerAuthentications } from "../../discovery/istioObjects.ts";
import { readServices } from "../../discovery/services.ts";
import type { ExportRule } from "../../federation/config/exports.ts";
import { exportServices } from "../../federation/exports/exportedServices.ts";
import { REPOSITORY } from "../docs/pages.ts";
import { BAR_HOST, byName, cluster } from "../federation/exports/exportsFixture.ts";
import { fakeApiServer } from "../providers/support/fakeApiServer.ts";
import { valueOf } from "./support.ts";

const HEADING = "### Fields that decide whether a call arrives";

/** Rows of the table: field and value, and the result. */
function tableRows(): [string, string][] {
  const page = readFileSync(join(REPOSITORY, "docs/exports.md"), "utf8");
  const [section = ""] = page.slice(page.indexOf(HEADING) + HEADING.length).split("\n### ");
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) => {
      const [field = "", value = "", result = ""] = line
        .slice(1)
        .split("|")
        .map((cell) => cell.replaceAll(/[`¹²³]/g, "").trim());
      return [`${field} = ${value}`, result];
    });
}

type Fields = Record<string, unknown>;

/** Objects of a cluster in which Service bar differs from one that peers can call. */
interface Objects {
  /** Namespace of all of them. @default xyz */
  namespace?: string;
  /** The rule's gateway. @default passthrough */
  gateway?: ExportRule["gateway"];
  annotations?: Fields;
  labels?: Fields;
  metadata?: Fields;
  spec?: Fields;
  namespaceLabels?: Fields;
  /** Pods; each is changed from one with a sidecar, and several make several. */
  pods?: PodChanges[];
  workloadEntries?: object[];
  slices?: object[];
  peerAuthentications?: object[];
  destinationRules?: object[];
}

interface PodChanges {
  annotations?: Fields;
  labels?: Fields;
  spec?: Fields;
  status?: Fields;
  /** Names of containers beside the application's. @default istio-proxy */
  proxies?: { name: string; env?: object[] }[];
  /** Arguments of istio-init beside the usual ones. */
  initArguments?: string[];
  /** Name of the container port. @default web */
  portName?: string;
  portNumber?: number;
}

const podOf = (changes: PodChanges, index: number) => ({
  metadata: {
    namespace: "xyz",
    name: `bar-${index}`,
    labels: { app: "bar", "security.istio.io/tlsMode": "istio", ...changes.labels },
    annotations: changes.annotations ?? {},
  },
  spec: {
    serviceAccountName: "bar",
    initContainers: [
      {
        name: "istio-init",
        args: [
          "istio-iptables",
          ...["-p", "15001", "-z", "15006", "-m", "REDIRECT"],
          ...(changes.initArguments ?? ["-b", "*", "-d", "15090,15021,15020"]),
        ],
      },
    ],
    containers: [
      {
        name: "app",
        ports: [{ name: changes.portName ?? "web", containerPort: changes.portNumber ?? 8000 }],
      },
      ...(changes.proxies ?? [
        { name: "istio-proxy", env: [{ name: "ISTIO_META_INTERCEPTION_MODE", value: "REDIRECT" }] },
      ]),
    ],
    ...changes.spec,
  },
  status: {
    phase: "Running",
    podIPs: [{ ip: `10.244.0.${index + 1}` }],
    conditions: [{ type: "Ready", status: "True" }],
    ...changes.status,
  },
});

/** A Pod without a sidecar. */
const PLAIN: PodChanges = { labels: { "security.istio.io/tlsMode": undefined }, proxies: [] };
const IDENTITIES = { "istio-federation.dev/subject-alt-names": "spiffe://b.example/ns/xyz/sa/bar" };
const CREATED = "2026-11-21T10:00:00Z";
const sliceOf = (endpoints: object[], changes: object = {}) => ({
  metadata: { namespace: "xyz", name: "bar-1", labels: { "kubernetes.io/service-name": "bar" } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080 }],
  endpoints,
  ...changes,
});
const annotated = (slices: object[]): Objects => ({
  spec: { selector: undefined },
  annotations: IDENTITIES,
  slices,
});
const ofPod = (changes: PodChanges): Objects => ({ pods: [changes] });
const ofRule = (kind: "peerAuthentications" | "destinationRules", spec: object): Objects => ({
  [kind]: [{ metadata: { namespace: "xyz", name: "bar", creationTimestamp: CREATED }, spec }],
});
const withPort = (port: object): Objects => ({
  spec: {
    ports: [
      { name: "http", port: 8080 },
      { name: "second", port: 9090, ...port },
    ],
  },
});
const TRAFFIC = "traffic.sidecar.istio.io";

/** One case at least for each row of the table; all cases of a row have the row's result. */
const CASES: Record<string, Objects[]> = {
  "spec.type = ExternalName": [{ spec: { type: "ExternalName", externalName: "x.example" } }],
  "spec.clusterIP = None": [{ spec: { clusterIP: "None" } }],
  "spec.clusterIPs, spec.ipFamilies = any": [
    { spec: { clusterIPs: ["10.0.0.1", "fd00::1"], ipFamilies: ["IPv4", "IPv6"] } },
    { spec: { ipFamilies: ["IPv6"] } },
  ],
  "spec.externalIPs, spec.externalTrafficPolicy = any": [
    { spec: { externalIPs: ["192.0.2.1"], externalTrafficPolicy: "Local", type: "LoadBalancer" } },
  ],
  "spec.selector = missing": [{ spec: { selector: undefined } }],
  "spec.selector = missing, identities annotated": [annotated([]), annotated([sliceOf([])])],
  "EndpointSlice.endpoints = Pods with a sidecar": [
    annotated([sliceOf([{ addresses: ["10.244.0.1"], targetRef: { kind: "Pod", name: "bar-0" } }])]),
    annotated([sliceOf([{ addresses: ["10.244.0.1"] }])]),
  ],
  "EndpointSlice.endpoints = some are no such Pods": [
    annotated([sliceOf([{ addresses: ["10.244.0.1"] }, { addresses: ["192.0.2.1"] }])]),
  ],
  "EndpointSlice.endpoints = none is such a Pod, or host names": [
    annotated([sliceOf([{ addresses: ["192.0.2.1"] }])]),
    annotated([sliceOf([{ addresses: ["x.example"] }], { addressType: "FQDN" })]),
    annotated([
      sliceOf([
        { addresses: ["10.244.0.1"], targetRef: { kind: "Pod", name: "bar-0", namespace: "elsewhere" } },
      ]),
    ]),
    { ...annotated([sliceOf([{ addresses: ["10.244.0.1"] }])]), pods: [PLAIN] },
  ],
  "EndpointSlice.endpoints[].conditions = ready: true, or missing, at one": [
    annotated([sliceOf([{ addresses: ["10.244.0.1"], conditions: { ready: true, serving: true } }])]),
    annotated([sliceOf([{ addresses: ["10.244.0.1"], conditions: {} }])]),
    {
      ...annotated([
        sliceOf([
          { addresses: ["10.244.0.1"], conditions: { ready: false } },
          { addresses: ["10.244.0.2"], conditions: { ready: true } },
        ]),
      ]),
      pods: [{}, {}],
    },
  ],
  "EndpointSlice.endpoints[].conditions = ready: false at all": [
    annotated([sliceOf([{ addresses: ["10.244.0.1"], conditions: { ready: false, terminating: true } }])]),
    annotated([sliceOf([{ addresses: ["10.244.0.1"], conditions: { ready: false, serving: true } }])]),
    {
      ...annotated([sliceOf([{ addresses: ["10.244.0.1"], conditions: { ready: false } }])]),
      spec: { selector: undefined, publishNotReadyAddresses: true },
    },
  ],
  "EndpointSlice.ports[].name = none like that of a Service's port": [
    annotated([sliceOf([{ addresses: ["10.244.0.1"] }], { ports: [{ name: "web", port: 8080 }] })]),
    annotated([sliceOf([{ addresses: ["10.244.0.1"] }], { ports: [{ port: 8080 }] })]),
    annotated([sliceOf([{ addresses: ["10.244.0.1"] }], { ports: [] })]),
  ],
  "spec.ports[].protocol = UDP, SCTP": [withPort({ protocol: "UDP" }), withPort({ protocol: "SCTP" })],
  "spec.ports[].appProtocol, name = udp or with that prefix": [
    withPort({ appProtocol: "udp" }),
    withPort({ name: "udp-dns" }),
  ],
  "spec.ports[].appProtocol, name = any other": [
    withPort({ appProtocol: "kubernetes.io/h2c" }),
    withPort({ appProtocol: "example.com/own" }),
    withPort({ name: "grpc-web-x" }),
    withPort({ appProtocol: "tls" }),
  ],
  "spec.ports[].targetPort = a number no container lists": [withPort({ targetPort: 9999 })],
  "spec.ports[].targetPort = a name with other numbers per Pod": [
    { ...withPort({ targetPort: "web" }), pods: [{}, { portNumber: 8001 }] },
  ],
  "spec.ports[].targetPort = a name that some or all Pods lack": [
    { ...withPort({ targetPort: "web" }), pods: [{}, { portName: "other" }] },
    withPort({ targetPort: "other" }),
  ],
  "spec.ports[].targetPort = 15008, 15020, 15021, 15090": [15008, 15020, 15021, 15090].map((targetPort) =>
    withPort({ targetPort }),
  ),
  "spec.publishNotReadyAddresses = true": [
    {
      spec: { publishNotReadyAddresses: true },
      pods: [{ status: { conditions: [{ type: "Ready", status: "False" }] } }],
    },
  ],
  "spec.internalTrafficPolicy = Local": [{ spec: { internalTrafficPolicy: "Local" } }],
  "spec.trafficDistribution = any": ["PreferClose", "PreferSameZone", "PreferSameNode"].map(
    (trafficDistribution) => ({ spec: { trafficDistribution } }),
  ),
  "annotation networking.istio.io/traffic-distribution = any": [
    { annotations: { "networking.istio.io/traffic-distribution": "PreferClose" } },
  ],
  "spec.sessionAffinity = ClientIP": [{ spec: { sessionAffinity: "ClientIP" } }],
  "label istio.io/persistent-session, istio.io/persistent-session-header = any": [
    { labels: { "istio.io/persistent-session": "cookie:/" } },
    { labels: { "istio.io/persistent-session-header": "x-session" } },
  ],
  "metadata.deletionTimestamp = set": [{ metadata: { deletionTimestamp: CREATED } }],
  "annotation networking.istio.io/exportTo = without the gateway's namespace, or ~": [
    "xyz",
    ".",
    "~",
    "~,istio-gateway",
  ].map((exportTo) => ({ annotations: { "networking.istio.io/exportTo": exportTo } })),
  "annotation alpha.istio.io/kubernetes-serviceaccounts = any": [
    { annotations: { "alpha.istio.io/kubernetes-serviceaccounts": "other" } },
  ],
  "annotation alpha.istio.io/canonical-serviceaccounts = any": [
    { annotations: { "alpha.istio.io/canonical-serviceaccounts": "spiffe://x/ns/x/sa/x" } },
  ],
  "label istio.io/use-waypoint = any": [{ labels: { "istio.io/use-waypoint": "waypoint" } }],
  "label istio.io/ingress-use-waypoint = true, beside istio.io/use-waypoint": [
    { labels: { "istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true" } },
    { namespaceLabels: { "istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true" } },
  ],
  "label service.kubernetes.io/service-proxy-name = any": [
    { labels: { "service.kubernetes.io/service-proxy-name": "cilium" } },
  ],
  "Pod label security.istio.io/tlsMode = missing at some or all Pods": [
    { pods: [{}, PLAIN] },
    { pods: [PLAIN] },
  ],
  "Pod label security.istio.io/tlsMode = other than istio at all Pods": [
    ofPod({ labels: { "security.istio.io/tlsMode": "disabled" } }),
    ofPod({ labels: { "security.istio.io/tlsMode": "" } }),
  ],
  "Pod label security.istio.io/tlsMode = istio, no container istio-proxy": [
    ofPod({ proxies: [] }),
    { pods: [{}, { proxies: [{ name: "proxy" }] }] },
  ],
  "Pod label istio.io/dataplane-mode = ambient at all Pods": [
    ofPod({ ...PLAIN, labels: { ...PLAIN.labels, "istio.io/dataplane-mode": "ambient" } }),
  ],
  "Namespace label istio.io/dataplane-mode = ambient": [
    { namespaceLabels: { "istio.io/dataplane-mode": "ambient" }, pods: [PLAIN, PLAIN] },
  ],
  "label istio.io/dataplane-mode = ambient at one Pod or its namespace, with gateway: terminating": [
    {
      gateway: "terminating",
      pods: [{}, { ...PLAIN, labels: { ...PLAIN.labels, "istio.io/dataplane-mode": "ambient" } }],
    },
    {
      gateway: "terminating",
      namespaceLabels: { "istio.io/dataplane-mode": "ambient" },
      pods: [PLAIN],
    },
  ],
  "Pod label istio.io/draining = set at all Pods": [ofPod({ labels: { "istio.io/draining": "true" } })],
  "Pod label topology.istio.io/network = any": [ofPod({ labels: { "topology.istio.io/network": "other" } })],
  "Pod label or annotation sidecar.istio.io/inject = false at all Pods": [
    ofPod({ ...PLAIN, annotations: { "sidecar.istio.io/inject": "false" } }),
    ofPod({ ...PLAIN, labels: { ...PLAIN.labels, "sidecar.istio.io/inject": "false" } }),
  ],
  "metadata.namespace = kube-system, kube-public, kube-node-lease, local-path-storage": [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "local-path-storage",
  ].map((namespace) => ({ namespace, namespaceLabels: { "istio-injection": "enabled" }, pods: [PLAIN] })),
  "Namespace label istio-injection = disabled": [
    { namespaceLabels: { "istio-injection": "disabled" }, pods: [PLAIN] },
  ],
  "Namespace label pod-security.kubernetes.io/enforce = baseline, restricted, no sidecars": [
    "baseline",
    "restricted",
  ].map((level) => ({
    namespaceLabels: { "istio-injection": "enabled", "pod-security.kubernetes.io/enforce": level },
    pods: [PLAIN],
  })),
  "Pod.spec.hostNetwork = true at all Pods": [ofPod({ ...PLAIN, spec: { hostNetwork: true } })],
  [`Pod annotation ${TRAFFIC}/excludeInboundPorts = a port of the Service`]: [
    ofPod({ annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "8080" } }),
    ofPod({ annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "9000, 8080" } }),
    { pods: [{}, { annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "*" } }] },
  ],
  [`Pod annotation ${TRAFFIC}/includeInboundPorts = without a port of the Service`]: [
    ofPod({ annotations: { [`${TRAFFIC}/includeInboundPorts`]: "9000" } }),
    ofPod({ annotations: { [`${TRAFFIC}/includeInboundPorts`]: "" } }),
  ],
  "Helm value global.proxy.excludeInboundPorts, include... = such ports, as injected": [
    ofPod({ initArguments: ["-b", "*", "-d", "15090,15021,8080"] }),
    ofPod({ initArguments: ["-b", "9000", "-d", "15090,15021"] }),
    ofPod({ initArguments: ["-b", "", "-d", "15090,15021"] }),
  ],
  [`Pod annotation ${TRAFFIC}/excludeInterfaces = eth0`]: [
    ofPod({ annotations: { [`${TRAFFIC}/excludeInterfaces`]: "net1,eth0" } }),
    ofPod({ initArguments: ["-b", "*", "-d", "15090,15021", "-c", "eth0"] }),
  ],
  [`Pod annotation ${TRAFFIC}/excludeInterfaces = others`]: [
    ofPod({ annotations: { [`${TRAFFIC}/excludeInterfaces`]: "net1" } }),
  ],
  "Pod annotation istio.io/reroute-virtual-interfaces = eth0": [
    ofPod({ annotations: { "istio.io/reroute-virtual-interfaces": "eth0" } }),
  ],
  [`Pod annotation ${TRAFFIC}/kubevirtInterfaces = eth0`]: [
    ofPod({ annotations: { [`${TRAFFIC}/kubevirtInterfaces`]: "eth0" } }),
  ],
  [`Pod annotations ${TRAFFIC}/*Outbound* = any`]: [
    ofPod({
      annotations: {
        [`${TRAFFIC}/excludeOutboundPorts`]: "8080",
        [`${TRAFFIC}/includeOutboundPorts`]: "1",
        [`${TRAFFIC}/includeOutboundIPRanges`]: "",
        [`${TRAFFIC}/excludeOutboundIPRanges`]: "0.0.0.0/0",
      },
    }),
  ],
  "Pod annotation sidecar.istio.io/interceptionMode = NONE": [
    ofPod({ annotations: { "sidecar.istio.io/interceptionMode": "NONE" } }),
    ofPod({
      proxies: [{ name: "istio-proxy", env: [{ name: "ISTIO_META_INTERCEPTION_MODE", value: "NONE" }] }],
    }),
  ],
  "Pod annotation sidecar.istio.io/interceptionMode = REDIRECT, TPROXY": ["REDIRECT", "TPROXY"].map((mode) =>
    ofPod({ annotations: { "sidecar.istio.io/interceptionMode": mode } }),
  ),
  "Pod annotation proxy.istio.io/config = interceptionMode: NONE": [
    ofPod({ annotations: { "proxy.istio.io/config": "concurrency: 2\ninterceptionMode: NONE\n" } }),
    ofPod({ annotations: { "proxy.istio.io/config": '{"interceptionMode": "NONE"}' } }),
  ],
  "env DISABLE_ENVOY of istio-proxy = true": [
    ofPod({ proxies: [{ name: "istio-proxy", env: [{ name: "DISABLE_ENVOY", value: "true" }] }] }),
  ],
  "Pod.status.phase = Succeeded, Failed": ["Succeeded", "Failed"].map((phase) => ({
    pods: [{}, { ...PLAIN, status: { phase } }],
  })),
  "Pod.status.conditions = no Pod is Ready": [ofPod({ status: { conditions: [] } })],
  "WorkloadEntry = any": [
    {
      pods: [],
      workloadEntries: [
        {
          metadata: {
            namespace: "xyz",
            name: "vm",
            annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "8080" },
          },
          spec: { address: "192.0.2.1", serviceAccount: "vm", labels: { app: "bar" } },
        },
      ],
    },
  ],
  "PeerAuthentication = DISABLE": [ofRule("peerAuthentications", { mtls: { mode: "DISABLE" } })],
  "PeerAuthentication = PERMISSIVE": [ofRule("peerAuthentications", { mtls: { mode: "PERMISSIVE" } })],
  "DestinationRule at the gateway = other than ISTIO_MUTUAL": ["DISABLE", "SIMPLE", "MUTUAL"].map((mode) =>
    ofRule("destinationRules", { host: "bar", trafficPolicy: { tls: { mode } } }),
  ),
  "DestinationRule at the gateway = ISTIO_MUTUAL, a Pod without a sidecar or with mode DISABLE": [
    {
      ...ofRule("destinationRules", { host: "bar", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } }),
      ...ofRule("peerAuthentications", { mtls: { mode: "DISABLE" } }),
    },
    {
      ...ofRule("destinationRules", { host: "bar", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } }),
      pods: [{}, PLAIN],
    },
  ],
  "Sidecar ingress = any": [{}],
};

describe("The table of fields in docs/exports.md", () => {
  const server = fakeApiServer();

  async function outcome(objects: Objects, rules: ExportRule[] = byName) {
    const { namespace = "xyz" } = objects;
    const inXyz: Record<string, unknown[]> = {
      namespaces: [{ metadata: { name: "xyz", labels: objects.namespaceLabels ?? {} } }],
      services: [
        {
          metadata: {
            namespace: "xyz",
            name: "bar",
            labels: objects.labels ?? {},
            annotations: objects.annotations ?? {},
            ...objects.metadata,
          },
          spec: {
            clusterIP: "10.0.0.1",
            selector: { app: "bar" },
            ports: [{ name: "http", port: 8080 }],
            ...objects.spec,
          },
        },
      ],
      pods: (objects.pods ?? [{}]).map(podOf),
      workloadentries: objects.workloadEntries ?? [],
      endpointslices: objects.slices ?? [],
      peerauthentications: objects.peerAuthentications ?? [],
      destinationrules: objects.destinationRules ?? [],
    };
    const moved = JSON.stringify(inXyz).replaceAll('"xyz"', JSON.stringify(namespace));
    const lists = JSON.parse(moved) as typeof inXyz;
    server.answerBy((request) => {
      const kind = /\/([a-z]+)(\?|$)/.exec(request)?.[1] ?? "";
      if (kind === "version") return { status: 200 };
      const items = lists[kind];
      return items === undefined
        ? { status: 404, headers: { "audit-id": "x" } }
        : { status: 200, body: { items } };
    });
    const read = new ClusterReader(server.kubeconfig);
    const [found, peerAuthentications, destinationRules] = await Promise.all([
      read.read((client) => readServices(client, rules)),
      read.read(readPeerAuthentications),
      read.read(readDestinationRules),
    ]);
    const { offers, warnings } = exportServices(
      {
        ...valueOf(found),
        peerAuthentications: valueOf(peerAuthentications),
        destinationRules: valueOf(destinationRules),
      },
      rules,
      cluster,
      {},
      [],
    );
    return { offers, warnings };
  }

  /** Returns the result as the table states it. */
  async function resultOf(objects: Objects): Promise<string> {
    const { namespace = "xyz" } = objects;
    const { offers, warnings } = await outcome(objects, [
      { ...byName[0], namespaces: [namespace], gateway: objects.gateway },
    ]);
    const ports = (objects.spec?.["ports"] as unknown[] | undefined)?.length ?? 1;
    const expected = BAR_HOST.replace("xyz", namespace);
    const exported = offers.find(({ host }) => host === expected)?.ports.length;
    if (exported === undefined)
      return warnings.length > 0 ? "not exported" : "not exported, without a warning";
    if (exported < ports)
      return warnings.length > 0 ? "port not exported" : "port not exported, without a warning";
    return warnings.length > 0 ? "a warning" : "exported";
  }

  it("has the rows of this test, and no others", () => {
    assert.deepEqual(
      tableRows()
        .map(([row]) => row)
        .sort(),
      Object.keys(CASES).sort(),
    );
  });

  for (const [row, result] of tableRows()) {
    it(`states what becomes of ${row}`, async () => {
      const cases = CASES[row] ?? assert.fail("no case");
      for (const objects of cases) assert.equal(await resultOf(objects), result, JSON.stringify(objects));
    });
  }

  it("lists EndpointSlices for annotated Services without a selector only", async () => {
    await outcome({});
    const unneeded = server.requests.filter((request) => /endpointslices|sidecars/.test(request));
    assert.deepEqual(unneeded, []);
    await outcome(annotated([]));
    assert.deepEqual(
      server.requests.filter((request) => request.includes("endpointslices")).map(decodeURIComponent),
      [
        "GET /apis/discovery.k8s.io/v1/namespaces/xyz/endpointslices?limit=500&labelSelector=kubernetes.io/service-name+in+(bar),!multicluster.kubernetes.io/service-name",
      ],
    );
  });

  it("folds all workloads of a Service into one warning for each cause", async () => {
    const bypass = { annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "8080,9090" } };
    const { warnings } = await outcome({ ...withPort({}), pods: [bypass, bypass, {}, PLAIN] });
    assert.deepEqual(
      warnings.map(({ path, value, rule }) => [path, value, rule]),
      [
        [
          "Service xyz/bar.ports",
          ["http", "second"],
          `reach(es) 2 of 4 workload(s) past the sidecar (${TRAFFIC}/excludeInboundPorts: "8080,9090"), where neither mutual TLS nor policies hold, so the Service is not exported`,
        ],
      ],
    );
  });

  it("exports no port beside one that passes the sidecar, unless under an alias or by a terminating gateway", async () => {
    const bypass = { annotations: { [`${TRAFFIC}/excludeInboundPorts`]: "9090" } };
    const objects = { ...withPort({}), pods: [bypass] };
    const portsBy = async (rule: ExportRule) => {
      const { offers, warnings } = await outcome(objects, [{ ...byName[0], ...rule }]);
      return [offers.flatMap(({ ports }) => ports.map(({ name }) => name)), warnings.length];
    };
    assert.deepEqual(await portsBy({}), [[], 1]);
    assert.deepEqual(await portsBy({ ports: ["http"] }), [[], 1]);
    assert.deepEqual(await portsBy({ as: "bar.cluster-b.local" }), [["http"], 1]);
    assert.deepEqual(await portsBy({ gateway: "terminating" }), [["http"], 1]);
    assert.deepEqual(await portsBy({ gateway: "terminating", ports: ["http"] }), [["http"], 0]);
  });

  it("names Pod Security where it keeps sidecars away", async () => {
    const namespaceLabels = { "pod-security.kubernetes.io/enforce": "restricted" };
    for (const pods of [[PLAIN], [{}, PLAIN], []]) {
      const { warnings } = await outcome({ namespaceLabels, pods });
      assert.match(
        warnings.map(({ remedy }) => remedy).join("\n"),
        /pod-security.kubernetes.io\/enforce: restricted refuses Pods with Istio's init container: install Istio's CNI plugin/,
      );
    }
    assert.doesNotMatch(
      (await outcome({ pods: [PLAIN] })).warnings.map(({ remedy }) => remedy).join("\n"),
      /pod-security/,
    );
  });

  it("takes a namespace in ambient mode that injects sidecars too for one whose Pods get them", async () => {
    const namespaceLabels = { "istio.io/dataplane-mode": "ambient", "istio-injection": "enabled" };
    assert.equal(await resultOf({ namespaceLabels, pods: [PLAIN] }), "a warning");
    assert.equal(await resultOf({ namespaceLabels }), "exported");
  });
});
