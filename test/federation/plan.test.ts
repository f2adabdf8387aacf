import assert from "node:assert/strict";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { describeFault } from "../../federation/core/fault.ts";
import type { ExportAlias } from "../../federation/exports/alias.ts";
import type { KubernetesService, Workload } from "../../federation/exports/clusterServices.ts";
import type { ClusterReadings } from "../../federation/snapshot.ts";
import { mapRecord } from "../../federation/core/order.ts";
import { type Given, UNOWNED, readingsOf } from "./planContext.ts";
import { UNREACHABLE_CLUSTER, clusterPlanOf, everywhere, faultsIn, planOf } from "./planning.ts";
import {
  BAR,
  KUBECONFIG,
  LOCAL_CLUSTER,
  ROOT_A,
  ROOT_B,
  ROOT_C,
  ROOT_D,
  barService,
  contractC,
  contractOf,
  validConfig,
} from "./samples.ts";
import { pod as anyPod } from "./exports/exportsFixture.ts";

const FOO = "foo.abc.svc.cluster-a.local";
const fooService = { ...barService, subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/foo"] };
/** Contract that cluster-a published. */
const own = contractOf({
  cluster: "cluster-a",
  clusterDomain: "cluster-a.local",
  trustDomain: "cluster-a.local",
  rootCertificates: [ROOT_A],
  services: { [FOO]: fooService, "gone.abc.svc.cluster-a.local": fooService },
});
const pinnedB = { clusterDomain: "cluster-b.local", trustDomain: "cluster-b.local", rootCertificates: [] };

const service: KubernetesService = {
  namespace: "abc",
  name: "foo",
  labels: {},
  annotations: {},
  selector: { app: "foo" },
  ports: [{ name: "http", port: 9000 }],
};
const pod: Workload = {
  ...anyPod,
  namespace: "abc",
  labels: { app: "foo", "security.istio.io/tlsMode": "istio" },
  serviceAccount: "today",
  ports: {},
};
/** A cluster with Service foo and these workloads. */
const withFoo = (...workloads: Workload[]): Partial<ClusterReadings> => ({
  services: { value: { services: [service], workloads, namespaces: {} } },
});

function configOf(changes: Record<string, unknown> = {}): StackConfig {
  const raw = {
    cluster: LOCAL_CLUSTER,
    kubeconfig: KUBECONFIG,
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "abc", service: "foo" }],
    peers: { "cluster-b": { stack: "o/p/b" } },
    ...changes,
  };
  return validConfig(raw, "cluster-a");
}

const B = { "cluster-b": { contract: contractOf() } };
const NO_B = { "cluster-b": { pending: "stack o/p/b does not exist" } };

describe("A plan of a cluster that cannot be reached", () => {
  const plan = (given: Given = {}, changes: Record<string, unknown> = {}) =>
    clusterPlanOf(configOf(changes), { ...given, snapshot: { cluster: UNREACHABLE_CLUSTER } });

  it("exports what was last published and the config still selects, with the reason", () => {
    const { plan: found, warnings } = plan({ peers: B, lastRun: { contract: own } }, { gateway: {} });
    assert.deepEqual(found.services, { [FOO]: fooService });
    assert.ok(found.connection.kind === "imports");
    assert.equal(found.connection.peers["cluster-b"]?.state, "ready");
    assert.equal(found.gateway.observed, undefined);
    assert.deepEqual(warnings, [
      'Cluster cluster-a cannot be reached: the exports last published stay. cluster context "cluster-a": no answer',
    ]);
  });

  it("keeps ServiceEntries of aliased exports", () => {
    const host = "foo.shop.example";
    const spec: ExportAlias["spec"] = {
      ...{ hosts: [host], location: "MESH_INTERNAL", resolution: "STATIC" },
      ports: [{ number: 8080, name: "istio-federation-8080", protocol: "HTTP", targetPort: 8080 }],
      ...{ workloadSelector: { labels: { app: "foo" } }, exportTo: ["istio-gateway"] },
    };
    const foo = { namespace: "abc", service: "foo", spec };
    const gone = { namespace: "abc", service: "gone", spec: { ...spec, hosts: ["gone.shop.example"] } };
    const contract = { ...own, domains: ["shop.example"], services: { [host]: fooService } };
    const { plan: found } = plan(
      { lastRun: { contract, aliases: { "abc/foo": foo, "abc/gone": gone } } },
      {
        cluster: { ...LOCAL_CLUSTER, domains: ["shop.example"] },
        exports: [{ namespace: "abc", service: "foo", as: "{name}.shop.example" }],
        peers: {},
      },
    );
    assert.deepEqual(found.services, { [host]: fooService });
    assert.deepEqual(found.aliases, [foo]);
  });

  it("exports nothing and has no gateway addresses before the first contract", () => {
    const { plan: found, warnings } = plan({ peers: NO_B }, { gateway: {} });
    assert.deepEqual(found.services, {});
    assert.equal(found.gateway.observed, undefined);
    assert.match(
      warnings.join("\n"),
      /cannot be reached: nothing is exported, as nothing was published before\./,
    );
    assert.match(warnings.join("\n"), /Peer cluster-b is pending: stack o\/p\/b does not exist/);
  });
});

