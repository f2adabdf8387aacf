import assert from "node:assert/strict";
import type { ExportRule } from "../../federation/config/exports.ts";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readServices } from "../../discovery/services.ts";
import { CAPTURES_ALL } from "../../federation/exports/inboundCapture.ts";
import type { FoundServices } from "../../federation/exports/clusterServices.ts";
import { fakeApiServer } from "../providers/support/fakeApiServer.ts";
import { valueOf } from "./support.ts";

const CREATED = "2026-11-21T10:00:00Z";
const service = (namespace: string, name: string, labels = {}) => ({
  metadata: { namespace, name, labels },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "web" }] },
});

describe("readServices", () => {
  const server = fakeApiServer();
  /** Items of each kind's list, by plural; other kinds are not installed in the cluster. */
  let objects: Record<string, unknown[]>;

  beforeEach(() => {
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

  async function read(rules: ExportRule[]): Promise<FoundServices> {
    return valueOf(await new ClusterReader(server.kubeconfig).read((client) => readServices(client, rules)));
  }

  /** Returns the list requests of one kind, as namespace and label selector. */
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
      "lists the Services of a rule's namespaces",
      [{ namespaces: ["abc", "xyz"], services: ["b*"] }],
      ["abc", "xyz"],
    ],
    ["lists none for an empty selector", [{ selector: {} }], []],
    [
      "lists those with a rule's labels",
      [{ selector: { a: "b", c: "d" } }],
      ["* a=b,c=d,!istio-federation.dev/peer"],
    ],
    [
      "lists those with a rule's labels in the rule's namespaces",
      [{ namespaces: ["xyz"], selector: { a: "b" } }],
      ["xyz a=b"],
    ],
    [
      "lists all for a rule with names and no namespace",
      [{ services: ["bar"], selector: { a: "b" } }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "lists all for namespaces with '*'",
      [{ namespaces: ["xyz", "a*"], services: ["bar"] }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "lists all for namespaces by their labels",
      [{ namespaceSelector: { a: "b" }, services: ["bar"] }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "sends each list request once",
      [
        { namespaces: ["xyz"], services: ["a"] },
        { namespaces: ["xyz"], services: ["b"] },
      ],
      ["xyz"],
    ],
    [
      "sends no list request that another one covers",
      [
        { namespaces: ["xyz"], services: ["a"] },
        { namespaces: ["xyz"], selector: { a: "b" } },
      ],
      ["xyz"],
    ],
    [
      "sends no list request beside the one for all",
      [{ services: ["*"] }, { namespaces: ["xyz"], services: ["a"] }, { selector: { a: "b" } }],
      ["* !istio-federation.dev/peer"],
    ],
    [
      "lists the namespace of imports only where a rule names it, for a warning",
      [{ services: ["*"] }, { namespaces: ["istio-federation"], services: ["bar-xyz-b"] }],
      ["* !istio-federation.dev/peer", "istio-federation"],
    ],
  ] as [string, ExportRule[], string[]][]) {
    it(what, async () => {
      await read(rules);
      assert.deepEqual(asked("services"), lists);
    });
  }

  it("returns only Services that a rule matches, and lists workloads only then", async () => {
    const { services, namespaces } = await read([{ namespaces: ["x*"], services: ["bar"] }]);
    assert.deepEqual(
      services.map(({ namespace, name, ports }) => [namespace, name, ports[0]?.targetPort]),
      [["xyz", "bar", "web"]],
    );
    assert.deepEqual(asked("pods"), ["xyz"]);
    assert.deepEqual(namespaces, { xyz: { team: "pay" }, abc: {} });
  });

  it("returns each Service once though several lists have it", async () => {
    const { services } = await read([{ selector: { a: "b" } }, { namespaces: ["abc"], services: ["*"] }]);
    assert.deepEqual(
      services.map(({ namespace, name }) => `${namespace}/${name}`),
      ["abc/foo"],
    );
  });

  it("matches by namespace labels", async () => {
    const { services } = await read([{ namespaceSelector: { team: "pay" }, services: ["foo"] }]);
    assert.deepEqual(
      services.map(({ namespace }) => namespace),
      ["xyz"],
    );
  });

  it("returns readiness and named ports of Pods", async () => {
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
    const { workloads } = await read([{ services: ["bar"] }]);
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

  it("returns health and Istio's labels of WorkloadEntries", async () => {
    const entry = (status: object, spec: object = {}) => ({
      metadata: { namespace: "xyz", name: "vm", labels: { app: "bar" } },
      spec: { address: "192.0.2.1", labels: { app: "x", version: "v1" }, ...spec },
      status,
    });
    objects["workloadentries"] = [
      entry({}, { serviceAccount: "vm", ports: { http: 8080 } }),
      entry({ conditions: [{ type: "Healthy", status: "False" }] }),
    ];
    const { workloads } = await read([{ services: ["bar"] }]);
    const common = {
      kind: "WorkloadEntry",
      namespace: "xyz",
      name: "vm",
      addresses: [],
      labels: { app: "bar", version: "v1" },
      hostNetwork: false,
      inject: undefined,
      capture: CAPTURES_ALL,
    };
    assert.deepEqual(workloads, [
      { ...common, serviceAccount: "vm", ready: true, ports: { http: 8080 } },
      { ...common, serviceAccount: "", ready: false, ports: {} },
    ]);
  });

  it("returns no WorkloadEntries where Istio's CRDs are not installed", async () => {
    assert.deepEqual((await read([{ services: ["bar"] }])).workloads, []);
    assert.ok(server.requests.some((request) => request.includes("/workloadentries?")));
  });
});
