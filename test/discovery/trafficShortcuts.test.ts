import assert from "node:assert/strict";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readTraffic } from "../../discovery/traffic.ts";
import { plainImport } from "../../federation/imports/import.ts";
import type { TrafficReadings } from "../../federation/traffic/trafficTargets.ts";
import { clusterPlanOf, faultsIn } from "../federation/planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import { service } from "../federation/traffic/trafficCase.ts";
import { NOT_FOUND, fakeApiServer, listOf } from "../providers/support/fakeApiServer.ts";
import { valueOf } from "./support.ts";

const BERLIN = "stock.shop.svc.berlin.local";
const OTHER = "other.shop.svc.berlin.local";
const ENTRIES = "/apis/networking.istio.io/v1/namespaces/istio-federation/serviceentries";
const IDENTITY = "spiffe://berlin.local/ns/shop/sa/default";
const PORTS = [{ number: 8080, name: "http", protocol: "HTTP" as const }];

const metadata = (name: string, annotations = {}) => ({
  ...{ name, namespace: "istio-federation", annotations },
  labels: { "istio-federation.dev/peer": "berlin" },
});

describe("The canaries of a stack", () => {
  const server = fakeApiServer();
  const config = validConfig(
    {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      peers: { berlin: { stack: "berlin" } },
      traffic: { canaries: [{ host: "stock.shop", to: BERLIN, percent: 20 }] },
    },
    "cluster-a",
  );
  const registered = {
    host: BERLIN,
    peer: "berlin",
    service: plainImport({ ports: PORTS, subjectAltNames: [IDENTITY], terminated: true }),
    exportTo: ["web"],
  };

  it("read the registered services of their hosts, and of no others", async () => {
    const spec = {
      ports: [{ ...PORTS[0], targetPort: 15443 }],
      subjectAltNames: [IDENTITY],
      exportTo: ["web"],
    };
    const annotations = { "istio-federation.dev/terminated": "true" };
    server.answerBy((request) => {
      if (request.startsWith(`GET ${ENTRIES}?`))
        return listOf([{ metadata: metadata(OTHER) }, { metadata: metadata(BERLIN) }]);
      if (request === `GET ${ENTRIES}/${BERLIN}`)
        return { status: 200, body: { metadata: metadata(BERLIN, annotations), spec } };
      return request.endsWith("/version") ? { status: 200 } : request.includes("?") ? listOf([]) : NOT_FOUND;
    });
    const read = await readTraffic(new ClusterReader(server.kubeconfig), config);
    assert.deepEqual(valueOf(read?.registered ?? assert.fail("not read")), [
      { host: OTHER, peer: "berlin", service: undefined, exportTo: ["*"] },
      registered,
    ]);
  });

  const readings: TrafficReadings = {
    declared: { value: { objects: [], declared: [], faults: [] } },
    crds: { value: [] },
    services: { value: { services: [service("stock", "shop", "http:8080")], workloads: [], namespaces: {} } },
    secrets: { value: {} },
    foreign: { value: [] },
    applied: { value: [] },
    registered: { value: [registered] },
  };
  const planned = (changes: Partial<TrafficReadings> = {}) => {
    const pending = { berlin: { pending: "stack berlin does not exist" } };
    return clusterPlanOf(config, { peers: pending, snapshot: { traffic: { ...readings, ...changes } } });
  };

  it("stay as they are while the peer is not ready", () => {
    const { plan, notes, warnings } = planned();
    const [canary] = plan.traffic.objects;
    const port = { number: 8080 };
    assert.deepEqual(canary?.spec, {
      hosts: ["stock.shop.svc.cluster-a.local"],
      http: [
        {
          match: [{ port: 8080 }],
          route: [
            { destination: { host: "stock.shop.svc.cluster-a.local", port }, weight: 80 },
            {
              destination: { host: BERLIN, port },
              weight: 20,
              headers: { request: { set: { Host: BERLIN } } },
            },
          ],
        },
      ],
      exportTo: ["web"],
    });
    assert.ok(notes.some((note) => note.startsWith("traffic.canaries: nothing fails over")));
    assert.ok(
      warnings.some((warning) => warning.startsWith("traffic.canaries[0]: VirtualService shop/stock-canary")),
    );
  });

  it("are a fault beside an object of the same name", () => {
    const [object] = planned().plan.traffic.objects;
    assert.ok(object);
    const own = { ...object, source: "traffic.yaml", spec: { hosts: ["a"] } };
    const declared = { value: { objects: [own], declared: [], faults: [] } };
    assert.deepEqual(
      faultsIn(() => planned({ declared })).map(({ path, rule }) => `${path} ${rule}`),
      ["traffic.canaries[0]: VirtualService shop/stock-canary is declared in traffic.yaml too"],
    );
  });

  it("are a fault for a user who may not read Services", () => {
    const services = {
      forbidden: "list services",
      fault: { path: "kubeconfig.context", rule: "may not list services", remedy: "Allow it" },
    };
    assert.deepEqual(
      faultsIn(() => planned({ services })).map(({ rule }) => rule),
      ["may not list services"],
    );
  });

  it("are missing in a preview while the cluster does not answer, with a warning", () => {
    const { plan, warnings } = planned({ services: { unreachable: "no answer" } });
    assert.deepEqual(plan.traffic.objects, []);
    assert.ok(
      warnings.some((warning) => warning.startsWith("traffic.canaries: the cluster does not answer")),
    );
  });
});

describe("The ingress and the egress of a stack", () => {
  const server = fakeApiServer();
  const sections = {
    ingress: {
      namespace: "shop",
      hosts: ["shop.example.com"],
      credentialName: "shop-tls",
      routes: [{ to: "web" }],
    },
    egress: { hosts: ["a.example.com"] },
  };
  const read = async (traffic: object) => {
    server.answerBy((request) =>
      request.endsWith("/version") ? { status: 200 } : request.includes("?") ? listOf([]) : NOT_FOUND,
    );
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, traffic }, "cluster-a");
    return readTraffic(new ClusterReader(server.kubeconfig), config);
  };

  it("are objects like those of files, with the Secrets that they name", async () => {
    const readings = await read(sections);
    const { objects, declared, faults } = valueOf(readings?.declared ?? assert.fail("not read"));
    assert.deepEqual(faults, []);
    assert.deepEqual(
      objects.map(({ kind, namespace, name, source }) => `${source}: ${kind} ${namespace}/${name}`),
      [
        "traffic.egress: Gateway istio-system/egress",
        "traffic.ingress: Gateway shop/ingress",
        "traffic.egress: ServiceEntry istio-system/egress",
        "traffic.egress: VirtualService istio-system/egress",
        "traffic.ingress: VirtualService shop/ingress",
      ],
    );
    assert.equal(declared.length, objects.length);
    assert.ok(server.requests.includes("GET /api/v1/namespaces/shop/secrets/shop-tls"));
  });

  it("are a fault beside an object of the same name", async () => {
    const own = {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { namespace: "shop", name: "ingress" },
    };
    const readings = await read({ ...sections, objects: [own] });
    const { faults } = valueOf(readings?.declared ?? assert.fail("not read"));
    assert.deepEqual(
      faults.map(({ path, rule }) => `${path} ${rule}`),
      ["traffic.ingress: Gateway shop/ingress is declared in traffic.objects[0] too"],
    );
  });

  for (const section of ["ingress", "egress"] as const)
    it(`are read with ${section} alone, and not without any`, async () => {
      assert.ok((await read({ [section]: sections[section] })) !== undefined);
      assert.equal(await read({ [section]: {} }), undefined);
    });
});
