import assert from "node:assert/strict";
import fc from "fast-check";
import { callerPolicies } from "../../../federation/callers/callerPolicies.ts";
import type { GuardedService } from "../../../federation/callers/callerPolicy.ts";
import type { CallerRules } from "../../../federation/callers/callers.ts";
import { publishPolicies, readPolicies } from "../../../federation/callers/lastPolicies.ts";
import { guarded, http, mesh, policiesFor } from "./callersFixture.ts";
import { letsIn } from "./policyEvaluator.ts";

const SNI = "p80.bar.shop.svc.b.local";
const GATEWAY = "b.local/ns/istio-gateway/sa/eastwestgateway";
const ids = ["sleep", "other"].flatMap((account) =>
  ["a.local", "c.local", "b.local", "d.local"].map((domain) => `${domain}/ns/client/sa/${account}`),
);

function decide(rule: CallerRules, changes: Partial<GuardedService> = {}, more: Partial<typeof mesh> = {}) {
  const { policies, ...told } = policiesFor(rule, { terminated: true, ...changes }, more);
  const at = (where: string) => policies.filter(({ namespace }) => namespace === where);
  const atGateway = at("istio-gateway").map(({ spec }) => spec);
  const atWorkload = at("shop").map(({ spec }) => spec);
  return {
    ...told,
    policies,
    /** Who gets from the gateway on, asking for the Service. */
    passing: ids.filter((principal) =>
      letsIn(atGateway, { principal, port: 15443, serverName: SNI }, "b.local"),
    ),
    letsIn: (principal: string, serverName: string) =>
      letsIn(atGateway, { principal, port: 15443, serverName }, "b.local"),
    /** Whether the workload takes a call of somebody. */
    takes: (principal: string) =>
      letsIn(atWorkload, { principal, port: 8080, request: { method: "GET", path: "/" } }, "b.local"),
  };
}

const ofPeers = ids.filter((id) => /^[ac]\.local/.test(id));

