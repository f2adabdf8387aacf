import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { UNOWNED } from "../federation/planContext.ts";
import { readSnapshot } from "../../discovery/snapshot.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import type { Reading, Snapshot } from "../../federation/snapshot.ts";
import { signed } from "../federation/signers.ts";
import { ROOT_A, contractOf, validConfig } from "../federation/samples.ts";
import {
  type Answer,
  FORBIDDEN,
  NOT_FOUND,
  TOKEN,
  fakeApiServer,
  listOf,
} from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";
import {
  OWN_STACK,
  type Stacks,
  faultsOf,
  plannedCluster,
  valueOf,
  withStacks,
  withoutNamespaces,
  isOfCharts,
} from "./support.ts";

const OF_OTHERS = "labelSelector=app.kubernetes.io%2Fmanaged-by%21%3Distio-federation";
const LABELS = { "app.kubernetes.io/managed-by": "istio-federation" };
const service = {
  metadata: { namespace: "abc", name: "foo" },
  spec: { selector: { app: "foo" }, ports: [{ name: "http", port: 9000 }] },
};
const pod = {
  metadata: { namespace: "abc", name: "foo-1", labels: { app: "foo", "security.istio.io/tlsMode": "istio" } },
  spec: { serviceAccountName: "foo" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

/** Config of cluster-a, with some of its sections replaced. */
function configOf(kubeconfig: unknown, changes: Record<string, unknown> = {}): StackConfig {
  const raw = {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig,
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "abc", service: "foo" }],
    peers: { "cluster-b": { stack: "o/p/b" } },
    ...changes,
  };
  return validConfig(raw, "cluster-a");
}

