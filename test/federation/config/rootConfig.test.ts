import assert from "node:assert/strict";
import { rootNameChange } from "../../../federation/authority/rootPlan.ts";
import fc from "fast-check";
import { isRootStack } from "../../../federation/config/rootStack.ts";
import { faultsThrown, validRootConfig } from "../samples.ts";
import { TestAuthority } from "../../support/testAuthority.ts";

const clusters = {
  "cluster-b": {
    stack: "acme/mesh/b",
    trustDomain: "b.example",
    istiodHosts: ["ISTIOD.b.example.", "192.0.2.7"],
  },
  "cluster-a": { stack: "cluster-a", trustDomain: "a.example" },
};

const parse = (rootAuthority: unknown, others: object = {}) =>
  validRootConfig({ rootAuthority, ...others }, "root-ca");
const paths = (rootAuthority: unknown, others: object = {}): string[] =>
  faultsThrown(() => parse(rootAuthority, others)).map((fault) => fault.split(": ")[0] ?? "");

describe("The config of a shared root", () => {
  it("requires clusters only", () => {
    assert.deepEqual(parse({ clusters }), {
      rootAuthority: {
        name: "istio-federation",
        algorithm: "ECDSA",
        expiryWarningDays: 90,
        clusters: {
          "cluster-a": { stack: "cluster-a", trustDomain: "a.example", istiodHosts: [] },
          "cluster-b": {
            stack: "acme/mesh/b",
            trustDomain: "b.example",
            istiodHosts: ["192.0.2.7", "istiod.b.example"],
          },
        },
      },
    });
    assert.deepEqual(Object.keys(parse({ clusters }).rootAuthority.clusters), ["cluster-a", "cluster-b"]);
  });

  it("makes the stack a shared root's unless empty", () => {
    assert.equal(isRootStack({ rootAuthority: { clusters: {} }, cluster: {} }), true);
    assert.equal(isRootStack({ rootAuthority: {}, cluster: { name: "a" } }), false);
    assert.equal(isRootStack({}), false);
  });

  it("accepts the project's default topology and no other", () => {
    assert.deepEqual(paths({ clusters }, { topology: "federation" }), []);
    assert.deepEqual(paths({ clusters }, { topology: "replicated" }), ["topology"]);
  });

  it("reports all faults at once, the sections of a cluster among them", () => {
    const found = paths(
      {
        name: "-",
        algorithm: "DSA",
        expiryWarningDays: -1,
        clusters: {
          A: { stack: "root-ca", trustDomain: "A_B" },
          b: { stack: "x", trustDomain: "b.example", istiodHosts: ["https://x/y"], domain: "y" },
          c: { stack: "x", trustDomain: "sub.b.example" },
        },
      },
      { cluster: { name: "a" }, exports: [{}], peer: 1, brake: {} },
    );
    assert.deepEqual(found.sort(), [
      "cluster",
      "exports",
      "peer",
      "rootAuthority.algorithm",
      "rootAuthority.clusters.A",
      "rootAuthority.clusters.A.stack",
      "rootAuthority.clusters.A.trustDomain",
      "rootAuthority.clusters.b.domain",
      "rootAuthority.clusters.b.istiodHosts[0]",
      "rootAuthority.clusters.c.stack",
      "rootAuthority.clusters.c.trustDomain",
      "rootAuthority.expiryWarningDays",
      "rootAuthority.name",
    ]);
    const [fault] = faultsThrown(() => parse({ clusters }, { cluster: { name: "a" } }));
    assert.match(
      fault ?? "",
      /^cluster: is for a cluster's stack, and 'rootAuthority' for a shared root's: a stack is either/,
    );
  });

  for (const [what, rootAuthority, expected] of [
    ["without clusters", { name: "x" }, ["rootAuthority.clusters"]],
    ["without clusters yet", { clusters: {} }, []],
    [
      "with clusters of one trust domain",
      {
        clusters: {
          a: { stack: "a", trustDomain: "x.example" },
          b: { stack: "b", trustDomain: "x.example" },
        },
      },
      [],
    ],
    [
      "with overlapping trust domains",
      {
        clusters: {
          a: { stack: "a", trustDomain: "a.x.example" },
          b: { stack: "b", trustDomain: "x.example" },
        },
      },
      ["rootAuthority.clusters.b.trustDomain"],
    ],
    [
      "with the subject of a cluster's certificates as its name",
      { name: "A.example", clusters: { a: { stack: "a", trustDomain: "a.example" } } },
      ["rootAuthority.clusters.a.trustDomain"],
    ],
    [
      "with a cluster without trust domain",
      { clusters: { a: { stack: "a" } } },
      ["rootAuthority.clusters.a.trustDomain"],
    ],
    ["with a name in two lines", { name: "a\nb", clusters: {} }, ["rootAuthority.name"]],
    ["with a name with two spaces", { name: "a  b", clusters: {} }, ["rootAuthority.name"]],
    ["with a company's name", { name: "Example Corp. 2", clusters: {} }, []],
    ["that is a list", [1], ["rootAuthority"]],
    ["with clusters that are a list", { clusters: [1] }, ["rootAuthority.clusters"]],
  ] as const) {
    it(`${expected.length > 0 ? "refuses" : "accepts"} ${what}`, () => {
      assert.deepEqual(paths(rootAuthority), expected);
    });
  }

  it("may pin a cluster's key", () => {
    const key = Array(32).fill("AB").join(":");
    const { rootAuthority } = parse({ clusters: { a: { stack: "a", trustDomain: "a.example", key } } });
    assert.equal(rootAuthority.clusters["a"]?.key, key);
    const named = { stack: "a", trustDomain: "a.example", cluster: "B_" };
    assert.deepEqual(paths({ clusters: { a: named } }), ["rootAuthority.clusters.a.cluster"]);
    for (const value of [{ key: null }, { cluster: null }])
      assert.ok(
        paths({ clusters: { a: value } }).every((path) => path.startsWith("rootAuthority.clusters.a.")),
      );
  });

  it("refuses another name for an existing root", async () => {
    const config = validRootConfig({ rootAuthority: { name: "acme", clusters: {} } }, "root-ca");
    const rules = async (name: string) =>
      rootNameChange([(await TestAuthority.root(`O=${name}, CN=Root CA`)).pem], config).map(
        ({ rule }) => rule,
      );
    assert.deepEqual(await rules("acme"), []);
    assert.match((await rules("other")).join(), /^is another than 'other', which the root has/);
    for (const output of [undefined, [], ["?"], "?"]) assert.deepEqual(rootNameChange(output, config), []);
  });

  it("of any shape is parsed or has faults", () => {
    const raw = fc.record({
      name: fc.jsonValue(),
      clusters: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())),
    });
    fc.assert(
      fc.property(fc.oneof(raw, fc.jsonValue()), (rootAuthority) => {
        faultsThrown(() => parse(rootAuthority));
      }),
      { numRuns: 500 },
    );
  });
});
