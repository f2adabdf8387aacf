import assert from "node:assert/strict";
import fc from "fast-check";
import type { CallerRules } from "../../../federation/config/callers.ts";
import { isGatewayPolicy } from "../../../federation/access/gatewayPolicy.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { barOffer, http, mesh, policiesFor, decidePolicies, unknown } from "./callersFixture.ts";
import { allowsCall } from "./policyEvaluator.ts";

const SNI = "p80.bar.shop.svc.b.local";
const GATEWAY = "b.local/ns/istio-gateway/sa/eastwestgateway";
const ids = ["sleep", "other"].flatMap((account) =>
  ["a.local", "c.local", "b.local", "d.local"].map((domain) => `${domain}/ns/client/sa/${account}`),
);

function decide(rule: CallerRules, changes: Partial<Offer> = {}, more: Partial<typeof mesh> = {}) {
  const { policies, ...rest } = policiesFor(rule, { via: "terminated", ...changes }, more);
  const at = (where: string) => policies.filter(({ namespace }) => namespace === where);
  const atGateway = at("istio-gateway").map(({ spec }) => spec);
  const atWorkload = at("shop").map(({ spec }) => spec);
  return {
    ...rest,
    policies,
    /** Callers that the gateway allows to call the Service. */
    passing: ids.filter((principal) =>
      allowsCall(atGateway, { principal, port: 15443, serverName: SNI }, "b.local"),
    ),
    gatewayAllows: (principal: string, serverName: string) =>
      allowsCall(atGateway, { principal, port: 15443, serverName }, "b.local"),
    /** Returns whether the workload allows a caller. */
    workloadAllows: (principal: string) =>
      allowsCall(atWorkload, { principal, port: 8080, request: { method: "GET", path: "/" } }, "b.local"),
  };
}

const UNKNOWN_CALLERS = {
  from: [{ source: { notPrincipals: ["a.local/*", "c.local/*"] } }],
  to: [{ operation: { ports: ["15443"] } }],
};
const ofPeers = ids.filter((id) => /^[ac]\.local/.test(id));