describe("A snapshot of a stack", () => {
  const server = fakeApiServer();

  /** @param lists answers by the kind's name in the URL. */
  async function read(
    changes: Record<string, unknown> = {},
    lists: Record<string, Answer> = {},
    stacks: Stacks = {},
  ): Promise<Snapshot> {
    server.answerBy((request) => {
      const kind = /\/([a-z]+)\?/.exec(request)?.[1] ?? "";
      return lists[kind] ?? withoutNamespaces(request) ?? listOf([]);
    });
    await withStacks(stacks);
    return readSnapshot(configOf(server.kubeconfig, changes));
  }

  /** Requests for one kind. */
  const asked = (kind: string) =>
    server.requests.filter((request) => request.includes(`/${kind}?`)).map(decodeURIComponent);

  it("holds the outputs of the stack and its peers and the cluster's objects, unvalidated", async () => {
    const own = { federation: "?" };
    const snapshot = await read(
      { peers: { "cluster-c": { stack: "o/p/c" }, "cluster-b": { stack: "o/p/b" } } },
      { services: listOf([service]), pods: listOf([pod]) },
      { [OWN_STACK]: own, "o/p/b": { federation: "!" } },
    );
    assert.equal(snapshot.stack, "cluster-a");
    assert.equal(snapshot.isPreview, false);
    assert.ok(Math.abs(Date.now() - snapshot.now.getTime()) < 60_000);
    assert.deepEqual(valueOf(snapshot.outputs), own);
    assert.deepEqual(Object.keys(snapshot.peers), ["cluster-b", "cluster-c"]);
    const reading = valueOf(snapshot.peers["cluster-b"] ?? { faults: [] });
    assert.equal("contract" in reading && reading.contract, "!");
    const { services, workloads } = valueOf(snapshot.cluster.services);
    assert.deepEqual(
      [services.map(({ name }) => name), workloads.map(({ serviceAccount }) => serviceAccount)],
      [["foo"], ["foo"]],
    );
    assert.deepEqual(
      [snapshot.sharedRoot, snapshot.provided, snapshot.mesh],
      [undefined, undefined, undefined],
    );
  });

  it("holds the objects of the stack that decide who is let in, and who edited them; none before its first update", async () => {
    const written = (manager: string, fields: object, subresource?: string) => ({
      ...{ manager, subresource },
      fieldsV1: { "f:spec": { ".": {}, ...fields } },
    });
    const managedFields = [
      written("pulumi-kubernetes-1a2b3c4d", { "f:action": {}, "f:rules": {} }),
      written("istio-federation", { "f:rules": {} }),
      written("argo", { "f:rules": {}, "f:selector": { "f:matchLabels": {} } }),
      written("kubectl-edit", { "f:rules": {} }),
      written("pilot-discovery", { "f:rules": {} }, "status"),
      { manager: "labeller", fieldsV1: { "f:metadata": {} } },
    ];
    const spec = { action: "DENY" };
    const identity = { namespace: "abc", name: "istio-federation-deny-foo", uid: "1", generation: 3 };
    const created = "2026-11-30T10:00:00Z";
    const metadata = { ...identity, creationTimestamp: created, managedFields };
    const lists = { authorizationpolicies: listOf([{ metadata, spec }]) };
    assert.deepEqual(valueOf((await read({}, lists)).cluster.ownObjects), []);
    const updated = { [OWN_STACK]: { federation: "?" } };
    const { cluster } = await read({}, lists, updated);
    const found = valueOf(cluster.ownObjects).filter(({ kind }) => kind === "AuthorizationPolicy");
    const editors = { rules: ["argo", "kubectl-edit"], selector: ["argo"] };
    assert.deepEqual(found, [{ kind: "AuthorizationPolicy", ...identity, created, spec, editors }]);
    assert.match(
      asked("serviceentries").join("\n"),
      /managed-by=istio-federation,!istio-federation.dev\/traffic,!istio-federation.dev\/peer$/m,
    );
  });

  describe("of a stack that serves its contract", () => {
    const publish = { host: "contracts.a.example", credentialName: "contracts" };
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const readSecret = async (data: object | undefined, outputs: object = {}) => {
      server.answerBy((request) => {
        if (request.includes("/namespaces/istio-publish/secrets/contracts"))
          return data === undefined
            ? NOT_FOUND
            : { status: 200, body: { metadata: { name: "contracts" }, data } };
        if (/\/namespaces\/istio-publish$/.test(request))
          return { status: 200, body: { metadata: { name: "istio-publish", labels: {} } } };
        return withoutNamespaces(request) ?? listOf([]);
      });
      await withStacks({ [OWN_STACK]: { federation: "?", ...outputs } });
      return (await readSnapshot(configOf(server.kubeconfig, { publish }))).cluster;
    };

    it("has the certificate of the Secret, by the keys that Istio reads, and never the private key", async () => {
      const key = base64("a private key");
      const table: [object | undefined, string | undefined][] = [
        [{ "tls.crt": base64("one"), "tls.key": key }, "one"],
        [{ cert: base64("two"), key, "tls.crt": base64("one"), "tls.key": key }, "two"],
        [{ "tls.crt": base64("one"), "tls.key": "" }, undefined],
        [{ "tls.crt": base64("one") }, undefined],
        [{}, undefined],
      ];
      for (const [data, certificates] of table) {
        const cluster = await readSecret(data);
        assert.equal(valueOf(cluster.publishSecret)?.certificates, certificates);
        assert.ok(!JSON.stringify(cluster).includes("private key") && !JSON.stringify(cluster).includes(key));
      }
      assert.equal(valueOf((await readSecret(undefined)).publishSecret), undefined);
    });

    it("has the objects that the first update would create which serves it, also after other updates", async () => {
      const places = async (lastRun: object) =>
        valueOf((await readSecret(undefined, { lastRun })).existing).found.map(({ kind, name }) => [
          kind,
          name,
        ]);
      assert.deepEqual(await places({}), [
        ["Namespace", "istio-publish"],
        ["Service", "publishgateway"],
        ["Gateway", "publishgateway"],
        ["VirtualService", "contract"],
      ]);
      assert.deepEqual(await places({ publication: publish }), []);
    });
  });

  for (const [what, managers, editors] of [
    ["one Pulumi program", ["pulumi-kubernetes-1a2b3c4d"], {}],
    [
      "several Pulumi programs",
      ["pulumi-kubernetes-1a2b3c4d", "pulumi-kubernetes-0a0b0c0d"],
      { rules: ["pulumi-kubernetes-1a2b3c4d", "pulumi-kubernetes-0a0b0c0d"] },
    ],
    ["Pulumi without server-side apply", ["pulumi-kubernetes"], { rules: ["pulumi-kubernetes"] }],
  ] as const) {
    it(`holds as editors of an object that ${what} wrote to: ${JSON.stringify(editors)}`, async () => {
      const managedFields = managers.map((manager) => ({
        manager,
        fieldsV1: { "f:spec": { "f:rules": {} } },
      }));
      const lists = {
        authorizationpolicies: listOf([
          { metadata: { namespace: "abc", name: "foo", managedFields }, spec: {} },
        ]),
      };
      const { cluster } = await read({}, lists, { [OWN_STACK]: { federation: "?" } });
      const found = valueOf(cluster.ownObjects).filter(({ kind }) => kind === "AuthorizationPolicy");
      assert.deepEqual(found[0]?.editors, editors);
    });
  }

  it("holds policies and aliases of the last update whose label somebody changed", async () => {
    const spec = { selector: { matchLabels: {} }, action: "DENY", rules: [] };
    const policies = {
      "abc/foo": { namespace: "abc", name: "foo", spec },
      "abc/bar": { namespace: "abc", name: "bar", spec },
      "istio-gateway/istio-federation-gateway": {
        ...{ namespace: "istio-gateway", name: "istio-federation-gateway", spec },
      },
    };
    const aliasSpec = {
      ...{ hosts: ["foo.example"], location: "MESH_INTERNAL", resolution: "STATIC", ports: [] },
      ...{ workloadSelector: { labels: {} }, exportTo: ["."] },
    };
    const aliases = { "abc/foo": { namespace: "abc", service: "foo", spec: aliasSpec } };
    const object = (namespace: string, name: string) => ({ metadata: { namespace, name }, spec: {} });
    const answers: Record<string, Answer> = {
      "/authorizationpolicies?": listOf([object("abc", "bar")]),
      "/istio-gateway/authorizationpolicies?": listOf([
        object("istio-gateway", "istio-federation-gateway-1a2b3c4d"),
        object("istio-gateway", "of-others"),
      ]),
      "/abc/authorizationpolicies/foo": { status: 200, body: object("abc", "foo") },
      "/abc/serviceentries/istio-federation-as-foo": {
        status: 200,
        body: object("abc", "istio-federation-as-foo"),
      },
    };
    server.answerBy((request) => {
      const key = Object.keys(answers)
        .sort((one, other) => other.length - one.length)
        .find((part) => request.includes(part));
      if (key !== undefined) return answers[key] ?? NOT_FOUND;
      return request.includes("?") || request.endsWith("/version") ? listOf([]) : NOT_FOUND;
    });
    await withStacks({ [OWN_STACK]: { federation: "?", lastRun: { policies, aliases } } });
    const found = valueOf((await readSnapshot(configOf(server.kubeconfig))).cluster.ownObjects);
    assert.deepEqual(
      found.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`),
      [
        "AuthorizationPolicy abc/bar",
        "AuthorizationPolicy abc/foo",
        "AuthorizationPolicy istio-gateway/istio-federation-gateway-1a2b3c4d",
        "ServiceEntry abc/istio-federation-as-foo",
      ],
    );
    assert.ok(!server.requests.some((request) => request.includes("/authorizationpolicies/bar")));
  });

  it("sends only the requests that the config needs", async () => {
    await read({ exports: [], peers: {} });
    assert.deepEqual(server.requests.map(decodeURIComponent).sort(), [
      "GET /api/v1/namespaces/istio-federation",
      "GET /api/v1/namespaces/istio-federation/services?limit=500&labelSelector=app.kubernetes.io/managed-by=istio-federation,istio-federation.dev/peer",
      "GET /api/v1/namespaces/istio-gateway",
      "GET /api/v1/namespaces/istio-gateway/secrets?limit=500&labelSelector=owner=helm,name+in+(eastwestgateway)",
      "GET /api/v1/namespaces/istio-system",
      "GET /api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert",
      "GET /api/v1/namespaces/istio-system/secrets/cacerts",
      "GET /api/v1/namespaces/istio-system/secrets?limit=500&labelSelector=owner=helm,name+in+(istio-base,istiod)",
      "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector",
      "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-validator-istio-system",
      "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istiod-default-validator",
      "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=500",
      "GET /apis/apps/v1/namespaces/istio-system/deployments?limit=500&labelSelector=app=istiod",
      "GET /apis/networking.istio.io/v1/namespaces/istio-federation/destinationrules?limit=500&labelSelector=app.kubernetes.io/managed-by=istio-federation,istio-federation.dev/peer",
      "GET /apis/networking.istio.io/v1/namespaces/istio-federation/serviceentries?limit=500&labelSelector=app.kubernetes.io/managed-by=istio-federation,istio-federation.dev/peer",
      "GET /apis/networking.istio.io/v1/namespaces/istio-federation/virtualservices?limit=500&labelSelector=app.kubernetes.io/managed-by=istio-federation,istio-federation.dev/peer",
      "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istiod-clusterrole-istio-system",
      "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istiod-gateway-controller-istio-system",
      "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/istiod-clusterrole-istio-system",
      "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/istiod-gateway-controller-istio-system",
      "GET /version",
    ]);
  });

  describe("of Helm", () => {
    const release = (name: string) => ({
      metadata: { name, labels: { name, version: "1", status: "deployed" } },
    });
    const helmOf = async (releases: string[], found: Record<string, object>) => {
      server.answerBy((request) => {
        const [, name = ""] = /owner%3Dhelm%2Cname\+in\+%28(.*?)%29/.exec(request) ?? [];
        if (name !== "") {
          const inNamespace = releases.filter((each) => name.split("%2C").includes(each));
          return listOf(inNamespace.map(release));
        }
        const path = Object.keys(found).find((each) => request.endsWith(each));
        if (path !== undefined) return { status: 200, body: found[path] ?? {} };
        return request.includes("?") || request.endsWith("/version") ? listOf([]) : NOT_FOUND;
      });
      await withStacks({});
      const { cluster } = await readSnapshot(configOf(server.kubeconfig, { exports: [], peers: {} }));
      return valueOf(cluster.helm).unowned.map(({ kind, name, owner }) => [kind, name, owner?.name]);
    };
    const labels = { "app.kubernetes.io/managed-by": "Helm" };
    const annotations = (name: string) => ({
      "meta.helm.sh/release-name": name,
      "meta.helm.sh/release-namespace": "istio-system",
    });

    it("has objects of a missing release that are not marked as its own", async () => {
      const name = "istiod-clusterrole-istio-system";
      const found = {
        "/namespaces/istio-system": { metadata: { name: "istio-system" } },
        [`/clusterroles/${name}`]: { metadata: { name } },
        [`/clusterrolebindings/${name}`]: { metadata: { name, labels, annotations: annotations("istiod") } },
        "/istio-system/deployments/istiod": {
          metadata: { name: "istiod", labels, annotations: annotations("old") },
        },
        // Its namespace does not exist.
        "/istio-gateway/deployments/eastwestgateway": { metadata: { name: "eastwestgateway" } },
      };
      assert.deepEqual(await helmOf(["istio-base"], found), [
        ["ClusterRole", name, undefined],
        ["Deployment", "istiod", "old"],
      ]);
      assert.ok(!server.requests.some((request) => request.includes("istiod-default-validator")));
    });

    it("sends no request for objects of charts where all releases are installed", async () => {
      assert.deepEqual(await helmOf(["istio-base", "istiod", "eastwestgateway"], {}), []);
      assert.deepEqual(
        server.requests.filter((request) => /roles|webhook|deployments\/|customresource/.test(request)),
        [],
      );
    });
  });

  it("sends only requests that docs/permissions.md names", async () => {
    const page = await readFile(new URL("../../docs/permissions.md", import.meta.url), "utf8");
    const rows = page.split("\n").flatMap((line) => {
      const [, kinds, namespaces, verbs] = line.split("|");
      if (kinds === undefined || namespaces === undefined || verbs === undefined) return [];
      const [, note] = /kinds([⁷¹⁰]+)/.exec(kinds) ?? [];
      const number = [...(note ?? "")].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit)).join("");
      const text =
        note === undefined ? kinds : new RegExp(`^${number}\\. ([^]*?)(?:\\. |\\.$)`, "m").exec(page)?.[1];
      const names = [...(text ?? "").matchAll(/`([a-z/]+)[.`]/g)].map(([, name]) => name);
      return [{ names, namespaces, verbs }];
    });
    const isOf = (namespace: string | undefined, namespaces: string): boolean => {
      if (namespace === undefined) return /^ (-|all)/.test(namespaces);
      // Namespaces of Services are described, those of the installation are named.
      return namespace.startsWith("istio-")
        ? namespaces.includes(`\`${namespace}\``) || namespaces.startsWith(" all")
        : !/^ (-|`)/.test(namespaces);
    };
    const isNamed = (verb: string, plural: string, namespace: string | undefined): boolean =>
      rows.some(
        ({ names, namespaces, verbs }) =>
          names.includes(plural) && verbs.includes(`\`${verb}\``) && isOf(namespace, namespaces),
      );
    const spec = {
      ...{ type: "NodePort", externalTrafficPolicy: "Local" },
      ports: [{ port: 15443, nodePort: 31443 }],
    };
    const requests = new Set<string>();
    for (const outputs of [{}, { [OWN_STACK]: { federation: "?" } }]) {
      server.answerBy((request) => {
        requests.add(request);
        if (request.endsWith("/services/eastwestgateway"))
          return { status: 200, body: { metadata: { name: "eastwestgateway" }, spec } };
        if (request.includes("/services?")) return listOf([service]);
        return request.includes("?") || request.endsWith("/version") ? listOf([]) : NOT_FOUND;
      });
      await withStacks({ ...outputs, "o/p/b": { federation: contractOf() } });
      await readSnapshot(
        configOf(server.kubeconfig, {
          gateway: {},
          dns: { services: {} },
          exports: [
            {
              namespace: "abc",
              service: "foo",
              as: "{name}.cluster-a.local",
              callers: [{ peer: "cluster-b" }],
            },
          ],
        }),
      );
    }
    const reads = [...requests].flatMap((request) => {
      const path =
        /^GET \/apis?(?:\/[^/]+\.io)?\/v1(?:\/namespaces\/([^/?]+)(?=\/))?\/([a-z]+)(\/[^?]+)?/.exec(request);
      return path === null ? [] : [[path[3] === undefined ? "list" : "get", path[2] ?? "", path[1]] as const];
    });
    assert.ok(reads.some(([verb, plural]) => verb === "list" && plural === "pods"));
    assert.deepEqual(
      reads.filter((request) => !isNamed(...request)),
      [],
    );
  });

  it("sends no request twice", async () => {
    const exports = [
      { namespace: "abc", service: "foo", as: "{name}.cluster-a.local", callers: [{ peer: "cluster-b" }] },
      { namespace: "istio-federation", service: "bar", localCallers: [] },
      { service: "baz" },
    ];
    await read(
      { exports, dns: { services: {} }, gateway: {} },
      { services: listOf([service]), pods: listOf([pod]) },
      { "o/p/b": { federation: await signed(contractOf()) } },
    );
    const kinds = server.requests.map((request) => /\/([a-z0-9-]+)(\?|$)/.exec(request)?.[1]);
    for (const kind of ["services", "serviceentries", "authorizationpolicies", "eastwestgateway"]) {
      assert.ok(kinds.includes(kind), `${kind} is among ${server.requests.join("\n")}`);
    }
    assert.deepEqual(server.requests, [...new Set(server.requests)]);
  });

  for (const [what, rule, isRead] of [
    ["restrict no callers", {}, false],
    ["name peers", { peers: ["cluster-b"] }, true],
    ["name ports", { ports: ["http"] }, true],
    ["name callers", { callers: [{ peer: "cluster-b" }] }, true],
    ["name local callers", { localCallers: [] }, true],
  ] as const) {
    it(`${isRead ? "has" : "does not read"} AuthorizationPolicies of others where export rules ${what}`, async () => {
      await read(
        { exports: [{ namespace: "abc", service: "foo", ...rule }] },
        { services: listOf([service]) },
      );
      assert.equal(asked("authorizationpolicies").length > 0, isRead);
    });
  }

  it("has the hosts of others' ServiceEntries where there are peers or aliased exports", async () => {
    const items = [{ metadata: { namespace: "shop", name: "x" }, spec: { hosts: ["www.example.org"] } }];
    const lists = { serviceentries: listOf(items) };
    const all = `GET /apis/networking.istio.io/v1/serviceentries?limit=500&${decodeURIComponent(OF_OTHERS)}`;
    const aliased = [{ service: "foo", as: "{name}.cluster-a.local" }];
    for (const changes of [{}, { exports: aliased, peers: {} }]) {
      const { cluster } = await read(changes, lists);
      assert.deepEqual(
        valueOf(cluster.serviceEntries).map(({ hosts }) => hosts),
        [["www.example.org"]],
      );
      assert.ok(asked("serviceentries").includes(all), server.requests.join("\n"));
    }
    await read({ peers: {} }, lists);
    assert.ok(!asked("serviceentries").includes(all));
  });

  it("has Services of others in the namespace of imports where local Services are on", async () => {
    const lists = { services: listOf([{ metadata: { namespace: "istio-federation", name: "other" } }]) };
    const request =
      "GET /api/v1/namespaces/istio-federation/services?limit=500&labelSelector=app.kubernetes.io/managed-by!=istio-federation";
    const { cluster } = await read({ dns: { services: {} } }, lists);
    assert.deepEqual(valueOf(cluster.importNamespaceServices), [{ name: "other", labels: {} }]);
    assert.ok(asked("services").includes(request));
    const without = await read({}, lists);
    assert.deepEqual(valueOf(without.cluster.importNamespaceServices), []);
    assert.ok(!asked("services").includes(request));
  });

  it("has the gateway's addresses unless the config advertises some", async () => {
    const { cluster } = await read({ gateway: {} });
    assert.deepEqual(valueOf(cluster.gateway), []);
    const request = "GET /api/v1/namespaces/istio-gateway/services/eastwestgateway";
    assert.ok(server.requests.includes(request), server.requests.join("\n"));
    await read();
    assert.ok(!server.requests.includes(request));
  });

  it("has objects of each import kind of peers that neither config nor last update names", async () => {
    const annotations = { "istio-federation.dev/host": "bar.xyz.svc.b.local" };
    const left = {
      metadata: { name: "x", labels: { ...LABELS, "istio-federation.dev/peer": "b" }, annotations },
    };
    const kinds = ["serviceentries", "destinationrules", "services", "virtualservices"];
    const outputs = { [OWN_STACK]: { peers: { "cluster-gone": {} } } };
    const found = await read(
      { exports: [] },
      { services: listOf([left]), serviceentries: listOf([left]) },
      outputs,
    );
    assert.deepEqual(valueOf(found.cluster.leftovers), [left.metadata, left.metadata]);
    for (const kind of kinds) {
      const requests = asked(kind).filter((request) => request.includes("/namespaces/istio-federation/"));
      assert.match(requests.join("\n"), /istio-federation\.dev\/peer\+notin\+\(cluster-b,cluster-gone\)$/);
    }
  });

  it("takes kinds that the user may not list as absent, except ServiceEntries", async () => {
    const rights = { services: FORBIDDEN, virtualservices: FORBIDDEN, destinationrules: FORBIDDEN };
    const { cluster } = await read({ exports: [] }, rights);
    assert.deepEqual(valueOf(cluster.leftovers), []);
    const refused = await read({ exports: [] }, { serviceentries: FORBIDDEN });
    assert.ok("forbidden" in refused.cluster.leftovers);
  });

  it("has AuthorizationPolicies of the mesh's root namespace, as its config names it", async () => {
    const exports = [{ namespace: "abc", service: "foo", localCallers: [] }];
    const istiod = { metadata: { namespace: "mesh-system", name: "istiod" }, spec: {} };
    const rootsAsked = async (mesh: Answer) => {
      server.answerBy((request) => {
        if (request.includes("/mesh-system/deployments?")) return listOf([istiod]);
        if (request.endsWith("/mesh-system/configmaps/istio")) return mesh;
        if (request.includes("/services?")) return listOf([service]);
        return request.includes("?") || request.endsWith("/version") ? listOf([]) : NOT_FOUND;
      });
      await withStacks({});
      const istio = { existing: { namespace: "mesh-system" } };
      await readSnapshot(configOf(server.kubeconfig, { exports, istio }));
      return asked("authorizationpolicies").map((request) => /namespaces\/([^/]+)\//.exec(request)?.[1]);
    };
    assert.deepEqual((await rootsAsked(NOT_FOUND)).sort(), ["abc", "istio-system"]);
    const body = { metadata: { name: "istio" }, data: { mesh: "rootNamespace: mesh" } };
    assert.deepEqual((await rootsAsked({ status: 200, body })).sort(), ["abc", "mesh"]);
  });

  it("has no AuthorizationPolicies where the Services could not be read, for the same reason", async () => {
    const exports = [{ namespace: "abc", service: "foo", callers: [{ peer: "cluster-b" }] }];
    const { cluster } = await read({ exports }, { services: FORBIDDEN });
    assert.ok("forbidden" in cluster.services);
    assert.equal(cluster.authorizationPolicies, cluster.services);
    assert.deepEqual(asked("authorizationpolicies"), []);
  });

  it("has the namespaces in ambient mode, and Pods of those that imports name, by lists of these only", async () => {
    const labels = { "istio.io/dataplane-mode": "ambient" };
    const lists = {
      namespaces: listOf([{ metadata: { name: "a", labels } }, { metadata: { name: "b" } }]),
      pods: listOf([{ metadata: { namespace: "client", name: "x", labels } }]),
    };
    const peers = {
      "cluster-b": { stack: "o/p/b", exportTo: ["client"], imports: [{ service: "*", exportTo: ["."] }] },
    };
    const { cluster } = await read({ exports: [], peers }, lists);
    assert.deepEqual(valueOf(cluster.ambientClients).pods, [{ namespace: "client", labels }]);
    const query = "limit=500&labelSelector=istio.io/dataplane-mode=ambient";
    assert.deepEqual(
      [asked("namespaces"), asked("pods")],
      [[`GET /api/v1/namespaces?${query}`], [`GET /api/v1/namespaces/client/pods?${query}`]],
    );
  });

  it("takes the namespaces in ambient mode from the list of the exports", async () => {
    const labels = { "istio.io/dataplane-mode": "ambient" };
    const namespaces = listOf([{ metadata: { name: "a", labels } }, { metadata: { name: "b" } }]);
    const peers = { "cluster-b": { stack: "o/p/b", exportTo: ["."] } };
    const { cluster } = await read({ peers }, { namespaces });
    assert.deepEqual(valueOf(cluster.ambientClients), { namespaces: { a: labels }, pods: [] });
    assert.deepEqual(asked("namespaces"), ["GET /api/v1/namespaces?limit=500"]);
    assert.deepEqual(asked("pods"), []);
  });

  for (const [what, peer] of [
    ["by default", {}],
    ["by a peer's exportTo", { exportTo: ["*"] }],
    ["by a rule's exportTo", { exportTo: ["client"], imports: [{ service: "*", exportTo: ["*"] }] }],
  ] as const) {
    it(`has Pods in ambient mode of all namespaces, by one list of these only, where imports are visible there ${what}`, async () => {
      const labels = { "istio.io/dataplane-mode": "ambient" };
      const pods = listOf([{ metadata: { namespace: "any", name: "x", labels } }]);
      const { cluster } = await read(
        { exports: [], peers: { "cluster-b": { stack: "o/p/b", ...peer } } },
        { pods },
      );
      assert.deepEqual(valueOf(cluster.ambientClients).pods, [{ namespace: "any", labels }]);
      assert.deepEqual(asked("pods"), [
        "GET /api/v1/pods?limit=500&labelSelector=istio.io/dataplane-mode=ambient",
      ]);
    });
  }

  it("has one reading per part, so a refusal of one leaves the others", async () => {
    const lists = { peerauthentications: FORBIDDEN, namespaces: FORBIDDEN };
    const { cluster } = await read({}, lists);
    const parts = Object.entries(cluster) as [string, Reading<unknown>][];
    assert.deepEqual(
      parts.filter(([, reading]) => !("value" in reading)).map(([part]) => part),
      ["services", "peerAuthentications", "ambientClients"],
    );
  });

  it("has the same one fault in all parts of an unusable cluster, without the credential", async () => {
    const body = { kind: "Status", reason: "Unauthorized", message: "Unauthorized" };
    server.answer({ status: 401, body });
    await withStacks({});
    const { cluster } = await readSnapshot(
      configOf(server.kubeconfig, { gateway: {}, dns: { services: {} } }),
    );
    const parts = Object.entries(cluster) as [string, Reading<unknown>][];
    const refused = parts.filter(([, reading]) => !("value" in reading));
    assert.deepEqual(
      parts.filter(([, reading]) => "value" in reading).map(([part]) => part),
      ["authorizationPolicies", "ownObjects", "publishSecret", "installation", "corefiles"],
    );
    const faults = new Set(
      refused.flatMap(([, reading]) => faultsOf(reading).map((fault) => JSON.stringify(fault))),
    );
    assert.equal(faults.size, 1);
    assert.ok(!JSON.stringify(cluster).includes(TOKEN));
    assert.deepEqual([...new Set(server.requests)], ["GET /version"]);
  });

  it("rethrows unexpected errors", async () => {
    server.answerBy(() => listOf([]));
    await withStacks({});
    const broken = { ...configOf(server.kubeconfig), peers: null } as unknown as StackConfig;
    await assert.rejects(readSnapshot(broken), TypeError);
  });
});

describe("The Corefiles in a snapshot", () => {
  const given = (corefile?: string): Answer => ({
    status: 200,
    body: { metadata: { name: "x" }, data: corefile === undefined ? {} : { Corefile: corefile } },
  });
  const server = fakeApiServer();

  async function read(
    coreDns: Answer,
    nodeLocal: Answer,
    dns: object = { coreDns: { address: "10.96.0.77" } },
  ) {
    server.answerBy((request) => {
      if (request.includes("/configmaps/node-local-dns")) return nodeLocal;
      return request.includes("/configmaps/coredns") ? coreDns : listOf([]);
    });
    await withStacks({});
    const config = configOf(server.kubeconfig, {
      topology: "replicated",
      certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
      dns,
    });
    return (await readSnapshot(config)).cluster.corefiles;
  }

  it("are read from CoreDNS and NodeLocal DNSCache", async () => {
    const both = await read(given("a"), given("b"));
    assert.deepEqual(valueOf(both), { coreDns: "a", nodeLocal: "b", metadata: UNOWNED });
  });

  it("are undefined where a ConfigMap is missing or empty, and where NodeLocal DNSCache's is forbidden", async () => {
    const nothing = { coreDns: undefined, nodeLocal: undefined, metadata: UNOWNED };
    assert.deepEqual(valueOf(await read(NOT_FOUND, NOT_FOUND)), nothing);
    assert.deepEqual(valueOf(await read(given(), FORBIDDEN)), nothing);
    assert.ok("forbidden" in (await read(FORBIDDEN, NOT_FOUND)));
  });

  it("are not read where the config has no CoreDNS block", async () => {
    assert.deepEqual(valueOf(await read(given("a"), given("b"), {})), {
      coreDns: undefined,
      nodeLocal: undefined,
      metadata: UNOWNED,
    });
    assert.ok(!server.requests.some((request) => /coredns|node-local/.test(request)));
  });
});

describe("A stack that is read and planned", () => {
  const server = fakeApiServer();
  const FOO = "foo.abc.svc.cluster-a.local";
  const contract = contractOf({
    cluster: "cluster-a",
    clusterDomain: "cluster-a.local",
    trustDomain: "cluster-a.local",
    rootCertificates: [ROOT_A],
    services: {
      [FOO]: {
        ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
        subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/before"],
      },
    },
  });

  it("exports the cluster's Services and logs the change", async () => {
    server.answerBy((request) => {
      if (request.includes("/services?")) return listOf([service]);
      const absent = /(gateways|peerauthentications|authorizationpolicies)\/[^/?]+$/;
      if (absent.test(request) || isOfCharts(request)) return { status: 404, headers: { "audit-id": "x" } };
      return listOf(request.includes("/pods?") ? [pod] : []);
    });
    await withStacks({
      [OWN_STACK]: { federation: contract },
      "o/p/b": { federation: await signed(contractOf()) },
    });
    const { plan, notes } = await plannedCluster(configOf(server.kubeconfig));
    assert.deepEqual(Object.keys(plan.services), [FOO]);
    assert.deepEqual(plan.services[FOO]?.subjectAltNames, ["spiffe://cluster-a.local/ns/abc/sa/foo"]);
    assert.ok(plan.connection.kind === "imports");
    assert.equal(plan.connection.peers["cluster-b"]?.state, "ready");
    assert.match(notes.join("\n"), /^exports: changes 1 service \(foo\.abc/m);
  });

  it("keeps its published exports while the cluster is unreachable, with a warning", async () => {
    await withStacks({
      [OWN_STACK]: { federation: contract },
      "o/p/b": { federation: await signed(contractOf()) },
    });
    const { plan, warnings } = await plannedCluster(configOf(await writeNowhere()));
    assert.deepEqual(plan.services, contract.services);
    assert.match(
      warnings.join("\n"),
      /^Cluster cluster-a cannot be reached: the exports last published stay\. .*127\.0\.0\.1:9/m,
    );
  });
});