describe("A plan of a cluster that answers", () => {
  const plan = (
    cluster: Partial<ClusterReadings>,
    { peers = NO_B, lastRun = { contract: own } }: Given = {},
    changes: Record<string, unknown> = {},
  ) => clusterPlanOf(configOf(changes), { peers, lastRun, snapshot: { cluster } });
  const forB = { exports: [{ service: "foo", peers: ["cluster-b"] }] };

  it("keeps the pin of a peer whose stack cannot be read, and exports what is there", () => {
    const unread = { faults: [{ path: "peers.cluster-b.stack", rule: "cannot be read", remedy: "Log in" }] };
    const pinned = {
      "cluster-b": {
        clusterDomain: "cluster-b.local",
        trustDomain: "cluster-b.local",
        rootCertificates: [ROOT_B],
      },
    };
    const { plan: found } = clusterPlanOf(configOf({}), {
      lastRun: { contract: own, pinned },
      snapshot: { peers: { "cluster-b": unread }, cluster: withFoo(pod) },
    });
    assert.deepEqual(found.pinned, pinned);
    assert.ok(found.services[FOO]);
    assert.ok(found.connection.kind === "imports");
    assert.equal(found.connection.peers["cluster-b"]?.state, "refused");
  });

  it("exports what is there, with a note of the change", () => {
    const { plan: found, notes } = plan(withFoo(pod));
    assert.deepEqual(notes, [
      `exports: changes 1 service (${FOO}), removes 1 (gone.abc.svc.cluster-a.local)`,
    ]);
    assert.deepEqual(found.services[FOO]?.ports, [{ number: 9000, name: "http", protocol: "HTTP" }]);
    assert.match(found.services[FOO].subjectAltNames.join(), /sa\/today/);
  });

  for (const kind of ["peerAuthentications", "destinationRules"] as const)
    it(`exports what was last published while ${kind} cannot be read`, () => {
      const reading = { unreachable: `cannot list ${kind}: 503` };
      const { plan: found, warnings } = plan({ ...withFoo(pod), [kind]: reading });
      assert.deepEqual(found.services, { [FOO]: fooService });
      assert.deepEqual(warnings.slice(1, 2), [
        `Cluster cluster-a cannot be reached: the exports last published stay. ${reading.unreachable}`,
      ]);
    });

  it("exports to peers by their pinned identities", () => {
    const peers = { "cluster-b": { contract: contractOf({ cluster: "b-itself" }) } };
    const { plan: found } = plan(withFoo(pod), { peers, lastRun: {} }, forB);
    assert.deepEqual(found.services[FOO]?.peers, ["cluster-b.local/b-itself"]);
  });

  it("exports to the pinned identity of a peer without a contract", () => {
    const pinned = { "cluster-b": { ...pinnedB, cluster: "b-pinned" } };
    const known = plan(withFoo(pod), { lastRun: { pinned } }, forB);
    assert.deepEqual(known.plan.services[FOO]?.peers, [`${pinnedB.trustDomain}/b-pinned`]);
  });

  it("offers nothing that is for chosen peers to one that is not pinned, with a warning", () => {
    const { plan: found, warnings } = plan(withFoo(pod), {}, forB);
    assert.deepEqual(found.services[FOO]?.peers, []);
    assert.match(
      warnings.join("\n"),
      /peers\.cluster-b: is not pinned yet, so 1 service\(s\) that are exported to chosen peers are not offered to it \(foo\.abc.*Run `pulumi up` on stack o\/p\/b, then here, or state its trust domain: /,
    );
    const forAll = plan(withFoo(pod), {}, { exports: [{ service: "foo" }] });
    assert.doesNotMatch(forAll.warnings.join("\n"), /is not pinned yet/);
  });

  it("warns of Services without a sidecar", () => {
    const { plan: found, warnings } = plan(withFoo({ ...pod, labels: { app: "foo" } }));
    assert.deepEqual(Object.keys(found.services), [FOO]);
    assert.match(warnings.join("\n"), /Service abc\/foo\.selector: .*none with a sidecar/);
  });

  it("has a fault for an object of somebody else with the name of one that is to be created", () => {
    const changes = {
      exports: [{ service: "foo", as: "{name}.cluster-a.local", callers: [{ namespaces: ["xyz"] }] }],
    };
    const given = { peers: B, snapshot: { cluster: withFoo(pod) } };
    const { plan: found } = clusterPlanOf(configOf(changes), given);
    const [policy, alias] = [found.policies[0]!, "istio-federation-as-foo"];
    const theirs = (namespace: string, name: string) => ({
      ...{ namespace, name, labels: { team: "pay" }, hosts: ["pay.example.org"] },
    });
    const cluster = {
      ...withFoo(pod),
      serviceEntries: { value: [theirs("abc", alias), theirs("istio-federation", BAR), theirs("xyz", BAR)] },
      authorizationPolicies: {
        value: [{ namespace: policy.namespace, name: policy.name, action: "DENY" as const, selector: {} }],
      },
    };
    const faults = faultsIn(() => planOf(configOf(changes), { ...given, snapshot: { cluster } }));
    assert.deepEqual(
      faults.map(({ value }) => value),
      [`ServiceEntry abc/${alias}`, `AuthorizationPolicy ${policy.namespace}/${policy.name}`],
    );
    assert.match(faults[0]!.rule, /is there already, which is labelled team=pay, so the API server/);
    const ours = {
      aliases: { "abc/foo": found.aliases[0]! },
      policies: { [`${policy.namespace}/${policy.name}`]: policy },
    };
    const { errors } = clusterPlanOf(configOf(changes), { ...given, lastRun: ours, snapshot: { cluster } });
    assert.equal(errors.length, 1);
    // Our own provider writes the entry of an import, which knows nothing of the plugin's variable.
    assert.match(
      errors[0] ?? "",
      /ServiceEntry istio-federation\/bar\..*, which is labelled team=pay, so this .*Delete .*`kubectl delete serviceentry .* -n istio-federation`\), or skip/,
    );
  });

  it("exports under an alias, unless another owner's ServiceEntry has the host", () => {
    const changes = { exports: [{ service: "foo", as: "{name}.cluster-a.local" }] };
    const { plan: found } = plan(withFoo(pod), {}, changes);
    assert.deepEqual(Object.keys(found.services), ["foo.cluster-a.local"]);
    assert.deepEqual(
      found.aliases.map(({ spec }) => [spec.hosts, spec.ports]),
      [
        [
          ["foo.cluster-a.local"],
          [{ number: 9000, name: "istio-federation-9000", protocol: "HTTP", targetPort: 9000 }],
        ],
      ],
    );
    const theirs = { namespace: "pay", name: "theirs", labels: {}, hosts: ["foo.cluster-a.local"] };
    const taken = plan({ ...withFoo(pod), serviceEntries: { value: [theirs] } }, {}, changes);
    assert.deepEqual([taken.plan.services, taken.plan.aliases], [{}, []]);
    assert.match(taken.warnings.join("\n"), /Service abc\/foo: .*ServiceEntry pay\/theirs too/);
    const forbidden = { forbidden: "list serviceentries in all namespaces", fault: describedFault("x") };
    const unseen = plan({ ...withFoo(pod), serviceEntries: forbidden }, {}, changes);
    assert.deepEqual(Object.keys(unseen.plan.services), ["foo.cluster-a.local"]);
    assert.match(
      unseen.warnings.join("\n"),
      /may not list serviceentries in all namespaces, so it is not checked/,
    );
  });

  it("keeps the identities last published of a Service that is scaled to zero, with a warning", () => {
    const { plan: found, warnings } = plan(withFoo());
    assert.deepEqual(found.services[FOO]?.subjectAltNames, fooService.subjectAltNames);
    assert.deepEqual(found.services[FOO].ports, [{ number: 9000, name: "http", protocol: "HTTP" }]);
    assert.match(warnings.join("\n"), /Service abc\/foo\.selector: .*identities last published stay/);
  });

  it("removes leftovers of unknown peers with a warning", () => {
    const labels = { "istio-federation.dev/peer": "cluster-old" };
    const metadata = { name: "x", labels, creationTimestamp: "2026-11-20T10:22:05Z" };
    const { plan: found, warnings } = plan({ ...withFoo(pod), leftovers: { value: [metadata] } });
    assert.ok(found.connection.kind === "imports");
    assert.deepEqual(found.connection.leftovers, {
      "cluster-old": { entries: 1, newest: "2026-11-20T10:22:05Z" },
    });
    assert.match(warnings.join("\n"), /^1 imported service of peer cluster-old, which .* removes it\.$/m);
  });

  it("has a fault for a Helm release left by an interrupted first update", () => {
    const istiod = { namespace: "istio-system", name: "istiod", status: "deployed", revision: 1 };
    const faults = faultsIn(() =>
      plan({ helm: { value: { installed: [istiod], inState: [], unownedCrds: [], unowned: [] } } }),
    );
    assert.match(
      faults.map(describeFault).join(),
      /istio-system\/istiod" is a Helm release .* not in this stack's state.*`kubectl -n istio-system delete secret -l owner=helm,name=istiod`/,
    );
    assert.deepEqual(
      plan({ helm: { value: { installed: [istiod], inState: [istiod], unownedCrds: [], unowned: [] } } }).plan
        .kind,
      "cluster",
    );
  });

  it("has a fault instead of removing leftovers where the cluster seems to be another stack's", () => {
    const metadata = { name: "x", labels: { "istio-federation.dev/peer": "cluster-a" } };
    const faults = faultsIn(() => plan({ leftovers: { value: [metadata] } }));
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [["kubeconfig.context", "cluster-a"]],
    );
  });

  it("says nothing of leftovers of a peer whose config is faulty", () => {
    const leftovers = { value: [{ name: "x", labels: { "istio-federation.dev/peer": "cluster-x" } }] };
    const given = { peers: B, snapshot: { cluster: { ...withFoo(pod), leftovers } } };
    assert.match(
      planOf(configOf(), given).warnings.join("\n"),
      /of peer cluster-x, which this stack neither/,
    );
    assert.deepEqual(planOf(configOf(), given, ["peers.cluster-x"]).warnings, []);
  });

  it("removes imports of peers that the config no longer has", () => {
    const status = { state: "ready", reason: "", since: "", imported: 2 } as const;
    const statuses = { "cluster-z": status, "cluster-b": status, "cluster-y": status };
    const { connection } = plan({}, { lastRun: { statuses } }).plan;
    assert.ok(connection.kind === "imports");
    assert.deepEqual(connection.formerPeers, ["cluster-y", "cluster-z"]);
  });

  it("has the gateway's addresses, unless the config advertises some", () => {
    const gateway = { value: [{ address: "203.0.113.11", port: 15443 }] };
    assert.deepEqual(plan({ gateway }, {}, { gateway: {} }).plan.gateway.observed, gateway.value);
    assert.equal(plan({ gateway }).plan.gateway.observed, undefined);
  });
});

