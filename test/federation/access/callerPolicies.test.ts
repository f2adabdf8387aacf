import assert from "node:assert/strict";
import type { Caller, CallerRules } from "../../../federation/config/callers.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import {
  allowedCalls,
  barOffer,
  http,
  mesh,
  policiesFor,
  tcp,
  decidePolicies,
  unknown,
} from "./callersFixture.ts";

const LOCAL = ["b.local/xyz/web", "b.local/shop/bar", "plaintext"];
const OF_A = ["a.local/client/sleep", "a.local/client/other", "a.local/batch/job"];
const OF_C = ["c.local/client/sleep"];
/** Its target port is unknown. */
const late = { number: 81, name: "late", protocol: "HTTP" as const, ...unknown };
const ALL = [...LOCAL, ...OF_A, ...OF_C];

describe("AuthorizationPolicies for callers", () => {
  it("do not exist where all callers of all peers are allowed", () => {
    assert.deepEqual(policiesFor({}), { policies: [], unenforceable: [], warnings: [] });
    assert.deepEqual(policiesFor({ callers: [{}] }).policies, []);
    assert.deepEqual(
      policiesFor({}, { audience: ["cluster-a"] }, { peers: { "cluster-a": "a.local" } }).policies,
      [],
    );
  });

  it("deny all callers of peers except the allowed ones", () => {
    const { policies } = policiesFor({ callers: [{ peer: "cluster-a", serviceAccounts: ["client/sleep"] }] });
    assert.deepEqual(policies, [
      {
        namespace: "shop",
        name: "istio-federation-deny-bar",
        spec: {
          selector: { matchLabels: { app: "bar" } },
          action: "DENY",
          rules: [
            {
              from: [
                { source: { principals: ["c.local/*"] } },
                { source: { principals: ["a.local/*"], notPrincipals: ["a.local/ns/client/sa/sleep"] } },
              ],
              to: [{ operation: { ports: ["8080"] } }],
            },
            {
              from: [{ source: { principals: ["a.local/*", "c.local/*"] } }],
              to: [{ operation: { notPorts: ["8080"] } }],
            },
          ],
        },
      },
    ]);
    assert.deepEqual(allowedCalls(policies, ALL), [...LOCAL, "a.local/client/sleep"]);
  });

  const cases: [string, Parameters<typeof policiesFor>, string[], string[]][] = [
    [
      "a peer to which the Service is not exported",
      [{}, { audience: ["cluster-a"] }],
      ALL,
      [...LOCAL, ...OF_A],
    ],
    [
      "to a namespace of one peer",
      [{ callers: [{ peer: "cluster-a", namespaces: ["client"] }] }],
      ALL,
      [...LOCAL, ...OF_A.slice(0, 2)],
    ],
    [
      "to a namespace of every peer",
      [{ callers: [{ namespaces: ["client"] }] }],
      ALL,
      [...LOCAL, ...OF_A.slice(0, 2), ...OF_C],
    ],
    [
      "to namespaces and service accounts in one entry",
      [{ callers: [{ namespaces: ["batch"], serviceAccounts: ["client/sleep"] }] }],
      ALL,
      [...LOCAL, "a.local/client/sleep", "a.local/batch/job", ...OF_C],
    ],
    ["to a whole peer", [{ callers: [{ peer: "cluster-c" }] }], ALL, [...LOCAL, ...OF_C]],
    [
      "a peer that an entry allows but the Service is not exported to",
      [{ callers: [{}] }, { audience: ["cluster-c"] }],
      ALL,
      [...LOCAL, ...OF_C],
    ],
    [
      "by the first entry that matches the caller",
      [{ callers: [{ serviceAccounts: ["client/sleep"], methods: ["GET"] }, { namespaces: ["client"] }] }],
      ["a.local/client/sleep", "a.local/client/sleep POST", "a.local/client/other POST", "a.local/batch/job"],
      ["a.local/client/sleep", "a.local/client/other POST"],
    ],
    [
      "methods and paths, both of which must match",
      [{ callers: [{ methods: ["GET", "HEAD"], paths: ["/status/*", "*.json"] }] }],
      [
        "a.local/x/y GET /status/1",
        "a.local/x/y HEAD /a.json",
        "a.local/x/y POST /status/1",
        "a.local/x/y GET /",
        "b.local/x/y POST /",
      ],
      ["a.local/x/y GET /status/1", "a.local/x/y HEAD /a.json", "b.local/x/y POST /"],
    ],
    [
      "ports that are not exported, for peers only",
      [{}, { isWhole: false }],
      ["a.local/x/y", "a.local/x/y :9090", "b.local/x/y :9090", "plaintext :9090"],
      ["a.local/x/y", "b.local/x/y :9090", "plaintext :9090"],
    ],
    [
      "methods on HTTP ports only, denying others",
      [{ callers: [{ peer: "cluster-a", methods: ["GET"] }, {}] }, { ports: [http, tcp] }],
      ["a.local/x/y GET", "a.local/x/y :5432", "c.local/x/y :5432", "b.local/x/y :5432"],
      ["a.local/x/y GET", "c.local/x/y :5432", "b.local/x/y :5432"],
    ],
    [
      "methods of no port that is TCP by another port of the Service",
      [{ callers: [{ methods: ["GET"] }] }, { ports: [http, { ...tcp, targetPorts: [8080] }] }],
      ["a.local/x/y GET", "b.local/x/y GET"],
      ["b.local/x/y GET"],
    ],
    [
      "all callers of this cluster by an empty list",
      [{ localCallers: [] }],
      [...ALL, "b.local/xyz/web :9090"],
      [...OF_A, ...OF_C, "b.local/xyz/web :9090"],
    ],
    [
      "to some callers of this cluster, denying plaintext",
      [{ localCallers: [{ namespaces: ["xyz"], methods: ["GET"] }] }],
      [...ALL, "b.local/xyz/web POST"],
      ["b.local/xyz/web", ...OF_A, ...OF_C],
    ],
    [
      "peers on ports with unknown numbers",
      [{ callers: [{ peer: "cluster-a" }] }, { ports: [late] }],
      ALL,
      LOCAL,
    ],
  ];
  for (const [what, args, calls, expected] of cases) {
    it(`restrict ${what}`, () => {
      assert.deepEqual(allowedCalls(policiesFor(...args).policies, calls), expected);
    });
  }

  it("match callers of a peer with trust domain cluster.local apart from this cluster's", () => {
    const among = { peers: { "cluster-a": "cluster.local" } };
    const own = ["b.local/client/sleep", "b.local/client/other"];
    const theirs = ["cluster.local/client/sleep", "cluster.local/client/other", "cluster.local/batch/job"];
    const entry = { serviceAccounts: ["client/sleep"] };
    const entries: [Caller[], string[]][] = [
      [[entry], theirs.slice(0, 1)],
      [[{ namespaces: ["client"] }], theirs.slice(0, 2)],
      [[{ ...entry, methods: ["POST"] }, { namespaces: ["batch"] }], theirs.slice(2)],
    ];
    for (const [callers, expected] of entries) {
      const { policies } = policiesFor({ callers }, {}, among);
      assert.deepEqual(allowedCalls(policies, [...own, ...theirs]), [...own, ...expected]);
    }
  });

  it("do not name a peer that is not trusted yet", () => {
    const among = { peers: { "cluster-a": "a.local", "cluster-c": undefined } };
    assert.deepEqual(policiesFor({}, { audience: ["cluster-a"] }, among).policies, []);
    assert.deepEqual(
      policiesFor({ callers: [{ peer: "cluster-c" }] }, {}, among).policies[0]?.spec.rules[0],
      {
        from: [{ source: { principals: ["a.local/*"] } }],
        to: [{ operation: { ports: ["8080"] } }],
      },
    );
  });

  describe("beside ALLOW policies of others", () => {
    const callers = [{ peer: "cluster-a", serviceAccounts: ["client/sleep"], methods: ["GET"] }];
    const allows = (...selectors: Record<string, string>[]) => ({
      foreignAllows: { "bar.shop.svc.b.local": selectors },
    });

    it("allow the rule's callers at the same workloads", () => {
      const { policies } = policiesFor({ callers }, {}, allows({}, { app: "bar" }));
      assert.deepEqual(policies[0], {
        namespace: "shop",
        name: "istio-federation-allow-bar",
        spec: {
          selector: { matchLabels: { app: "bar" } },
          action: "ALLOW",
          rules: [
            {
              from: [{ source: { principals: ["a.local/ns/client/sa/sleep"] } }],
              to: [{ operation: { ports: ["8080"], methods: ["GET"] } }],
            },
          ],
        },
      });
    });

    it("allow only at workloads that the others select, as others would deny the rest", () => {
      const { policies } = policiesFor({ callers }, {}, allows({ version: "v2" }, { app: "other" }));
      const allow = policies.filter(({ spec }) => spec.action === "ALLOW");
      assert.deepEqual(
        allow.map(({ spec }) => spec.selector.matchLabels),
        [{ app: "bar", version: "v2" }],
      );
      assert.match(allow[0]?.name ?? "", /^istio-federation-allow-bar\.[0-9a-f]{8}$/);
    });

    it("are one where one selector covers the others, with HTTP ports only for methods", () => {
      const { policies } = policiesFor({ callers }, { ports: [http, tcp] }, allows({ version: "v2" }, {}));
      const allow = policies.filter(({ spec }) => spec.action === "ALLOW");
      assert.deepEqual(
        allow.map(({ name, spec }) => [name, spec.rules[0]?.to?.[0]?.operation.ports]),
        [["istio-federation-allow-bar", ["8080"]]],
      );
    });

    it("allow nothing without callers in the rule", () => {
      assert.deepEqual(policiesFor({}, {}, allows({})).policies, []);
    });
  });

  describe("where none can be enforced", () => {
    const unenforceableRules: [string, CallerRules, Partial<Offer>, string][] = [
      ["without a selector", { callers: [{ namespaces: ["x"] }] }, { selector: {} }, "selector"],
      ["in Istio's root namespace", { localCallers: [] }, { namespace: "istio-system" }, "namespace"],
      ["without an HTTP port, by methods", { callers: [{ methods: ["GET"] }] }, { ports: [tcp] }, "ports"],
    ];
    for (const [what, rule, changes, path] of unenforceableRules) {
      it(`a Service ${what} is not exported`, () => {
        const found = policiesFor(rule, changes);
        assert.deepEqual([found.policies, found.unenforceable], [[], ["bar.shop.svc.b.local"]]);
        const { namespace = "shop" } = changes;
        assert.deepEqual(
          found.warnings.map((warning) => warning.path),
          [`Service ${namespace}/bar.${path}`],
        );
      });
    }

    it("a Service in a root namespace of another name is not exported", () => {
      const restricted = (namespace: string) =>
        policiesFor({ localCallers: [] }, { namespace }, { rootNamespace: "mesh" }).unenforceable;
      assert.deepEqual([restricted("mesh").length, restricted("istio-system").length], [1, 0]);
    });

    it("a Service without restrictions is exported", () => {
      const found = policiesFor({}, { selector: {}, ports: [tcp] });
      assert.deepEqual(found, { policies: [], unenforceable: [], warnings: [] });
    });
  });

  it("restrict callers on every number that workloads have for a named port", () => {
    const web = { ...http, targetPorts: [8080, 9090] };
    const { policies, warnings } = policiesFor(
      { localCallers: [{ namespaces: ["xyz"] }] },
      { ports: [web], audience: ["cluster-a"] },
    );
    const calls = [...ALL, ...ALL.map((call) => `${call} :9090`)];
    const through = ["b.local/xyz/web", ...OF_A];
    assert.deepEqual(allowedCalls(policies, calls), [...through, ...through.map((call) => `${call} :9090`)]);
    assert.deepEqual(warnings, []);
  });

  describe("of a Service with unknown port numbers", () => {
    const rule: CallerRules = {
      callers: [{ methods: ["GET"], namespaces: ["client"] }],
      localCallers: [{ namespaces: ["xyz"] }],
    };
    const web = { number: 80, name: "http", protocol: "HTTP" as const, ...unknown };

    it("stay as in the last update, with a warning", () => {
      for (const [changes, one] of [
        [{}, rule],
        [{ audience: ["cluster-a"] }, { localCallers: rule.localCallers ?? [] }],
        [{ isWhole: false }, {}],
      ] as [Partial<Offer>, CallerRules][]) {
        const { policies } = policiesFor(one, changes);
        const now = policiesFor(one, { ...changes, ports: [web] }, {}, policies);
        assert.deepEqual(now.policies, policies);
        assert.match(now.warnings[0]?.rule ?? "", /policies keep the numbers of the last update/);
        assert.equal(now.warnings.length, 1);
      }
    });

    it("follow today's rules on the last update's ports", () => {
      const { policies } = policiesFor(rule);
      const now = policiesFor({ ...rule, callers: [{ peer: "cluster-c" }] }, { ports: [web] }, {}, policies);
      assert.deepEqual(allowedCalls(now.policies, ALL), ["b.local/xyz/web", ...OF_C]);
    });

    it("leave open what the last update left open for Services of the same workloads", () => {
      const admin = barOffer({}, { name: "admin", ports: [{ ...http, targetPorts: [9090] }] });
      const last = decidePolicies([barOffer(rule), admin], mesh).policies;
      const silent = { ...admin, ports: [web] };
      const now = decidePolicies([barOffer(rule, { ports: [web] }), silent], mesh, last);
      assert.deepEqual(now.policies, last);
    });

    it("tell an unknown port from the Service's other port of the last update", () => {
      const two = { ports: [http, tcp] };
      const { policies } = policiesFor(rule, two);
      const silent = { ports: [http, { ...tcp, ...unknown }] };
      assert.deepEqual(policiesFor(rule, silent, {}, policies).policies, policies);
    });

    it("deny peers on every port where the last update had none", () => {
      const other = policiesFor(rule, { name: "other" }).policies;
      const { policies, warnings } = policiesFor(rule, { ports: [web] }, {}, other);
      assert.deepEqual(allowedCalls(policies, ALL), LOCAL);
      assert.match(
        warnings[0]?.rule ?? "",
        /no peer can call there, and callers of this cluster are not denied/,
      );
    });
  });

  it("warn of ports that are unknown, not HTTP, or accept plaintext", () => {
    const limited = { callers: [{ methods: ["GET"] }], localCallers: [] };
    const ports = [http, tcp, late];
    const { warnings, unenforceable } = policiesFor(limited, { ports, permissiveBy: ["shop/default"] });
    assert.deepEqual(unenforceable, []);
    assert.deepEqual(
      warnings.map(({ path, value }) => [path, value]),
      [
        ["Service shop/bar.ports", ["late"]],
        ["Service shop/bar.ports", ["tcp"]],
        ["Service shop/bar.workloads", undefined],
      ],
    );
  });

  describe("of Services that share workloads", () => {
    const admin = {
      number: 90,
      name: "http-admin",
      protocol: "HTTP" as const,
      targetPort: 9090,
      targetPorts: [9090],
    };

    it("leave the other Service's ports open", () => {
      const one = barOffer({}, { audience: ["cluster-a"] });
      const two = barOffer(
        {},
        { name: "admin", ports: [admin], audience: ["cluster-c"], selector: { app: "bar", v: "2" } },
      );
      const { policies, warnings } = decidePolicies([two, one], mesh);
      assert.deepEqual(
        policies.map(({ name }) => name),
        ["istio-federation-deny-admin", "istio-federation-deny-bar"],
      );
      const calls = [
        "a.local/x/y",
        "a.local/x/y :9090",
        "c.local/x/y",
        "c.local/x/y :9090",
        "c.local/x/y :7070",
      ];
      assert.deepEqual(allowedCalls(policies, calls), ["a.local/x/y", "c.local/x/y :9090"]);
      assert.deepEqual(warnings, []);
    });

    it("allow on a common port only callers that both allow, with a warning", () => {
      const one = barOffer({}, { audience: ["cluster-a"] });
      const two = barOffer({ callers: [{ namespaces: ["x"] }] }, { name: "twin" });
      const { policies, warnings } = decidePolicies([one, two], mesh);
      assert.deepEqual(allowedCalls(policies, ["a.local/x/y", "a.local/z/y", "c.local/x/y"]), [
        "a.local/x/y",
      ]);
      assert.deepEqual(
        warnings.map(({ path }) => path),
        ["Service shop/twin.ports"],
      );
      const alike = [
        barOffer({}, { audience: ["cluster-a"] }),
        barOffer({}, { audience: ["cluster-a"], name: "twin" }),
      ];
      assert.deepEqual(decidePolicies(alike, mesh).warnings, []);
      const apart = [one, barOffer({}, { name: "twin", selector: { app: "twin" } })];
      assert.deepEqual(decidePolicies(apart, mesh).warnings, []);
    });
  });

  it("warn of peers with the same trust domain", () => {
    const peers = { "cluster-a": "a.local", "cluster-c": "a.local", "cluster-d": "b.local" };
    const { policies, warnings } = policiesFor({}, { audience: ["cluster-a"] }, { peers });
    assert.deepEqual(policies, []);
    assert.deepEqual(
      warnings.map(({ path }) => path),
      ["peers.cluster-c", "peers.cluster-d"],
    );
    const offered = { audience: Object.keys(peers) };
    assert.deepEqual(policiesFor({}, offered, { peers }).warnings, []);
  });

  it("have at most as many rules as Istio accepts", () => {
    const entries = Array.from({ length: 50 }, (_, index) => ({
      serviceAccounts: [`client/caller-${index}`],
      methods: ["GET"],
      paths: ["/"],
    }));
    const peers = { "cluster-a": "cluster.local", "cluster-c": "c.local" };
    const { policies } = policiesFor(
      { callers: entries, localCallers: entries },
      { ports: [http, tcp], isWhole: false },
      { peers },
    );
    assert.ok((policies[0]?.spec.rules.length ?? 0) > 400);
    assert.ok((policies[0]?.spec.rules.length ?? 0) <= 512);
  });

  it("have valid names for the longest Services", () => {
    const name = `b${"a".repeat(62)}`;
    const { policies } = policiesFor(
      { callers: [{ namespaces: ["x"] }] },
      { name, host: "h" },
      { foreignAllows: { h: [{ version: "v2" }] } },
    );
    assert.deepEqual(
      policies.map((policy) => policy.name.length <= 253 && /^[a-z][-a-z0-9.]*$/.test(policy.name)),
      [true, true],
    );
  });
});
