import assert from "node:assert/strict";
import { planAccess } from "../../../federation/access/accessPlan.ts";
import type { ForeignPolicy } from "../../../federation/access/foreignPolicies.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import { sortedRecord } from "../../../federation/core/order.ts";
import type { KubernetesService, Workload } from "../../../federation/exports/clusterServices.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import type { ClusterReadings } from "../../../federation/snapshot.ts";
import { ownMesh } from "../../../federation/exports/localMesh.ts";
import { pinnable } from "../../../federation/trust/pinnedPeer.ts";
import { runPart } from "../planContext.ts";
import { UNREACHABLE_CLUSTER, clusterPlanOf, faultsIn, planOf } from "../planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, contractOf, faultsThrown, validConfig } from "../samples.ts";
import { barOffer, policiesFor, unknown } from "./callersFixture.ts";
import { pod as anyPod } from "../exports/exportsFixture.ts";

const byName = (policies: readonly LastRun["policies"][string][]): LastRun["policies"] =>
  sortedRecord(policies.map((policy) => [`${policy.namespace}/${policy.name}`, policy]));

describe("planAccess", () => {
  const config = validConfig(
    {
      cluster: { name: "cluster-b", domain: "b.local" },
      kubeconfig: { context: "cluster-b" },
      peers: {
        "cluster-a": { stack: "a" },
        "cluster-c": { stack: "c", identity: { trustDomain: "c.example" } },
      },
    },
    "cluster-b",
  );
  const pinned = {
    "cluster-a": pinnable(contractOf({ trustDomain: "a.local" }), { digest: "" }, new Date(0)),
  };
  const bar = barOffer({ callers: [{ peer: "cluster-a", namespaces: ["client"] }] });
  const last = policiesFor({ localCallers: [] }).policies;

  /** @param offers undefined while the cluster is unreachable. */
  function plan(
    offers: Offer[] | undefined,
    foreign: ClusterReadings["authorizationPolicies"] | ForeignPolicy[] = [],
    policies: readonly LastRun["policies"][string][] = last,
    rules: object[] = [],
  ) {
    const authorizationPolicies = Array.isArray(foreign) ? { value: foreign } : foreign;
    const { result, ...log } = runPart(
      { ...config, exports: rules },
      { lastRun: { policies: byName(policies) }, snapshot: { cluster: { authorizationPolicies } } },
      (context) => planAccess(context, { services: {}, offers, aliases: [] }, pinned, ownMesh({})),
    );
    return { ...result, ...log };
  }

  it("adds policies beside those of others, with a note of each", () => {
    const theirs: ForeignPolicy = {
      namespace: "shop",
      name: "theirs",
      action: "ALLOW",
      selector: { v: "2" },
    };
    const { policies, notes, warnings, unenforceable } = plan([bar], [theirs]);
    assert.deepEqual(
      policies.map(({ name, spec }) => [name.split(".")[0], spec.selector.matchLabels]),
      [
        ["istio-federation-allow-bar", { app: "bar", v: "2" }],
        ["istio-federation-deny-bar", { app: "bar" }],
      ],
    );
    assert.match(
      notes.join("\n"),
      /^AuthorizationPolicy shop\/theirs \(ALLOW\) selects workloads of 1 exported/,
    );
    assert.match(
      notes.join("\n"),
      /^1 ALLOW policy\(s\) for peers' callers .*\(shop\/istio-federation-allow-bar\./m,
    );
    assert.deepEqual([warnings, unenforceable], [[], []]);
    assert.deepEqual(plan([bar]).notes, []);
  });

  it("returns hosts whose callers no policy can restrict, with a warning", () => {
    const { warnings, unenforceable, policies } = plan([{ ...bar, selector: {} }]);
    assert.deepEqual([unenforceable, policies], [[bar.host], []]);
    assert.match(warnings.join("\n"), /^Service shop\/bar\.selector: is missing, /);
  });

  it("uses the configured trust domain of a peer without a pin", () => {
    const named = JSON.stringify(plan([bar]).policies);
    assert.match(named, /"a\.local\/\*"/);
    assert.match(named, /"c\.example\/\*"/);
  });

  it("keeps target ports of the last update that no workload has now", () => {
    const { policies } = plan([bar]);
    const silent = { ...bar, ports: [{ number: 80, name: "http", protocol: "HTTP" as const, ...unknown }] };
    assert.deepEqual(plan([silent], [], policies).policies, policies);
    assert.match(plan([silent], [], []).warnings.join(), /no peer can call there/);
  });

  it("keeps the last policies while the cluster is unreachable, with a warning", () => {
    for (const found of [plan(undefined), plan([bar], { unreachable: "why" })]) {
      assert.deepEqual(byName(found.policies), byName(last));
      assert.deepEqual(found.warnings, ["The AuthorizationPolicies of the last update are kept: 1"]);
    }
    assert.deepEqual(plan(undefined, [], [], [{ services: ["bar"] }]).warnings, []);
  });

  for (const limit of ["peers", "ports", "callers", "localCallers"]) {
    it(`warns that '${limit}' is not enforced yet where the cluster was never reachable`, () => {
      const rules = [{ services: ["bar"] }, { [limit]: [] }];
      assert.deepEqual(plan(undefined, [], [], rules).warnings, [
        "The AuthorizationPolicies of the last update are kept: 0",
      ]);
    });
  }
});

