import fc from "fast-check";
import type { Caller, LocalCaller } from "../../../federation/config/callers.ts";
import { foreignPolicyEffects } from "../../../federation/access/foreignPolicies.ts";
import type { AuthorizationPolicy, PolicyRule } from "../../../federation/access/authorizationPolicy.ts";
import type { PolicyContext } from "../../../federation/access/callers.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { matches } from "../../../federation/core/labels.ts";
import { barOffer, decidePolicies, mesh as context, unknown } from "./callersFixture.ts";
import { type Call, allowsCall } from "./policyEvaluator.ts";
import { shuffled, sweep } from "../arbitraries.ts";

/** The decision on a call by the config alone, which the policies must agree with. */
type Verdict = "allowed" | "refused" | "not restricted" | "either";

const PORTS = [
  { number: 80, name: "http", protocol: "HTTP" as const, targetPort: 8080, targetPorts: [8080] },
  { number: 81, name: "grpc", protocol: "GRPC" as const, targetPort: undefined, targetPorts: [7070, 7071] },
  { number: 5432, name: "tcp", protocol: "TCP" as const, targetPort: 5432, targetPorts: [5432] },
];
const HTTP_PORTS = [8080, 7070, 7071];
const CLOSED_PORT = 9999;
const SELECTORS = [{ app: "x" }, { app: "x", v: "2" }, { v: "2" }, { app: "y" }];
const WORKLOADS = [{ app: "x" }, { app: "x", v: "2" }, { app: "y", v: "2" }, { app: "y" }];
const TRUST_DOMAINS = ["a.local", "b.local", "c.local", "cluster.local"];
const PEERS = ["cluster-a", "cluster-c"];

const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const localCaller = (): fc.Arbitrary<LocalCaller> =>
  fc
    .record({
      namespaces: optional(some("n1", "n2")),
      serviceAccounts: optional(some("n1/s1", "n1/s2", "n2/s1")),
      methods: optional(some("GET", "POST")),
      paths: optional(some("/a/*", "*/z", "/a/b")),
    })
    .map(withoutUndefined);
const caller = (): fc.Arbitrary<Caller> =>
  fc
    .tuple(localCaller(), optional(fc.constantFrom(...PEERS)))
    .map(([entry, peer]) => (peer === undefined ? entry : { ...entry, peer }));

const service = (name: string): fc.Arbitrary<Offer> =>
  fc
    .record({
      selector: fc.constantFrom(...SELECTORS),
      ports: some(...PORTS),
      isWhole: fc.boolean(),
      audience: fc.subarray(PEERS),
      callers: optional(fc.array(caller(), { minLength: 1, maxLength: 3 })),
      localCallers: optional(fc.array(localCaller(), { maxLength: 2 })),
    })
    .map(({ callers, localCallers, ...rest }) => {
      const rule = withoutUndefined({ callers, localCallers });
      return barOffer(rule, { name, host: `${name}.shop`, ...rest });
    });
const services = (): fc.Arbitrary<Offer[]> =>
  fc
    .tuple(service("one"), service("two"), service("three"))
    .chain((all) => fc.subarray(all, { minLength: 1 }));

const principal = (): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...TRUST_DOMAINS), fc.constantFrom("n1", "n2"), fc.constantFrom("s1", "s2"))
    .map(([domain, namespace, account]) => `${domain}/ns/${namespace}/sa/${account}`);
const call = (): fc.Arbitrary<Call> =>
  fc
    .record({
      principal: fc.option(fc.oneof({ arbitrary: principal(), weight: 8 }, fc.constant("")), {
        nil: undefined,
        freq: 8,
      }),
      port: fc.constantFrom(8080, 8080, 7070, 7071, 5432, CLOSED_PORT),
      method: fc.constantFrom("GET", "POST", "PUT"),
      path: fc.constantFrom("/a/b", "/a/z", "/b/z", "/b"),
    })
    .map(({ principal: who, port, method, path }) => ({
      ...(who === undefined ? {} : { principal: who }),
      port,
      ...(HTTP_PORTS.includes(port) ? { request: { method, path } } : {}),
    }));

interface Others {
  action: "ALLOW" | "DENY";
  selector: Record<string, string>;
  rules: PolicyRule[];
}
const others = (): fc.Arbitrary<Others[]> =>
  fc.array(
    fc.record({
      action: fc.constantFrom("ALLOW", "ALLOW", "DENY"),
      selector: fc.constantFrom<Record<string, string>>({}, ...SELECTORS),
      rules: fc
        .tuple(some("b.local/*", "b.local/ns/n1/*", "a.local/ns/n2/sa/s1"), optional(some("8080", "5432")))
        .map(([principals, ports]): PolicyRule[] => [
          {
            from: [{ source: { principals } }],
            ...(ports === undefined ? {} : { to: [{ operation: { ports } }] }),
          },
        ]),
    }),
    { maxLength: 3 },
  );

