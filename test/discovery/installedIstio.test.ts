import assert from "node:assert/strict";
import { meshSettings } from "../../federation/existing/meshSettings.ts";
import { type Answer, FORBIDDEN, fakeApiServer, listOf } from "../providers/support/fakeApiServer.ts";
import { ROOT_A } from "../federation/samples.ts";
import { readObjects } from "./installedObjects.ts";

const SYSTEM = "/api/v1/namespaces/istio-system";

/** Deployment of istiod as Istio's chart renders it. */
const deployment = (
  revision: string,
  changes: { labels?: object; replicas?: number; image?: string } = {},
) => ({
  metadata: {
    name: revision === "default" ? "istiod" : `istiod-${revision}`,
    namespace: "istio-system",
    labels: { app: "istiod", "istio.io/rev": revision, ...changes.labels },
  },
  spec: {
    replicas: changes.replicas ?? 1,
    template: {
      spec: {
        containers: [
          { name: "sidecar", image: "x:1" },
          {
            name: "discovery",
            image: changes.image ?? "docker.io/istio/pilot:1.31.1",
            args: ["discovery", "--domain", "cluster-a.local"],
            env: [
              { name: "REVISION", value: revision },
              { name: "SHARED_MESH_CONFIG", value: "istio-federation" },
              { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            ],
          },
        ],
      },
    },
  },
});

const configMap = (name: string, data: Record<string, string>) => ({
  metadata: { name, namespace: "istio-system", labels: { owner: "x" } },
  data,
});

const pod = (name: string, env: object[], place: "containers" | "initContainers" = "containers") => ({
  metadata: { namespace: "abc", name, labels: { "security.istio.io/tlsMode": "istio" } },
  spec: { [place]: [{ name: "istio-proxy", env }] },
});

const ALL = [
  { name: "PROXY_CONFIG_XDS_AGENT", value: "true" },
  { name: "ISTIO_META_DNS_CAPTURE", value: "true" },
];

const NETWORK = "topology.istio.io/network";
const NO_TRANSLATION = "experimental.istio.io/disable-gateway-port-translation";

describe("The reading of an installed Istio", () => {
  const server = fakeApiServer();

  const read = (objects: Record<string, object>, lists: Record<string, Answer> = {}) =>
    readObjects(server, objects, lists);

  it("has each revision with its own ConfigMaps, and the settings that follow", async () => {
    const mesh =
      "trustDomain: cluster-a.mesh\ndefaultConfig:\n  proxyMetadata:\n    ISTIO_META_DNS_CAPTURE: true\n";
    const found = await read(
      {
        [`${SYSTEM}/configmaps/istio`]: configMap("istio", { mesh }),
        [`${SYSTEM}/configmaps/istio-canary`]: configMap("istio-canary", { mesh: "trust_domain: b.mesh" }),
        [`${SYSTEM}/configmaps/istio-sidecar-injector-canary`]: configMap("istio-sidecar-injector-canary", {
          values: JSON.stringify({ global: { network: "west" } }),
        }),
        [`${SYSTEM}/configmaps/istio-ca-root-cert`]: configMap("istio-ca-root-cert", {
          "root-cert.pem": ROOT_A,
        }),
        [`${SYSTEM}/configmaps/istio-federation`]: configMap("istio-federation", {}),
      },
      {
        deployments: listOf([
          deployment("default", { labels: { "app.kubernetes.io/managed-by": "Helm" } }),
          deployment("canary", { image: "pilot:latest", labels: { "app.kubernetes.io/version": "1.30.2" } }),
          deployment("gone", { replicas: 0 }),
        ]),
      },
    );
    const [canary, usual] = found.controlPlanes.toSorted((one, other) =>
      one.revision < other.revision ? -1 : 1,
    );
    assert.equal(found.controlPlanes.length, 2);
    assert.deepEqual([usual?.version, canary?.version], ["1.31.1", "1.30.2"]);
    assert.deepEqual([usual?.owner.tool, canary?.owner.tool], ["helm", "unknown"]);
    assert.deepEqual(usual?.environment, { REVISION: "default", SHARED_MESH_CONFIG: "istio-federation" });
    const [one, other] = [meshSettings(usual), meshSettings(canary!)];
    assert.deepEqual(
      [one?.trustDomain, one?.clusterDomain, one?.network],
      ["cluster-a.mesh", "cluster-a.local", ""],
    );
    assert.deepEqual(one?.defaultConfig.proxyMetadata, { ISTIO_META_DNS_CAPTURE: "true" });
    assert.deepEqual([other?.trustDomain, other?.network], ["b.mesh", "west"]);
    assert.equal(found.rootCertificates, ROOT_A);
    assert.deepEqual(found.sharedMeshConfigs, { "istio-federation": { labels: { owner: "x" } } });
  });

  it("has Istio's defaults without ConfigMaps, and the text of a mesh config that is no YAML", async () => {
    const lists = { deployments: listOf([deployment("default", { image: "pilot@sha256:ab" })]) };
    const [bare] = (await read({}, lists)).controlPlanes;
    assert.equal(bare?.version, undefined);
    assert.equal(meshSettings(bare!)?.trustDomain, "cluster.local");
    const broken = configMap("istio", { mesh: "a: b: c" });
    const [wrong] = (await read({ [`${SYSTEM}/configmaps/istio`]: broken }, lists)).controlPlanes;
    assert.equal(meshSettings(wrong!), undefined);
  });

  it("has the revisions and tags that inject, and ProxyConfigs without a selector", async () => {
    const webhook = (labels: object) => ({ metadata: { name: "x", labels } });
    const proxyConfig = (name: string, spec: object) => ({ metadata: { namespace: "abc", name }, spec });
    const found = await read(
      {},
      {
        mutatingwebhookconfigurations: listOf([
          webhook({ "istio.io/rev": "canary" }),
          webhook({ "istio.io/rev": "canary", "istio.io/tag": "stable" }),
        ]),
        proxyconfigs: listOf([
          proxyConfig("all", { environmentVariables: { A: "b" } }),
          proxyConfig("one", { selector: { matchLabels: { app: "foo" } } }),
        ]),
      },
    );
    assert.deepEqual(found.injectors, [
      { revision: "canary", tag: undefined },
      { revision: "canary", tag: "stable" },
    ]);
    assert.deepEqual(
      found.proxyConfigs.map(({ name, environment }) => [name, environment]),
      [["all", { A: "b" }]],
    );
  });

  it("has the Pods whose proxies lack a variable, native sidecars among them", async () => {
    const { proxies } = await read(
      {},
      {
        pods: listOf([
          pod("old", []),
          pod("half", ALL.slice(0, 1)),
          pod("new", ALL),
          pod("native", ALL, "initContainers"),
          { ...pod("done", []), status: { phase: "Succeeded" } },
        ]),
      },
    );
    assert.deepEqual(
      proxies.map(({ name, variables }) => [name, variables]),
      [
        ["old", []],
        ["half", ["PROXY_CONFIG_XDS_AGENT"]],
      ],
    );
  });

  it("has the Sidecars without a selector, and needs no right to them", async () => {
    const sidecar = (name: string, spec: object) => ({ metadata: { namespace: "abc", name }, spec });
    const sidecars = listOf([
      sidecar("default", { egress: [{ hosts: ["./*"] }, { hosts: ["istio-system/*"] }] }),
      sidecar("one", { workloadSelector: { labels: { app: "foo" } }, egress: [{ hosts: ["./*"] }] }),
      sidecar("open", {}),
    ]);
    assert.deepEqual((await read({}, { sidecars })).sidecars, [
      { namespace: "abc", name: "default", hosts: ["./*", "istio-system/*"] },
      { namespace: "abc", name: "open", hosts: [] },
    ]);
    assert.equal((await read({}, { sidecars: FORBIDDEN })).sidecars, undefined);
  });

  it("is of istiod's namespace, whatever its name", async () => {
    const labels = { [NETWORK]: "west" };
    const lists = {
      deployments: listOf([deployment("default")]),
      namespaces: listOf([{ metadata: { name: "mesh-system", labels } }]),
    };
    const found = await readObjects(server, {}, lists, { namespace: "mesh-system" });
    assert.deepEqual(
      [found.namespace, found.controlPlanes[0]?.namespace, found.network],
      ["mesh-system", "mesh-system", "west"],
    );
    assert.ok(!server.requests.some((request) => request.includes("istio-system")));
    const inSystem = server.requests.filter((request) => request.includes("/namespaces/mesh-system/"));
    assert.deepEqual(inSystem.map((request) => /mesh-system\/(.*?)(?:\?|$)/.exec(request)?.[1]).sort(), [
      "configmaps/istio",
      "configmaps/istio-ca-root-cert",
      "configmaps/istio-federation",
      "configmaps/istio-sidecar-injector",
      "deployments",
      "secrets",
    ]);
  });

  it("has the owner's gateway with all that decides what its Pods listen on, and asks for it only where the config names it", async () => {
    const existing = { namespace: "edge", selector: { istio: "eastwest" }, service: "eastwest" };
    const labels = { istio: "eastwest" };
    const ports = [{ port: 443, targetPort: "mtls", protocol: "TCP", nodePort: 31000 }];
    const [env, args] = [[{ name: "ISTIO_META_REQUESTED_NETWORK_VIEW", value: "west" }], ["proxy", "router"]];
    const container = { name: "istio-proxy", args, env, ports: [{ name: "mtls", containerPort: 15443 }] };
    const router = {
      metadata: { namespace: "edge", name: "eastwest-1", labels },
      spec: { containers: [container] },
    };
    const lists = {
      services: listOf([
        {
          metadata: { namespace: "edge", name: "eastwest" },
          spec: { type: "NodePort", selector: labels, ports },
        },
        { metadata: { namespace: "edge", name: "bare", labels: { [NO_TRANSLATION]: "" } } },
      ]),
      pods: listOf([
        router,
        {
          ...router,
          metadata: { ...router.metadata, name: "gone", deletionTimestamp: "2026-12-01T00:00:00Z" },
        },
        {
          metadata: { namespace: "edge", name: "plain" },
          spec: { serviceAccountName: "x", containers: [{}] },
        },
      ]),
      gateways: listOf([
        {
          metadata: { namespace: "x", name: "a", labels },
          spec: { servers: [{ port: { number: 15443 }, hosts: ["*"] }] },
        },
        { metadata: { namespace: "x", name: "b" }, spec: { selector: labels } },
      ]),
    };
    const { gateway } = await readObjects(server, {}, lists, { existing });
    const plain = { serviceAccount: "x", isRouter: false, environment: {}, ports: {} };
    const environment = { ISTIO_META_REQUESTED_NETWORK_VIEW: "west" };
    assert.deepEqual(gateway, {
      services: [
        { name: "eastwest", type: "NodePort", selector: labels, ports, externalIPs: [], isTranslating: true },
        { name: "bare", type: "ClusterIP", selector: {}, ports: [], externalIPs: [], isTranslating: false },
      ],
      pods: [
        {
          name: "eastwest-1",
          labels,
          serviceAccount: "default",
          isRouter: true,
          environment,
          ports: { mtls: 15443 },
        },
        { name: "plain", labels: {}, ...plain },
      ],
      objects: [
        { namespace: "x", name: "a", labels, selector: undefined, servers: [{ port: 15443, hosts: ["*"] }] },
        { namespace: "x", name: "b", labels: {}, selector: labels, servers: [] },
      ],
    });
    const inEdge = server.requests.filter((request) => request.includes("/namespaces/edge/"));
    assert.equal(inEdge.length, 2);
    assert.equal((await read({})).gateway, undefined);
    assert.ok(!server.requests.some((request) => /\/gateways|\/edge\//.test(request)));
  });

  it("needs no right to Secrets, and asks for their metadata alone", async () => {
    assert.equal((await read({}, { secrets: FORBIDDEN })).secrets, undefined);
    const secrets = listOf([{ metadata: { name: "cacerts" } }]);
    assert.deepEqual((await read({}, { secrets })).secrets, ["cacerts"]);
    assert.ok(!server.requests.some((request) => /secrets\/[^?]/.test(request)));
  });
});
