import assert from "node:assert/strict";
import type { ExportRule } from "../../federation/config/exports.ts";
import { discoverServices } from "../../discovery/exportedServices.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import type { ClusterServices } from "../../federation/exports/clusterServices.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";

const CREATED = "2026-11-21T10:00:00Z";
const service = (namespace: string, name: string, labels = {}) => ({
  metadata: { namespace, name, labels },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "web" }] },
});

describe("What the export rules need of a cluster", () => {
  let server: FakeApiServer;
  /** What each kind's list gives, by its name in the URL; what is not there is a kind that the cluster does not know. */
  let objects: Record<string, unknown[]>;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    objects = {
      services: [service("xyz", "bar"), service("xyz", "foo"), service("abc", "foo", { a: "b" })],
      pods: [],
      namespaces: [{ metadata: { name: "xyz", labels: { team: "pay" } } }, { metadata: { name: "abc" } }],
    };
    server.answerBy((request) => {
      const kind = /\/([a-z]+)(\?|$)/.exec(request)?.[1] ?? "";
      if (kind === "version") return { status: 200 };
      const items = objects[kind];
      const unknown = { status: 404, headers: { "audit-id": "x" } };
      return items === undefined ? unknown : { status: 200, body: { items } };
    });
  });

  afterEach(() => {
    server.stop();
  });

  async function discover(rules: ExportRule[]): Promise<ClusterServices> {
    const found = await discoverServices(new SurveyedCluster(server.kubeconfig), rules);
    assert.ok(!("unreachable" in found), JSON.stringify(found));
    return found;
  }

  /** What was asked of one kind, as namespace and label selector. */
  function asked(kind: string): string[] {
    return server.requests
      .filter((request) => new RegExp(`/${kind}\\?`).test(request))
      .map((request) => {
        const url = new URL(request.replace("GET ", "http://x"));
        const namespace = /namespaces\/([^/]+)\//.exec(url.pathname)?.[1] ?? "*";
        return `${namespace} ${url.searchParams.get("labelSelector") ?? ""}`.trim();
      })
      .sort();
  }

  for (const [what, rules, lists] of [
    [
      "the Services of the namespaces that are named",
      [{ namespaces: ["abc", "xyz"], services: ["b*"] }],
      ["abc", "xyz"],
    ],
    ["none for an empty selector", [{ selector: {} }], []],
    [
      "those with a rule's labels",
      [{ selector: { a: "b", c: "d" } }],
      ["* a=b,c=d,!istio-federation.dev/peer"],
    ],
    ["those with its labels in its namespaces", [{ namespaces: ["xyz"], selector: { a: "b" } }], ["xyz a=b"]],
    [
      "all for a rule with names and no namespace",
      [{ services: ["bar"], selector: { a: "b" } }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "all for namespaces with '*'",
      [{ namespaces: ["xyz", "a*"], services: ["bar"] }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "all for namespaces by their labels",
      [{ namespaceSelector: { a: "b" }, services: ["bar"] }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "each list once",
      [
        { namespaces: ["xyz"], services: ["a"] },
        { namespaces: ["xyz"], services: ["b"] },
      ],
      ["xyz"],
    ],
    [
      "no list that another one holds",
      [
        { namespaces: ["xyz"], services: ["a"] },
        { namespaces: ["xyz"], selector: { a: "b" } },
      ],
      ["xyz"],
    ],
    [
      "no list beside that of all",
      [{ services: ["*"] }, { namespaces: ["xyz"], services: ["a"] }, { selector: { a: "b" } }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "all of the namespace of imports only where a rule names that, for a warning",
      [{ services: ["*"] }, { namespaces: ["istio-federation"], services: ["bar-xyz-b"] }],
      ["* !istio-federation.dev/peer", "istio-federation"],
    ],
  ] as [string, ExportRule[], string[]][]) {
    it(`is ${what}`, async () => {
      await discover(rules);
      assert.deepEqual(asked("services"), lists);
    });
  }

  it("is no Service that no rule means, and the workloads beside those that one does", async () => {
    const { services, namespaces } = await discover([{ namespaces: ["x*"], services: ["bar"] }]);
    assert.deepEqual(
      services.map(({ namespace, name, ports }) => [namespace, name, ports[0]?.targetPort]),
      [["xyz", "bar", "web"]],
    );
    assert.deepEqual(asked("pods"), ["xyz"]);
    assert.deepEqual(namespaces, { xyz: { team: "pay" }, abc: {} });
  });

  it("is each Service once, though several lists have it", async () => {
    const { services } = await discover([{ selector: { a: "b" } }, { namespaces: ["abc"], services: ["*"] }]);
    assert.deepEqual(
      services.map(({ namespace, name }) => `${namespace}/${name}`),
      ["abc/foo"],
    );
  });

  it("goes by the labels of namespaces", async () => {
    const { services } = await discover([{ namespaceSelector: { team: "pay" }, services: ["foo"] }]);
    assert.deepEqual(
      services.map(({ namespace }) => namespace),
      ["xyz"],
    );
  });

  it("is whether Pods are ready, and their named ports", async () => {
    const ready = { conditions: [{ type: "Ready", status: "True" }] };
    const pod = (name: string, changes: object = {}, metadata: object = {}) => ({
      metadata: { namespace: "xyz", name, ...metadata },
      spec: {
        containers: [
          { ports: [{ name: "web", containerPort: 1 }, { containerPort: 2 }] },
          {
            ports: [
              { name: "web", containerPort: 3 },
              { name: "dns", containerPort: 4, protocol: "UDP" },
            ],
          },
        ],
        initContainers: [
          { restartPolicy: "Always", ports: [{ name: "proxy", containerPort: 5 }] },
          { ports: [{ name: "once", containerPort: 6 }] },
        ],
      },
      ...changes,
    });
    objects["pods"] = [
      pod("a", { status: ready }),
      pod("b"),
      pod("c", { status: { conditions: [{ type: "Ready", status: "False" }] } }),
      pod("d", { status: ready }, { deletionTimestamp: CREATED }),
      pod("e", { status: { phase: "Succeeded" } }),
      pod("f", { status: { phase: "Failed" } }),
    ];
    const { workloads } = await discover([{ services: ["bar"] }]);
    assert.deepEqual(
      workloads.map(({ kind, ready: isReady }) => [kind, isReady]),
      [
        ["Pod", true],
        ["Pod", false],
        ["Pod", false],
        ["Pod", false],
      ],
    );
    assert.deepEqual(workloads[0]?.ports, { web: 1, proxy: 5 });
    assert.equal(workloads[0].serviceAccount, "default");
  });

  it("is whether WorkloadEntries are healthy, with the labels that Istio sees", async () => {
    const entry = (status: object, spec: object = {}) => ({
      metadata: { namespace: "xyz", name: "vm", labels: { app: "bar" } },
      spec: { address: "192.0.2.1", labels: { app: "x", version: "v1" }, ...spec },
      status,
    });
    objects["workloadentries"] = [
      entry({}, { serviceAccount: "vm", ports: { http: 8080 } }),
      entry({ conditions: [{ type: "Healthy", status: "False" }] }),
    ];
    const { workloads } = await discover([{ services: ["bar"] }]);
    const common = { kind: "WorkloadEntry", namespace: "xyz", labels: { app: "bar", version: "v1" } };
    assert.deepEqual(workloads, [
      { ...common, serviceAccount: "vm", ready: true, ports: { http: 8080 } },
      { ...common, serviceAccount: "", ready: false, ports: {} },
    ]);
  });

  it("is what PeerAuthentications say", async () => {
    const metadata = { namespace: "xyz", name: "bar", creationTimestamp: CREATED };
    objects["peerauthentications"] = [
      {
        metadata,
        spec: {
          selector: { matchLabels: { app: "bar" } },
          mtls: { mode: "STRICT" },
          portLevelMtls: { 8080: { mode: "DISABLE" }, 9090: { mode: "UNSET" }, 1: {} },
        },
      },
      { metadata, spec: { mtls: { mode: "UNSET" } } },
      { metadata },
    ];
    const { peerAuthentications } = await discover([{ services: ["bar"] }]);
    const common = { namespace: "xyz", name: "bar", created: CREATED };
    assert.deepEqual(peerAuthentications, [
      {
        ...common,
        selector: { app: "bar" },
        mode: "STRICT",
        ports: { 1: {}, 8080: { mode: "DISABLE" }, 9090: {} },
      },
      { ...common, selector: {}, ports: {} },
      { ...common, selector: {}, ports: {} },
    ]);
  });

  it("is what other people's DestinationRules say of TLS", async () => {
    const metadata = { namespace: "xyz", name: "bar", creationTimestamp: CREATED };
    const tls = { mode: "SIMPLE" };
    objects["destinationrules"] = [
      {
        metadata,
        spec: {
          host: "bar",
          exportTo: ["."],
          trafficPolicy: {
            tls: {},
            portLevelSettings: [{ port: { number: 80 }, tls }, { port: { number: 81 } }, { tls }],
          },
        },
      },
      { metadata, spec: { host: "bar", trafficPolicy: { loadBalancer: {} } } },
      { metadata, spec: { host: "bar" } },
      { metadata, spec: { host: "bar", workloadSelector: {}, trafficPolicy: { tls } } },
      { metadata },
    ];
    const { destinationRules } = await discover([{ services: ["bar"] }]);
    const common = { namespace: "xyz", name: "bar", created: CREATED, host: "bar" };
    assert.deepEqual(destinationRules, [
      { ...common, exportTo: ["."], policy: { mode: "DISABLE", ports: { 80: "SIMPLE" } } },
      { ...common, exportTo: [], policy: { ports: {} } },
      { ...common, exportTo: [] },
    ]);
    assert.deepEqual(asked("destinationrules"), ["* app.kubernetes.io/managed-by!=istio-federation"]);
  });

  it("is nothing of Istio's kinds where there are none", async () => {
    const { workloads, peerAuthentications, destinationRules } = await discover([{ services: ["bar"] }]);
    assert.deepEqual([workloads, peerAuthentications, destinationRules], [[], [], []]);
  });
});