/** The own trust domain is mostly `b.local`; none, one or both peers are known. */
const meshes = (): fc.Arbitrary<PolicyContext> =>
  fc
    .record({
      trustDomain: fc.constantFrom("b.local", "b.local", "cluster.local"),
      a: fc.constantFrom("a.local", "cluster.local", undefined),
      c: fc.constantFrom("c.local", "c.local", undefined),
    })
    .filter(({ trustDomain, a }) => trustDomain !== a)
    .map(({ trustDomain, a, c }) => ({ ...context, trustDomain, peers: { "cluster-a": a, "cluster-c": c } }));

const world = () => fc.record({ mesh: meshes(), services: services(), others: others() });
const workload = () => fc.constantFrom<Record<string, string>>(...WORKLOADS);

describe("AuthorizationPolicies for callers, for any rules", () => {
  it("deny at a workload exactly what its Services' rules or others' policies deny", () => {
    fc.assert(
      fc.property(world(), workload(), call(), (made, labels, attempt) => {
        const { policies, offered, mesh } = render(made);
        const here = offered.filter(({ selector }) => matches(selector, labels));
        const foreign = made.others.filter((policy) => selects(policy.selector, labels));
        const verdict = verdictOf(here, offered, attempt, mesh);
        const alone = allowsCall(foreign, attempt, mesh.trustDomain);
        const together = allowsCall(
          [
            ...foreign,
            ...policies
              .filter(({ spec }) => selects(spec.selector.matchLabels, labels))
              .map(({ spec }) => spec),
          ],
          attempt,
          mesh.trustDomain,
        );
        if (verdict === "either") return !together || alone;
        if (verdict === "refused") return !together;
        if (verdict === "not restricted") return together === alone;
        const denied = !allowsCall(
          foreign.filter(({ action }) => action === "DENY"),
          attempt,
          mesh.trustDomain,
        );
        const isNamed = here.some(
          (one) =>
            one.rule.callers !== undefined &&
            one.ports.some((port) => port.targetPorts.includes(attempt.port)),
        );
        return together === (alone || (isNamed && !denied));
      }),
      { numRuns: sweep(1000, 5000) },
    );
  });

  it("change nothing for callers of this cluster without localCallers", () => {
    fc.assert(
      fc.property(world(), workload(), call(), (made, labels, local) => {
        const silent = made.services.map(({ rule: { callers }, ...rest }) => ({
          ...rest,
          rule: callers === undefined ? {} : { callers },
        }));
        const { policies, mesh } = render({ ...made, services: silent });
        const foreign = made.others.filter((policy) => selects(policy.selector, labels));
        const own = policies
          .filter(({ spec }) => selects(spec.selector.matchLabels, labels))
          .map(({ spec }) => spec);
        const principalHere = local.principal?.replace(/^[^/]+/, mesh.trustDomain);
        const here = { ...local, ...(principalHere === undefined ? {} : { principal: principalHere }) };
        return (
          allowsCall([...foreign, ...own], here, mesh.trustDomain) ===
          allowsCall(foreign, here, mesh.trustDomain)
        );
      }),
      { numRuns: sweep(500, 2000) },
    );
  });

  it("allow no caller that they denied before while ports of some Services are unknown", () => {
    const silenced = fc.array(fc.boolean(), { minLength: 3, maxLength: 9 });
    fc.assert(
      fc.property(world(), silenced, workload(), call(), (made, isSilent, labels, attempt) => {
        let at = 0;
        const silent = made.services.map((one) => ({
          ...one,
          ports: one.ports.map((port) =>
            isSilent[at++ % isSilent.length] === true ? { ...port, ...unknown } : port,
          ),
        }));
        const before = render(made).policies;
        const now = render({ ...made, services: silent }, before).policies;
        const foreign = made.others.filter((policy) => selects(policy.selector, labels));
        const [was, is] = [before, now].map((policies) => {
          const ours = policies.filter(({ spec }) => selects(spec.selector.matchLabels, labels));
          return allowsCall([...foreign, ...ours.map(({ spec }) => spec)], attempt, made.mesh.trustDomain);
        });
        return is !== true || was === true;
      }),
      { numRuns: sweep(1000, 5000) },
    );
  });

  it("have no empty fields and a unique name per namespace", () => {
    fc.assert(
      fc.property(world(), (made) => {
        const { policies } = render(made);
        const names = policies.map(({ namespace, name }) => `${namespace}/${name}`);
        return new Set(names).size === names.length && !policies.some(({ spec }) => hasEmpty(spec));
      }),
      { numRuns: 1000 },
    );
  });

  it("are the same for Services in any order", () => {
    fc.assert(
      fc.property(
        world().chain((made) => fc.tuple(fc.constant(made), shuffled(made.services))),
        ([made, again]) =>
          JSON.stringify(render(made).policies) ===
          JSON.stringify(render({ ...made, services: again }).policies),
      ),
      { numRuns: 500 },
    );
  });
});