describe("A plan of AuthorizationPolicies", () => {
  const FOO = "foo.abc.svc.cluster-a.local";
  const foo: KubernetesService = {
    namespace: "abc",
    name: "foo",
    labels: {},
    annotations: {},
    selector: { app: "foo" },
    ports: [{ name: "http", port: 80, targetPort: 9000 }],
  };
  const pod: Workload = {
    ...anyPod,
    namespace: "abc",
    labels: { app: "foo", "security.istio.io/tlsMode": "istio" },
    serviceAccount: "foo",
    ports: {},
  };
  const callers = [{ peer: "cluster-b", serviceAccounts: ["client/sleep"] }];
  const forbidden = (operation: string) => ({
    forbidden: operation,
    fault: { path: "kubeconfig.context", rule: `cannot ${operation}: 403`, remedy: "Allow it" },
  });

  const configFor = (rule: object) =>
    validConfig(
      {
        cluster: LOCAL_CLUSTER,
        kubeconfig: KUBECONFIG,
        gateway: { advertise: [{ address: "203.0.113.10" }] },
        exports: [{ namespace: "abc", service: "foo", ...rule }],
        peers: { "cluster-b": { stack: "o/p/b" } },
      },
      "cluster-a",
    );
  const given = (
    cluster: Partial<ClusterReadings> = {},
    lastRun: Partial<LastRun> = {},
    service: KubernetesService = foo,
  ) => {
    const services = { value: { services: [service], workloads: [pod], namespaces: {} } };
    return {
      peers: { "cluster-b": { contract: contractOf() } },
      lastRun,
      snapshot: { cluster: { services, ...cluster } },
    };
  };
  const plan = (rule: object, ...args: Parameters<typeof given>) =>
    clusterPlanOf(configFor(rule), given(...args));

  it("has no policy where all callers are allowed", () => {
    const { policies, services } = plan({}).plan;
    assert.deepEqual([policies, Object.keys(services)], [[], [FOO]]);
  });

  it("has a policy for the workloads' target port", () => {
    const { policies } = plan({ callers }).plan;
    assert.deepEqual(
      policies.map(({ namespace, name, spec }) => [namespace, name, spec.selector, spec.rules[0]]),
      [
        [
          "abc",
          "istio-federation-deny-foo",
          { matchLabels: { app: "foo" } },
          {
            from: [
              {
                source: {
                  principals: ["cluster-b.local/*"],
                  notPrincipals: ["cluster-b.local/ns/client/sa/sleep"],
                },
              },
            ],
            to: [{ operation: { ports: ["9000"] } }],
          },
        ],
      ],
    );
  });

  it("denies ports that the owner's annotation does not export", () => {
    const service = {
      ...foo,
      annotations: { "istio-federation.dev/export-ports": "http" },
      ports: [...foo.ports, { name: "http-admin", port: 81, targetPort: 9001 }],
    };
    const { policies } = plan({}, {}, {}, service).plan;
    assert.deepEqual(
      policies.map(({ spec }) => spec.rules),
      [
        [
          {
            from: [{ source: { principals: ["cluster-b.local/*"] } }],
            to: [{ operation: { notPorts: ["9000"] } }],
          },
        ],
      ],
    );
  });

  it("adds an ALLOW policy beside those of others, with a note", () => {
    const theirs = { namespace: "abc", name: "theirs", action: "ALLOW", selector: {} } as const;
    const { plan: found, notes } = plan({ callers }, { authorizationPolicies: { value: [theirs] } });
    assert.deepEqual(
      found.policies.map(({ name }) => name),
      ["istio-federation-allow-foo", "istio-federation-deny-foo"],
    );
    assert.match(notes.join("\n"), /AuthorizationPolicy abc\/theirs \(ALLOW\)/);
  });

  it("does not export a Service whose callers cannot be restricted", () => {
    const bare = {
      ...foo,
      annotations: { "istio-federation.dev/subject-alt-names": "spiffe://cluster-a.local/ns/abc/sa/foo" },
      selector: {},
      ports: [{ name: "tcp", port: 80, targetPort: 9000 }],
    };
    const { plan: found, warnings, notes } = plan({ callers }, {}, {}, bare);
    assert.deepEqual([found.services, found.policies], [{}, []]);
    assert.match(warnings.join("\n"), /Service abc\/foo\.selector: is missing/);
    assert.equal(notes.join("\n").includes("exports: adds"), false);
  });

  it("keeps the last policies while the cluster is unreachable", () => {
    const { policies } = plan({ callers }).plan;
    const away = plan({ callers }, UNREACHABLE_CLUSTER, { policies: byName(policies) });
    assert.deepEqual(away.plan.policies, policies);
    assert.match(away.warnings.join("\n"), /^The AuthorizationPolicies of the last update are kept: 1$/m);
  });

  it("keeps exports and policies while policies of others cannot be read", () => {
    const contract = contractOf({
      cluster: "cluster-a",
      clusterDomain: "cluster-a.local",
      trustDomain: "cluster-a.local",
      services: {},
    });
    const authorizationPolicies = { unreachable: "cannot list authorizationpolicies: 503" };
    const { plan: found, warnings } = plan({ callers }, { authorizationPolicies }, { contract });
    assert.deepEqual([found.services, found.policies], [{}, []]);
    assert.match(
      warnings.join("\n"),
      /cannot be reached: the exports last published stay.*authorizationpolicies/,
    );
    assert.match(warnings.join("\n"), /The AuthorizationPolicies of the last update are kept: 0/);
  });

  const faultsOf = (rule: object, cluster: Partial<ClusterReadings>): string[] =>
    faultsIn(() => planOf(configFor(rule), given(cluster))).map(describeFault);

  it("has a fault where the user may not read policies of others", () => {
    const authorizationPolicies = forbidden("list authorizationpolicies in namespace abc");
    const [fault, ...others] = faultsOf({ callers }, { authorizationPolicies });
    assert.deepEqual(others, []);
    assert.match(fault ?? "", /list authorizationpolicies in namespace abc/);
  });

  it("has one fault where the user may read neither Services nor policies", () => {
    const refused = forbidden("list services in namespace abc");
    const faults = faultsOf({ callers }, { services: refused, authorizationPolicies: refused });
    assert.deepEqual(faults.length, 1);
  });

  it("has only a warning where the user may not read kinds that serve warnings", () => {
    const { plan: found, warnings } = plan(
      {},
      {
        peerAuthentications: forbidden("list peerauthentications in all namespaces"),
        destinationRules: forbidden("list destinationrules in all namespaces"),
        serviceEntries: forbidden("list serviceentries in all namespaces"),
      },
    );
    assert.deepEqual(Object.keys(found.services), [FOO]);
    assert.deepEqual(
      warnings.map(
        (warning) => /^kubeconfig\.context: may not (.*), so it is not checked/.exec(warning)?.[1],
      ),
      // DestinationRules for imports and for exports.
      ["serviceentries", "destinationrules", "peerauthentications", "destinationrules"].map(
        (kind) => `list ${kind} in all namespaces`,
      ),
    );
  });

  it("has all faults of callers at once, among them unknown peers", () => {
    const faults = faultsThrown(() =>
      configFor({ callers: [{ peer: "cluster-x" }], localCallers: [{ methods: ["get"] }] }),
    );
    assert.deepEqual(
      faults.map((fault) => fault.split(":")[0]),
      ["exports[0].localCallers[0].methods[0]", "exports[0].callers[0].peer"],
    );
  });
});