/** A fault that stands for any. */
function describedFault(rule: string) {
  return { path: "kubeconfig.context", value: "cluster-a", rule, remedy: "Do something" };
}

describe("A plan", () => {
  it("is refused when the config changes the identity of a running cluster", () => {
    const lastRun = { contract: { ...own, trustDomain: "old.example" } };
    const faults = faultsIn(() => planOf(configOf(), { peers: B, lastRun }));
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["cluster.trustDomain"],
    );
  });

  it("refuses another peer with a pending peer's domains", () => {
    const peers = { "cluster-b": { stack: "o/p/b" }, "cluster-c": { stack: "o/p/c", required: true } };
    const lastRun = { contract: own, pinned: { "cluster-b": pinnedB } };
    const contract = contractOf({ cluster: "cluster-c", rootCertificates: [ROOT_C] });
    const given = { peers: { ...NO_B, "cluster-c": { contract } }, lastRun };
    const faults = faultsIn(() => planOf(configOf({ peers }), given)).map(describeFault);
    assert.match(
      faults.join("\n"),
      /peers\.cluster-c\.contract\.clusterDomain: .*that of pending peer cluster-b/,
    );
  });

  it("needs no cluster without exports and with advertised gateway addresses", () => {
    const snapshot = { cluster: { ...UNREACHABLE_CLUSTER, ...clusterReadingsOfNothing() } };
    const { plan, warnings } = clusterPlanOf(configOf({ exports: [] }), { peers: B, snapshot });
    assert.ok(plan.connection.kind === "imports");
    assert.deepEqual([plan.connection.leftovers, warnings], [{}, []]);
    const peer = plan.connection.peers["cluster-b"];
    assert.ok(peer?.state === "ready");
    assert.deepEqual(Object.keys(peer.services), [BAR]);
  });

  it("reports the same refusal of several parts once", () => {
    const fault = describedFault("cannot use the API server: 401 Unauthorized");
    const given = { peers: B, snapshot: { cluster: everywhere({ faults: [fault] }) } };
    assert.deepEqual(
      faultsIn(() => planOf(configOf({ gateway: {} }), given)),
      [fault],
    );
  });

  it("warns of certificates of the last update that expire soon", () => {
    const dates = { notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-11-25T00:00:00Z", sha256: "" };
    const { warnings } = planOf(configOf(), { peers: B, lastRun: { certificates: { intermediate: dates } } });
    assert.match(warnings.join("\n"), /^The intermediate expires on 2026-11-25T00:00:00Z, in 3 day\(s\)/m);
  });
});