function render(
  {
    mesh,
    services: all,
    others: foreign,
  }: {
    mesh: PolicyContext;
    services: Offer[];
    others: Others[];
  },
  last: AuthorizationPolicy[] = [],
): {
  policies: AuthorizationPolicy[];
  offered: Offer[];
  mesh: PolicyContext;
} {
  const named = foreign.map((policy, index) => ({ ...policy, namespace: "shop", name: `others-${index}` }));
  const { allows } = foreignPolicyEffects(named, all, context.rootNamespace);
  const { policies, unenforceable } = decidePolicies(all, { ...mesh, foreignAllows: allows }, last);
  return { policies, offered: all.filter(({ host }) => !unenforceable.includes(host)), mesh };
}

/** Returns whether a list, map or text inside is empty, which istiod's validation refuses. */
function hasEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === "" || value === undefined;
  const parts: unknown[] = Object.values(value);
  return parts.length === 0 || parts.some(hasEmpty);
}

/** An empty selector of an AuthorizationPolicy selects all. */
function selects(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.keys(selector).length === 0 || matches(selector, labels);
}

/** @param here the Services of the workload. */
function verdictOf(
  here: readonly Offer[],
  offered: readonly Offer[],
  made: Call,
  { trustDomain, peers }: PolicyContext,
): Verdict {
  // A certificate without an identity counts like none.
  const domain = made.principal === "" ? undefined : made.principal?.split("/", 1)[0];
  const at = here.filter(({ ports }) => ports.some(({ targetPorts }) => targetPorts.includes(made.port)));
  if (domain === undefined || domain === trustDomain) {
    const speaking = at.flatMap(({ rule }) => (rule.localCallers === undefined ? [] : [rule.localCallers]));
    const isRefused = speaking.some((entries) => domain === undefined || !decide(entries, made));
    return isRefused ? "refused" : "not restricted";
  }
  const peer = Object.keys(peers).find((name) => peers[name] === domain);
  if (peer === undefined) return "not restricted";
  if (at.length > 0) return at.every((one) => admitsOf(one, peer, made)) ? "allowed" : "refused";
  // The gateway reaches other ports of the workload only if all of its Services are exported whole and unrestricted.
  if (offered.some(({ ports }) => ports.some(({ targetPorts }) => targetPorts.includes(made.port))))
    return "either";
  const known = PEERS.filter((name) => peers[name] !== undefined);
  return here.some((one) => !one.isWhole || refusesSomebody(one, known)) ? "refused" : "not restricted";
}

function admitsOf(one: Offer, peer: string, made: Call): boolean {
  const entries = (one.rule.callers ?? [{}]).filter((entry) => (entry.peer ?? peer) === peer);
  return one.audience.includes(peer) && decide(entries, made);
}

/** Evaluated for every caller that rules can distinguish. */
function refusesSomebody(one: Offer, known: readonly string[]): boolean {
  const accounts = ["n1", "n2", "n3"].flatMap((namespace) =>
    ["s1", "s2", "s3"].map((account) => `x/ns/${namespace}/sa/${account}`),
  );
  const requests = ["GET", "PUT"].flatMap((method) => ["/a/z", "/c"].map((path) => ({ method, path })));
  return known.some((peer) =>
    accounts.some((who) =>
      requests.some((request) => !admitsOf(one, peer, { principal: who, port: 8080, request })),
    ),
  );
}

/** The first entry that matches the caller decides. */
function decide(entries: readonly LocalCaller[], { principal: who = "", port, request }: Call): boolean {
  const [, , namespace = "", , account = ""] = who.split("/");
  const first = entries.find(
    ({ namespaces, serviceAccounts }) =>
      (namespaces === undefined && serviceAccounts === undefined) ||
      namespaces?.includes(namespace) === true ||
      serviceAccounts?.includes(`${namespace}/${account}`) === true,
  );
  if (first === undefined) return false;
  if (first.methods === undefined && first.paths === undefined) return true;
  if (request === undefined || !HTTP_PORTS.includes(port)) return false;
  const isPath = (path: string): boolean => new RegExp(`^${path.replaceAll("*", ".*")}$`).test(request.path);
  return (
    first.methods?.includes(request.method) !== false &&
    (first.paths === undefined || first.paths.some(isPath))
  );
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