describe("The AuthorizationPolicy of a TLS-terminating gateway", () => {
  it("denies all but peers' callers, in the gateway's namespace", () => {
    const { policies, warnings, unenforceable } = decide({});
    assert.deepEqual(policies, [
      {
        namespace: "istio-gateway",
        name: "istio-federation-gateway",
        spec: {
          selector: { matchLabels: { istio: "eastwestgateway" } },
          action: "DENY",
          rules: [UNKNOWN_CALLERS],
        },
      },
    ]);
    assert.deepEqual([warnings, unenforceable], [[], []]);
    assert.deepEqual(decide({}).passing, ofPeers);
  });

  for (const [what, rule, changes, passing] of [
    [
      "a peer to which the Service is exported",
      {},
      { audience: ["cluster-a"] },
      ids.filter((id) => id.startsWith("a.")),
    ],
    ["nobody while its peer is unknown", {}, { audience: ["cluster-x"] }, []],
    [
      "a service account of a peer",
      { callers: [{ peer: "cluster-a", serviceAccounts: ["client/sleep"] }] },
      {},
      ["a.local/ns/client/sa/sleep"],
    ],
    ["a namespace of every peer only", { callers: [{ namespaces: ["client"] }] }, {}, ofPeers],
    ["nobody with an empty list", { callers: [] }, {}, []],
  ] as [string, CallerRules, Partial<Offer>, string[]][]) {
    it(`allows ${what}`, () => {
      assert.deepEqual(decide(rule, changes).passing, passing);
    });
  }

  it("allows no certificate without an identity, whatever the rule", () => {
    for (const [rule, changes, more] of [
      [{}, {}, {}],
      [{ callers: [{}] }, {}, {}],
      [{}, { audience: ["cluster-x"] }, {}],
      [{}, {}, { peers: {} }],
      [{}, {}, { peers: { "cluster-a": undefined } }],
    ] as [CallerRules, Partial<Offer>, Partial<typeof mesh>][]) {
      const { gatewayAllows } = decide(rule, changes, more);
      assert.ok(!gatewayAllows("", SNI), JSON.stringify([rule, changes, more]));
      assert.ok(!gatewayAllows("b.local/ns/client/sa/sleep", SNI));
    }
  });

  it("has one rule for unknown callers and one for all Services with the same restriction", () => {
    const service = (name: string, rule: CallerRules, changes: Partial<Offer> = {}) =>
      barOffer(rule, { name, selector: { app: name }, via: "terminated", ...changes });
    const some = { callers: [{ peer: "cluster-a", namespaces: ["client"] }] };
    const all = [
      service("a", {}),
      service("b", some),
      service("c", some),
      service("d", {}, { audience: ["cluster-a"] }),
    ];
    const rules = (services: Offer[]) => {
      const { policies } = decidePolicies(services, mesh);
      return policies.filter(({ namespace }) => namespace === "istio-gateway").map(({ spec }) => spec.rules);
    };
    const sni = (...names: string[]) => [
      { key: "connection.sni", values: names.map((name) => `p80.${name}.shop.svc.b.local`) },
    ];
    const refused = [
      { source: { principals: ["c.local/*"] } },
      { source: { principals: ["a.local/*"], notPrincipals: ["a.local/ns/client/*"] } },
    ];
    assert.deepEqual(rules(all), [
      [
        UNKNOWN_CALLERS,
        { from: refused, when: sni("b", "c") },
        { from: refused.slice(0, 1), when: sni("d") },
      ],
    ]);
    assert.deepEqual(rules(all.slice(0, 1)), [[UNKNOWN_CALLERS]]);
    // Services that all have the same rule need no SNI condition.
    assert.deepEqual(rules(all.slice(1, 3)), [[UNKNOWN_CALLERS, { from: refused, to: UNKNOWN_CALLERS.to }]]);
  });

  it("is split where it would exceed the number of rules that Istio accepts", () => {
    const services = Array.from({ length: 600 }, (_, index) => {
      const callers = [{ serviceAccounts: [`client/caller-${index}`] }];
      return barOffer({ callers }, { name: `s${index}`, selector: { app: `s${index}` }, via: "terminated" });
    });
    const { policies } = decidePolicies(services, mesh);
    const atGateway = policies.filter(({ namespace }) => namespace === "istio-gateway");
    assert.deepEqual(
      atGateway.map(({ name, spec }) => [name, spec.rules.length]),
      [
        ["istio-federation-gateway", 512],
        ["istio-federation-gateway-2", 89],
      ],
    );
    assert.ok(atGateway.every(isGatewayPolicy) && policies.filter(isGatewayPolicy).length === 2);
  });

  it("matches a peer of trust domain cluster.local apart from this cluster", () => {
    const peers = { "cluster-a": "cluster.local" };
    const rule = { callers: [{ serviceAccounts: ["client/sleep"] }] };
    const { gatewayAllows } = decide(rule, {}, { peers });
    assert.ok(gatewayAllows("cluster.local/ns/client/sa/sleep", SNI));
    assert.ok(!gatewayAllows("cluster.local/ns/client/sa/other", SNI));
    assert.ok(!gatewayAllows("b.local/ns/client/sa/sleep", SNI));
  });

  it("lets the gateway through to workloads that restrict local callers, and no peer", () => {
    for (const localCallers of [
      [],
      [{ namespaces: ["xyz"] }],
      [{ namespaces: ["istio-gateway"], methods: ["PUT"] }],
    ]) {
      const { workloadAllows } = decide({ localCallers });
      assert.ok(workloadAllows(GATEWAY));
      assert.ok(!workloadAllows("b.local/ns/shop/sa/web"));
    }
    const { workloadAllows } = decide(
      { localCallers: [] },
      {},
      { gateway: { ...mesh.gateway, serviceAccount: "own" } },
    );
    assert.ok(workloadAllows("b.local/ns/istio-gateway/sa/own") && !workloadAllows(GATEWAY));
  });

  it("is accompanied by an ALLOW policy for the gateway beside those of others", () => {
    const foreignAllows = { "bar.shop.svc.b.local": [{}] };
    const { policies } = decide({ callers: [{}] }, {}, { foreignAllows });
    assert.deepEqual(policies.find(({ spec }) => spec.action === "ALLOW")?.spec.rules, [
      { from: [{ source: { principals: [GATEWAY] } }], to: [{ operation: { ports: ["8080"] } }] },
    ]);
  });

  it("cannot enforce methods or paths, so such a Service is not exported", () => {
    for (const limit of [{ methods: ["GET"] }, { paths: ["/a"] }]) {
      const { policies, unenforceable, warnings } = decide({ callers: [{}, { ...limit }] }, { ruleIndex: 2 });
      assert.deepEqual([policies, unenforceable], [[], ["bar.shop.svc.b.local"]]);
      assert.match(warnings[0]?.rule ?? "", /exports\[2\]\.callers\[1\] allows some methods or paths only/);
    }
    assert.deepEqual(decide({ localCallers: [{ methods: ["GET"] }] }).unenforceable, []);
  });

  it("restricts peers' callers of Services without a selector and of any port", () => {
    const none = decide({ callers: [] }, { selector: {} });
    assert.deepEqual(
      none.policies.map(({ namespace }) => namespace),
      ["istio-gateway"],
    );
    assert.deepEqual([none.passing, none.unenforceable], [[], []]);
    assert.deepEqual(decide({ localCallers: [] }, { selector: {} }).unenforceable, ["bar.shop.svc.b.local"]);
    assert.deepEqual(decide({ callers: [] }, { ports: [{ ...http, ...unknown }] }).warnings, []);
  });

  it("allows the same peers' callers as the workload policies of a passthrough Service", () => {
    const entry = fc.record(
      {
        peer: fc.constantFrom("cluster-a", "cluster-c"),
        namespaces: fc.subarray(["client", "batch"], { minLength: 1 }),
        serviceAccounts: fc.subarray(["client/sleep", "client/other", "x/y"], { minLength: 1 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const audiences = fc.subarray(["cluster-a", "cluster-c"], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), audiences, (callers, audience) => {
        const passthrough = policiesFor({ callers }, { audience }).policies.map(({ spec }) => spec);
        const expected = ofPeers.filter((principal) =>
          allowsCall(
            passthrough,
            { principal, port: 8080, request: { method: "GET", path: "/" } },
            "b.local",
          ),
        );
        assert.deepEqual(decide({ callers }, { audience }).passing, expected);
      }),
    );
  });
});