describe("The gateway that opens calls of a Service", () => {
  it("refuses everybody but callers of peers, and says so in a policy of its own namespace", () => {
    const { policies, warnings, withheld } = decide({});
    assert.deepEqual(policies, [
      {
        namespace: "istio-gateway",
        name: "istio-federation-deny-bar.shop",
        spec: {
          selector: { matchLabels: { istio: "eastwestgateway" } },
          action: "DENY",
          rules: [
            {
              from: [{ source: { notPrincipals: ["a.local/*", "c.local/*"] } }],
              when: [{ key: "connection.sni", values: [SNI] }],
            },
          ],
        },
      },
    ]);
    assert.deepEqual([warnings, withheld], [[], []]);
    assert.deepEqual(decide({}).passing, ofPeers);
  });

  for (const [what, rule, changes, passing] of [
    ["a peer that is offered it", {}, { peers: ["cluster-a"] }, ids.filter((id) => id.startsWith("a."))],
    ["nobody, while no peer of it was seen", {}, { peers: ["cluster-x"] }, []],
    [
      "a service account",
      { callers: [{ peer: "cluster-a", serviceAccounts: ["client/sleep"] }] },
      {},
      ["a.local/ns/client/sa/sleep"],
    ],
    ["a namespace of every peer", { callers: [{ namespaces: ["client"] }] }, {}, ofPeers],
    ["nobody, by an empty list", { callers: [] }, {}, []],
  ] as [string, CallerRules, Partial<GuardedService>, string[]][]) {
    it(`lets in ${what}`, () => {
      assert.deepEqual(decide(rule, changes).passing, passing);
    });
  }

  it("leaves callers of everything else alone", () => {
    const { letsIn: lets } = decide({ callers: [] });
    for (const name of ["p81.bar.shop.svc.b.local", "outbound_.80_._.bar.shop.svc.b.local", "p80.foo"])
      assert.ok(lets("a.local/ns/client/sa/sleep", name), name);
  });

  it("tells a peer of trust domain cluster.local from this cluster", () => {
    const peers = { "cluster-a": "cluster.local" };
    const rule = { callers: [{ serviceAccounts: ["client/sleep"] }] };
    const { letsIn: lets } = decide(rule, {}, { peers });
    assert.ok(lets("cluster.local/ns/client/sa/sleep", SNI));
    assert.ok(!lets("cluster.local/ns/client/sa/other", SNI));
    assert.ok(!lets("b.local/ns/client/sa/sleep", SNI));
  });

  it("is let in by workloads that let some local callers in only, and no peer is", () => {
    for (const localCallers of [
      [],
      [{ namespaces: ["xyz"] }],
      [{ namespaces: ["istio-gateway"], methods: ["PUT"] }],
    ]) {
      const { takes } = decide({ localCallers });
      assert.ok(takes(GATEWAY));
      assert.ok(!takes("b.local/ns/shop/sa/web"));
    }
    const { takes } = decide({ localCallers: [] }, {}, { gatewayAccount: "own" });
    assert.ok(takes("b.local/ns/istio-gateway/sa/own") && !takes(GATEWAY));
  });

  it("is let in beside ALLOW policies of others where the rule names callers", () => {
    const foreignAllows = { "bar.shop.svc.b.local": [{}] };
    const { policies } = decide({ callers: [{}] }, {}, { foreignAllows });
    assert.deepEqual(policies.find(({ spec }) => spec.action === "ALLOW")?.spec.rules, [
      { from: [{ source: { principals: [GATEWAY] } }], to: [{ operation: { ports: ["8080"] } }] },
    ]);
  });

  it("holds back what allows some methods or paths only, and names the rule", () => {
    for (const limit of [{ methods: ["GET"] }, { paths: ["/a"] }]) {
      const { policies, withheld, warnings } = decide({ callers: [{}, { ...limit }] }, { ruleIndex: 2 });
      assert.deepEqual([policies, withheld], [[], ["bar.shop.svc.b.local"]]);
      assert.match(warnings[0]?.rule ?? "", /exports\[2\]\.callers\[1\] allows some methods or paths only/);
    }
    assert.deepEqual(decide({ localCallers: [{ methods: ["GET"] }] }).withheld, []);
  });

  it("holds callers of what nobody else can: without a selector, and of any port", () => {
    const none = decide({ callers: [] }, { selector: {} });
    assert.deepEqual(
      none.policies.map(({ namespace }) => namespace),
      ["istio-gateway"],
    );
    assert.deepEqual([none.passing, none.withheld], [[], []]);
    assert.deepEqual(decide({ localCallers: [] }, { selector: {} }).withheld, ["bar.shop.svc.b.local"]);
    const unknown = { number: http.number, name: http.name, protocol: http.protocol };
    assert.deepEqual(decide({ callers: [] }, { ports: [unknown] }).warnings, []);
  });

  it("has policies that are read back as they were published", () => {
    const { policies } = decide({ callers: [{ serviceAccounts: ["client/sleep"] }] });
    assert.deepEqual(readPolicies(publishPolicies(policies)), policies);
  });

  it("lets in whom the workload of a passed-on Service with the same rule lets in, of peers", () => {
    const entry = fc.record(
      {
        peer: fc.constantFrom("cluster-a", "cluster-c"),
        namespaces: fc.subarray(["client", "batch"], { minLength: 1 }),
        serviceAccounts: fc.subarray(["client/sleep", "client/other", "x/y"], { minLength: 1 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const offered = fc.subarray(["cluster-a", "cluster-c"], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), offered, (callers, peers) => {
        const passedOn = policiesFor({ callers }, { peers }).policies.map(({ spec }) => spec);
        const expected = ofPeers.filter((principal) =>
          letsIn(passedOn, { principal, port: 8080, request: { method: "GET", path: "/" } }, "b.local"),
        );
        assert.deepEqual(decide({ callers }, { peers }).passing, expected);
      }),
    );
  });

  it("is the only way for peers: Services that share the workloads leave its ports open to none of them", () => {
    const other = { ...http, number: 81, targetPorts: [9090] };
    const foo = guarded({ callers: [{ peer: "cluster-a" }] }, { name: "foo", ports: [other] });
    const { policies } = callerPolicies([foo, guarded({}, { terminated: true })], mesh);
    const atWorkload = policies.filter(({ namespace }) => namespace === "shop").map(({ spec }) => spec);
    const takes = (principal: string, port: number) => letsIn(atWorkload, { principal, port }, "b.local");
    assert.ok(takes("a.local/ns/client/sa/sleep", 9090) && takes(GATEWAY, 8080));
    assert.ok(!takes("a.local/ns/client/sa/sleep", 8080));
  });
});
