import assert from "node:assert/strict";
import { survey } from "../../discovery/survey.ts";
import { publishPolicies } from "../../federation/access/policies.ts";
import { OWN_STACK, faultsError, withStacks } from "./support.ts";
import { contractOf, validConfig } from "../federation/samples.ts";
import { type Answer, FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";

const FOO = "foo.abc.svc.cluster-a.local";
const service = {
  metadata: { namespace: "abc", name: "foo", annotations: {} },
  spec: { selector: { app: "foo" }, ports: [{ name: "http", port: 80, targetPort: 9000 }] },
};
const pod = {
  metadata: { namespace: "abc", name: "foo-1", labels: { app: "foo", "security.istio.io/tlsMode": "istio" } },
  spec: { serviceAccountName: "foo" },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};
const forbidden: Answer = { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } };
const callers = [{ peer: "cluster-b", serviceAccounts: ["client/sleep"] }];

describe("A survey of who may call", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const configFor = (kubeconfig: unknown, rule: object) =>
    validConfig(
      {
        cluster: { name: "cluster-a", domain: "cluster-a.local" },
        kubeconfig,
        gateway: { advertise: [{ address: "203.0.113.10" }] },
        exports: [{ namespace: "abc", service: "foo", ...rule }],
        peers: { "cluster-b": { stack: "o/p/b" } },
      },
      "cluster-a",
    );
  const ok = (items: unknown[]): Answer => ({ status: 200, body: { items } });
  const look = async (
    rule: object,
    policies: Answer = ok([]),
    found: object = service,
    last: object = {},
  ) => {
    server.answerBy((request) => {
      if (request.includes("/services?")) return ok([found]);
      if (request.includes("/pods?")) return ok([pod]);
      return request.includes("/namespaces/abc/authorizationpolicies?") ? policies : ok([]);
    });
    await withStacks({ "o/p/b": { federation: contractOf() }, [OWN_STACK]: last as Record<string, unknown> });
    const seen = await survey(configFor(server.kubeconfig, rule));
    assert.ok("exports" in seen);
    return seen;
  };

  it("has no policy where everybody may call", async () => {
    const { policies, exports } = await look({});
    assert.deepEqual([policies, Object.keys(exports)], [[], [FOO]]);
  });

  it("has a policy at the workloads, on their own port", async () => {
    const { policies } = await look({ callers });
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

  it("closes the ports that the owner does not export", async () => {
    const ports = [...service.spec.ports, { name: "http-admin", port: 81, targetPort: 9001 }];
    const metadata = { ...service.metadata, annotations: { "istio-federation.dev/export-ports": "http" } };
    const { policies } = await look({}, ok([]), { metadata, spec: { ...service.spec, ports } });
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

  it("extends what others allow, and says that they do", async () => {
    const theirs = { metadata: { namespace: "abc", name: "theirs" }, spec: {} };
    const { policies, notes } = await look({ callers }, ok([theirs]));
    assert.deepEqual(
      policies.map(({ name }) => name),
      ["istio-federation-allow-foo", "istio-federation-deny-foo"],
    );
    assert.match(notes.join("\n"), /AuthorizationPolicy abc\/theirs \(ALLOW\)/);
  });

  it("offers nothing whose callers cannot be held", async () => {
    const bare = {
      metadata: {
        ...service.metadata,
        annotations: { "istio-federation.dev/subject-alt-names": "spiffe://cluster-a.local/ns/abc/sa/foo" },
      },
      spec: { ports: [{ name: "tcp", port: 80, targetPort: 9000 }] },
    };
    const { exports, policies, warnings, notes } = await look({ callers }, ok([]), bare);
    assert.deepEqual([exports, policies], [{}, []]);
    assert.match(warnings.join("\n"), /Service abc\/foo\.selector: is not there.*held back/);
    assert.equal(notes.join("\n").includes("exports: adds"), false);
  });

  it("keeps the last policies while the cluster is away", async () => {
    const { policies } = await look({ callers });
    const last = { callerPolicies: publishPolicies(policies) };
    await withStacks({ "o/p/b": { federation: contractOf() }, [OWN_STACK]: last });
    const away = await survey(configFor(await writeNowhere(), { callers }));
    assert.ok("policies" in away);
    assert.deepEqual(away.policies, policies);
    assert.match(away.warnings.join("\n"), /What holds callers stays/);
  });

  it("is all as it was last where the policies that are there cannot be read just now", async () => {
    const contract = contractOf({
      cluster: "cluster-a",
      clusterDomain: "cluster-a.local",
      trustDomain: "cluster-a.local",
      services: {},
    });
    const away: Answer = {
      status: 503,
      body: { kind: "Status", reason: "ServiceUnavailable", message: "no" },
    };
    const seen = await look({ callers }, away, service, { federation: contract });
    assert.deepEqual([seen.exports, seen.policies], [{}, []]);
    assert.match(
      seen.warnings.join("\n"),
      /cannot be reached: the exports last published stay.*authorizationpolicies/,
    );
    assert.match(seen.warnings.join("\n"), /What holds callers stays as the last update made it: 0/);
  });

  it("stops where it may not read the policies that are there", async () => {
    const { message } = await faultsError(look({ callers }, forbidden));
    assert.match(
      message,
      /^plan of stack cluster-a has 1 fault[^]*list authorizationpolicies in namespace abc/,
    );
  });

  for (const [what, rule, asks] of [
    ["restrict nobody", {}, false],
    ["name peers", { peers: ["cluster-b"] }, true],
    ["name ports", { ports: ["http"] }, true],
    ["name local callers", { localCallers: [] }, true],
  ] as const) {
    it(`asks for policies of others ${asks ? "" : "not "}where rules ${what}`, async () => {
      await look(rule);
      assert.equal(
        server.requests.some((request) => request.includes("/authorizationpolicies?")),
        asks,
      );
    });
  }

  it("warns, and goes on, where it may not read what only serves to warn", async () => {
    server.answerBy((request) => {
      if (request.includes("/services?")) return ok([service]);
      if (request.includes("/pods?")) return ok([pod]);
      const isMore =
        /\/v1\/(destinationrules|peerauthentications|serviceentries)\?|\/authorizationpolicies\?/;
      return isMore.test(request) ? forbidden : ok([]);
    });
    await withStacks({ "o/p/b": { federation: contractOf() } });
    const seen = await survey(configFor(server.kubeconfig, {}));
    assert.ok("exports" in seen);
    assert.deepEqual(Object.keys(seen.exports), [FOO]);
    assert.deepEqual(
      seen.warnings.map((warning) => /may not (.*), so/.exec(warning)?.[1]),
      ["peerauthentications", "destinationrules", "serviceentries"].map(
        (kind) => `list ${kind} in all namespaces`,
      ),
    );
  });

  it("stops where it may not read what namespaces opt out", async () => {
    server.answerBy((request) => (request.includes("/namespaces?") ? forbidden : ok([])));
    await withStacks({ "o/p/b": { federation: contractOf() } });
    const { message } = await faultsError(survey(configFor(server.kubeconfig, {})));
    assert.match(message, /has 1 fault[^]*list namespaces in all namespaces/);
  });

  it("refuses callers of peers that the stack does not have, with all other faults", () => {
    assert.throws(
      () =>
        configFor(
          { context: "a" },
          { callers: [{ peer: "cluster-x" }], localCallers: [{ methods: ["get"] }] },
        ),
      /2 fault[^]*localCallers\[0\]\.methods\[0\][^]*callers\[0\]\.peer/,
    );
  });

  it("tells once what keeps it from seeing Services, and policies with them", async () => {
    server.answerBy((request) => (request.includes("/services?") ? forbidden : ok([])));
    await withStacks({ "o/p/b": { federation: contractOf() } });
    const { message } = await faultsError(survey(configFor(server.kubeconfig, { callers })));
    assert.match(message, /^plan of stack cluster-a has 1 fault[^]*list services in namespace abc/);
  });
});
