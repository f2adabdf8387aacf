import assert from "node:assert/strict";
import fc from "fast-check";
import type { Caller } from "../../../federation/config/callers.ts";
import type { PolicyContext } from "../../../federation/access/callers.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { matches } from "../../../federation/core/labels.ts";
import { terminatedSni } from "../../../federation/exports/gatewayListeners.ts";
import { barOffer, decidePolicies, mesh as context } from "./callersFixture.ts";
import { allowsCall } from "./policyEvaluator.ts";
import { shuffled } from "../arbitraries.ts";

const OWN = "b.local";
const GATEWAY = `${OWN}/ns/istio-gateway/sa/eastwestgateway`;
const PORTS = [
  { number: 80, name: "http", protocol: "HTTP" as const, targetPort: 8080, targetPorts: [8080] },
  { number: 5432, name: "tcp", protocol: "TCP" as const, targetPort: 5432, targetPorts: [5432] },
];
const SELECTORS = [{ app: "x" }, { app: "x", v: "2" }, { v: "2" }, { app: "y" }];
const WORKLOADS = [{ app: "x" }, { app: "x", v: "2" }, { app: "y", v: "2" }, { app: "y" }];
const PEERS = ["cluster-a", "cluster-c"];
/** Callers of peers, of this cluster and of others, and a certificate without an identity. */
const CALLERS = [
  ...["a.local", "c.local", "cluster.local", OWN, "d.local"].flatMap((domain) =>
    ["n1/sa/s1", "n1/sa/s2", "n2/sa/s1"].map((account) => `${domain}/ns/${account}`),
  ),
  "",
];

const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 });
const caller = (): fc.Arbitrary<Caller> =>
  fc.record(
    {
      peer: fc.constantFrom(...PEERS),
      namespaces: some("n1", "n2"),
      serviceAccounts: some("n1/s1", "n1/s2", "n2/s1"),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
const service = (name: string): fc.Arbitrary<Offer> =>
  fc
    .record(
      {
        selector: fc.constantFrom(...SELECTORS),
        ports: some(...PORTS),
        audience: fc.oneof(fc.constant(PEERS), fc.subarray(PEERS)),
        isTerminated: fc.oneof(fc.constant(true), fc.boolean()),
        callers: fc.array(caller(), { maxLength: 3 }),
        localCallers: fc.subarray([{ namespaces: ["n1"] }]),
        speaks: fc.record({ callers: fc.boolean(), localCallers: fc.boolean() }),
      },
      { noNullPrototype: true },
    )
    .map(({ isTerminated, callers, localCallers, speaks, ...rest }) => {
      const rule = {
        ...(speaks.callers ? { callers } : {}),
        ...(speaks.localCallers ? { localCallers } : {}),
      };
      const via = isTerminated ? "terminated" : "passthrough";
      return barOffer(rule, { name, host: `${name}.shop`, via, ...rest });
    });
const services = () => fc.tuple(service("one"), service("two"), service("three"), service("four"));
const meshes = (): fc.Arbitrary<PolicyContext> =>
  fc
    .tuple(
      fc.constantFrom("a.local", "cluster.local", undefined),
      fc.constantFrom("c.local", "a.local", undefined),
    )
    .map(([a, c]) => ({ ...context, trustDomain: OWN, peers: { "cluster-a": a, "cluster-c": c } }));

describe("The AuthorizationPolicy of a TLS-terminating gateway, for any rules", () => {
  it("allows exactly the peers' callers that the rule of the requested Service allows", () => {
    fc.assert(
      fc.property(services(), meshes(), (all, mesh) => {
        const atGateway = policiesIn("istio-gateway", all, mesh);
        for (const one of all.filter(({ via }) => via === "terminated"))
          for (const { number } of one.ports) {
            const serverName = terminatedSni(one.host, number);
            const passing = CALLERS.filter((principal) =>
              allowsCall(atGateway, { principal, port: 15443, serverName }, OWN),
            );
            assert.deepEqual(
              passing,
              CALLERS.filter((who) => admits(one, mesh, who)),
              serverName,
            );
          }
      }),
      { numRuns: 2000 },
    );
  });

  it("is one policy, the same for Services in any order", () => {
    fc.assert(
      fc.property(
        services().chain((all) => fc.tuple(fc.constant(all), shuffled(all))),
        meshes(),
        ([all, again], mesh) => {
          const [found, others] = [all, again].map((list) => policiesIn("istio-gateway", list, mesh));
          assert.deepEqual(found, others);
          assert.equal(found?.length, all.some(({ via }) => via === "terminated") ? 1 : 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is the only restriction: workloads accept every caller it allows", () => {
    fc.assert(
      fc.property(services(), meshes(), fc.constantFrom(...WORKLOADS), (all, mesh, labels) => {
        const { policies } = decidePolicies(all, mesh);
        const here = policies.filter(
          ({ namespace, spec }) => namespace === "shop" && matches(spec.selector.matchLabels, labels),
        );
        for (const one of all.filter(
          ({ via, selector }) => via === "terminated" && matches(selector, labels),
        ))
          for (const port of one.ports.flatMap(({ targetPorts }) => targetPorts))
            assert.ok(
              allowsCall(
                here.map(({ spec }) => spec),
                { principal: GATEWAY, port },
                OWN,
              ),
              `${one.host}:${port}`,
            );
      }),
      { numRuns: 1000 },
    );
  });
});

function policiesIn(place: string, all: readonly Offer[], mesh: PolicyContext) {
  const { policies } = decidePolicies(all, mesh);
  return policies.filter(({ namespace }) => namespace === place).map(({ spec }) => spec);
}

/** Decides by the config alone; peers with the same trust domain count as one. */
function admits({ audience, rule }: Offer, mesh: PolicyContext, who: string): boolean {
  const [domain, , namespace = "", , account = ""] = who.split("/");
  const known = PEERS.filter((name) => mesh.peers[name] === domain);
  const offered = known.filter((name) => audience.includes(name));
  return (rule.callers ?? [{}]).some(
    ({ peer, namespaces, serviceAccounts }) =>
      offered.some((name) => peer === undefined || peer === name) &&
      ((namespaces === undefined && serviceAccounts === undefined) ||
        namespaces?.includes(namespace) === true ||
        serviceAccounts?.includes(`${namespace}/${account}`) === true),
  );
}