/** A cluster that was not asked for exports. */
function clusterReadingsOfNothing(): Partial<ClusterReadings> {
  return {
    services: { value: { services: [], workloads: [], namespaces: {} } },
    peerAuthentications: { value: [] },
    destinationRules: { value: [] },
    authorizationPolicies: { value: [] },
  };
}

describe("Faults of a plan", () => {
  const fault = (rule: string) => ({ faults: [describedFault(rule)] });
  const forbidden = (what: string) => ({ forbidden: what, fault: describedFault(`cannot ${what}: 403`) });

  it("are reported for all parts at once", () => {
    const config = configOf({
      certificateAuthority: { rotation: { root: 2, phase: "sign" } },
      gateway: {},
      exports: [{ namespace: "abc", service: "foo", callers: [{ peer: "cluster-b" }] }],
      dns: { services: { limit: 1 } },
      peers: {
        "cluster-b": { stack: "b", imports: [{ as: ["www.example.org"] }] },
        "cluster-c": { stack: "c", required: true },
        "cluster-d": { stack: "d", required: true },
        "cluster-e": { stack: "e", required: true },
        "cluster-f": { stack: "f", required: true },
      },
    });
    const services = { [BAR]: barService, "baz.xyz.svc.cluster-b.local": barService };
    const given: Given = {
      peers: {
        "cluster-b": { contract: contractOf({ services }) },
        // Trust: another root than the pinned one.
        "cluster-c": { contract: { ...contractC, rootCertificates: [ROOT_D] } },
        // Names: a domain that is ours.
        "cluster-d": {
          contract: contractOf({
            cluster: "cluster-d",
            clusterDomain: "cluster-d.local",
            trustDomain: "cluster-a.local",
            rootCertificates: [ROOT_A],
            services: {},
          }),
        },
        // A contract that cannot be read.
        "cluster-e": { contract: { ...contractOf({ cluster: "cluster-e" }), gateways: 1 } },
      },
      lastRun: {
        // Identity: another mesh domain than the running cluster's.
        contract: { ...own, meshDomain: "old.example" },
        pinned: {
          "cluster-c": {
            clusterDomain: "cluster-c.local",
            trustDomain: "cluster-c.local",
            rootCertificates: [ROOT_C],
          },
        },
      },
      snapshot: {
        cluster: {
          ...withFoo(pod),
          // Exports.
          peerAuthentications: fault("cannot list peerauthentications: 400"),
          // Callers.
          authorizationPolicies: forbidden("list authorizationpolicies in namespace abc"),
          // Names of others.
          importNamespaceServices: { value: [{ name: "bar-xyz-cluster-b", labels: {} }] },
          serviceEntries: {
            value: [{ namespace: "shop", name: "theirs", labels: {}, hosts: [BAR] }],
          },
          leftovers: { value: [{ name: "x", labels: { "istio-federation.dev/peer": "cluster-a" } }] },
          gateway: forbidden("get service istio-gateway/eastwestgateway"),
        },
      },
    };
    const { peers = {}, ...rest } = given;
    const readings = mapRecord(readingsOf(peers), (value) => ({ value }));
    const unread = { faults: [{ path: "peers.cluster-f.stack", rule: "cannot be read", remedy: "Log in" }] };
    const snapshot = { ...given.snapshot, peers: { ...readings, "cluster-f": unread } };
    const faults = faultsIn(() => planOf(config, { ...rest, snapshot })).map(({ path, rule }) => [
      path,
      rule,
    ]);
    const expected: [path: string, rule: RegExp][] = [
      ["cluster.meshDomain", /is another than 'old\.example'/],
      ["certificateAuthority.rotation", /needs a root to begin with/],
      ["peers.cluster-f.stack", /cannot be read/],
      ["peers.cluster-c.contract.rootCertificates", /which is not among those pinned/],
      ["peers.cluster-e.contract.gateways", /must be a list/],
      ["peers.cluster-d.contract.trustDomain", /'cluster-a\.local', which is that of this cluster/],
      ["kubeconfig.context", /seems to be another stack's cluster/],
      ["kubeconfig.context", /cannot list peerauthentications/],
      ["kubeconfig.context", /cannot list authorizationpolicies/],
      ["kubeconfig.context", /cannot get service/],
    ];
    assertFaults(faults, expected);
  });

  it("are reported for all parts at once under a shared root, including the Corefile's", () => {
    const config = configOf({
      topology: "replicated",
      certificateAuthority: { source: "provided", provided: { certificate: "c", key: "k", root: "r" } },
      dns: { coreDns: { address: "10.96.0.77" } },
      exports: [{ namespace: "abc", service: "foo", callers: [{ peer: "cluster-c" }] }],
      peers: {
        "cluster-b": { stack: "b", imports: [{ as: ["bar.cluster-a.local"] }] },
        "cluster-c": { stack: "c", required: true },
      },
    });
    const topology = "replicated";
    const pinnedC = {
      clusterDomain: "cluster-c.local",
      trustDomain: "cluster-c.local",
      rootCertificates: [ROOT_D],
    };
    const provided = {
      path: "certificateAuthority.provided.root",
      rule: "is a file that cannot be read",
      remedy: "",
    };
    const faults = faultsIn(() =>
      planOf(config, {
        peers: {
          "cluster-b": { contract: contractOf({ topology }) },
          "cluster-c": { contract: { ...contractC, topology } },
        },
        lastRun: { pinned: { "cluster-c": pinnedC } },
        snapshot: {
          provided: { faults: [provided] },
          cluster: {
            services: forbidden("list namespaces"),
            authorizationPolicies: forbidden("list authorizationpolicies in namespace abc"),
            corefiles: { value: { coreDns: "global {\n}\n", nodeLocal: undefined, metadata: UNOWNED } },
          },
        },
      }),
    ).map(({ path, rule }) => [path, rule]);
    assertFaults(faults, [
      ["certificateAuthority.provided.root", /cannot be read/],
      ["peers.cluster-c.contract.rootCertificates", /which is not among those pinned/],
      ["peers.cluster-b.imports[0].as", /this cluster's own domain/],
      ["dns.coreDns.configMap", /has a server block 'global' of another owner/],
      ["kubeconfig.context", /cannot list namespaces/],
      ["kubeconfig.context", /cannot list authorizationpolicies/],
    ]);
  });

  it("include those of provided certificates when another field of their section is faulty", () => {
    const provided = { certificate: "no PEM", key: "no PEM", root: "no PEM" };
    const config = configOf({ certificateAuthority: { source: "provided", provided } });
    const given = { peers: B, snapshot: { provided: { value: provided } } };
    const faults = faultsIn(() => planOf(config, given, ["certificateAuthority"]));
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["certificate", "root", "key"].map((field) => `certificateAuthority.provided.${field}`),
    );
  });

  function assertFaults(faults: unknown[][], expected: readonly [path: string, rule: RegExp][]): void {
    assert.deepEqual(
      faults.map(([path]) => path),
      expected.map(([path]) => path),
    );
    for (const [index, [, rule]] of expected.entries()) assert.match(String(faults[index]?.[1]), rule);
  }
});
