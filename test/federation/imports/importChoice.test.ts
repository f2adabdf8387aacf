import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ImportRule } from "../../../federation/config/importRules.ts";
import type { ContractService } from "../../../federation/contract/service.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import { refuseExtraName } from "../../../federation/core/domains.ts";
import { type PeerImports, planImports } from "../../../federation/imports/contracts.ts";
import { chooseImports } from "../../../federation/imports/importChoice.ts";
import { label } from "../arbitraries.ts";
import { localCluster, barService, contractOf } from "../samples.ts";

const hostOf = (name: string): string => `${name}.svc.cluster-b.local`;

/** A plan for cluster-b with these services, each `<name>.<namespace>`. */
function planOf(services: Record<string, Partial<ContractService>>): PeerImports {
  const offered = Object.entries(services).map(([name, more]) => [hostOf(name), { ...barService, ...more }]);
  const contract = contractOf({ services: Object.fromEntries(offered) });
  const planned = planImports(localCluster, { "cluster-b": contract }).imports["cluster-b"] ?? assert.fail();
  // The labels are what is published; reading them is the contract's affair.
  return { ...planned, contract };
}

const shop = planOf({ "bar.xyz": { labels: { tier: "gold" } }, "foo.xyz": {}, "web.shop": {} });

const refuse = (name: string) =>
  refuseExtraName(name, ["cluster-a.local"], (domain) => (domain === "c.mesh" ? "peer c" : undefined));
const choose = (imports: ImportRule[], found = shop, exportTo?: string[]) =>
  chooseImports(found, { imports, ...(exportTo === undefined ? {} : { exportTo }) }, refuse);

const namesOf = (imports: ImportRule[], found = shop): string[] =>
  Object.keys(choose(imports, found).services).map((name) => name.replace(/\.svc\..*/, ""));

describe("The choice of imports", () => {
  it("includes all services unchanged without rules", () => {
    const choice = chooseImports(shop, {}, refuse);
    assert.deepEqual({ ...choice, ...shop }, choice);
    assert.deepEqual([choice.faults, choice.warnings], [[], []]);
  });

  for (const [what, rules, names] of [
    ["nothing by an empty list of rules", [], []],
    ["exactly the services that a rule matches", [{ namespace: ["xyz"] }], ["bar.xyz", "foo.xyz"]],
    ["the services with a rule's labels", [{ selector: { tier: "gold" } }], ["bar.xyz"]],
    [
      "all except those that an earlier rule skips",
      [{ service: ["bar"], skip: true }, {}],
      ["foo.xyz", "web.shop"],
    ],
    [
      "a service that an earlier rule imports and a later one skips",
      [{ service: ["bar"] }, { namespace: ["xyz"], skip: true }, {}],
      ["bar.xyz", "web.shop"],
    ],
  ] as [string, ImportRule[], string[]][]) {
    it(`includes ${what}`, () => {
      assert.deepEqual(namesOf(rules), names);
    });
  }

  it("has exportTo only where it differs from the peer's", () => {
    const rules = [{ service: ["bar"], exportTo: ["shop", "client"] }, {}];
    const seen = (exportTo?: string[]) =>
      Object.values(choose(rules, shop, exportTo).services).map((service) => service.exportTo);
    assert.deepEqual(seen(), [["client", "shop"], [], []]);
    assert.deepEqual(seen(["client", "shop"]), [[], [], []]);
  });

  it("leaves a service unchanged by a rule without settings", () => {
    const { services } = choose([{}]);
    assert.ok(Object.entries(services).every(([name, service]) => service === shop.services[name]));
  });

  it("warns of a rule that matches nothing, and of a shadowed one", () => {
    const rules = [{ namespace: ["abc"] }, {}, { service: ["bar"] }];
    const { warnings, faults } = choose(rules);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      warnings.map(({ path, rule }) => `${path} ${rule}`),
      [
        "peers.cluster-b.imports[0] matches none of the 3 service(s) that the peer offers",
        "peers.cluster-b.imports[2] matches 1 service(s), and rules before it decide on all of them",
      ],
    );
  });

  it("selects nothing by an empty selector, with a warning", () => {
    const { services, warnings } = choose([{ selector: {} }]);
    assert.deepEqual(services, {});
    assert.deepEqual(
      warnings.map(({ rule }) => rule),
      ["has an empty selector, which selects nothing"],
    );
  });

  it("counts skipped services only when nothing is imported", () => {
    assert.equal(choose([{ skip: true }]).passedOver, 3);
    assert.equal(choose([{}]).passedOver, 0);
    assert.equal(choose([{}], planOf({})).passedOver, 0);
  });
});

describe("An import under a further name", () => {
  it("is a separate import with the remote host, beside the service's own", () => {
    const outlierDetection = { interval: "5s" };
    const as = ["{name}.{namespace}.global", "bar.example.org"];
    const { services, faults } = choose([{ service: ["bar"], as, outlierDetection, exportTo: ["client"] }]);
    assert.deepEqual(faults, []);
    const settled = { ...shop.services[hostOf("bar.xyz")], outlierDetection, exportTo: ["client"] };
    const renamed = { ...settled, remoteHost: hostOf("bar.xyz") };
    assert.deepEqual(services, {
      "bar.example.org": renamed,
      "bar.xyz.global": renamed,
      [hostOf("bar.xyz")]: settled,
    });
  });

  it("may have the service's own host", () => {
    const found = choose([{ as: ["{name}.{namespace}.svc.cluster-b.local"] }]);
    assert.deepEqual(found.faults, []);
    assert.deepEqual(found.services, shop.services);
  });

  const wrong: [string, string, string, RegExp][] = [
    ["in our own domain", "{name}.{namespace}.svc.cluster-a.local", "foo.xyz", /this cluster's own domain/],
    ["equal to our domain", "cluster-a.local", "foo.xyz", /this cluster's own domain/],
    ["without a domain", "foo", "foo.xyz", /without a domain/],
    ["that is the short name of a local Service", "{name}.{namespace}.svc", "foo.xyz", /of this side/],
    ["that is too long", `{name}.${"a2345678.".repeat(28)}global`, "foo.xyz", /at most 253 characters/],
  ];
  for (const [what, template, service, rule] of wrong) {
    it(`is refused ${what}`, () => {
      const found = planOf({ [service]: {} });
      const { faults, services } = choose([{ as: [template] }], found);
      assert.deepEqual(
        faults.map(({ path }) => path),
        ["peers.cluster-b.imports[0].as"],
      );
      assert.match(faults[0]?.rule ?? "", rule);
      assert.deepEqual(services, found.services);
    });
  }

  const heldNow: [string, string, string, RegExp][] = [
    [
      "in another peer's domain",
      "bar.c.mesh",
      "bar.c.mesh",
      /is a name of 'c\.mesh', the domain of peer c; what is/,
    ],
    [
      "in another peer's domain by its service",
      "{name}.{namespace}.mesh",
      "foo.c.mesh",
      /the domain of peer c; what is/,
    ],
    [
      "in our domain by its service",
      "{name}.{namespace}.local",
      "foo.cluster-a.local",
      /own domain 'cluster-a\.local'; /,
    ],
    [
      "that is too long by its service",
      `{name}.${"a2345678.".repeat(27)}abcdefg`,
      "",
      /at most 253 characters; what is/,
    ],
  ];
  for (const [what, template, name, rule] of heldNow) {
    it(`is held ${what}, and no fault of this stack`, () => {
      const found = planOf({
        [`foo.${name === "foo.cluster-a.local" ? "cluster-a" : "c"}`]: {},
        "bar.shop": {},
      });
      const { faults, clashes, heldNames, services } = choose([{ as: [template] }], found);
      assert.deepEqual(faults, []);
      assert.match(clashes[0]?.rule ?? "", rule);
      if (name !== "") assert.deepEqual(heldNames, [name]);
      for (const host of heldNames) assert.ok(!Object.hasOwn(services, host));
      for (const host of Object.keys(found.services)) assert.ok(Object.hasOwn(services, host));
    });
  }

  it("is held for all services where these and the further names are too many together", () => {
    const found = planOf(
      Object.fromEntries(Array.from({ length: 25_001 }, (_, index) => [`s${index}.xyz`, {}])),
    );
    const { faults, clashes, heldNames, services } = choose([{ as: ["{name}.{namespace}.global"] }], found);
    assert.deepEqual([faults, heldNames.length, Object.keys(services).length], [[], 25_001, 25_001]);
    assert.match(
      clashes[0]?.rule ?? "",
      /^make 50,002 names of [\d,]+ bytes of ServiceEntries, and may make 50,000/,
    );
  });

  it("is held for two services, with an error per template that names both", () => {
    const remedy =
      "what is registered of it stays until that is settled. Let the rule match one service only, use both {name} and {namespace} in the name, or choose another.";
    const { faults, clashes, heldNames, services } = choose([
      { as: ["all.example.org", "{name}.example.org", hostOf("web.shop")] },
    ]);
    assert.deepEqual(faults, []);
    assert.deepEqual(heldNames, ["all.example.org", hostOf("web.shop")]);
    assert.deepEqual(
      heldNames.filter((name) => Object.hasOwn(services, name)),
      [],
    );
    assert.ok(Object.hasOwn(services, "bar.example.org"));
    assert.deepEqual(clashes.map(describeFault), [
      'peers.cluster-b.imports[0].as: "all.example.org" would be the name of two of the peer\'s services, ' +
        `bar.xyz.svc.cluster-b.local and foo.xyz.svc.cluster-b.local; ${remedy}`,
      'peers.cluster-b.imports[0].as: "web.shop.svc.cluster-b.local" would be the name of two of the peer\'s services, ' +
        `web.shop.svc.cluster-b.local and bar.xyz.svc.cluster-b.local; ${remedy}`,
    ]);
  });

  it("is skipped for a service without name and namespace where the template needs them", () => {
    const found = planOf({ "db-0.db.xyz": {}, "foo.xyz": {} });
    const { services, refused, faults } = choose([{ as: ["{name}.{namespace}.global"] }], found);
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(services), [hostOf("db-0.db.xyz"), "foo.xyz.global", hostOf("foo.xyz")]);
    assert.match(refused[0]?.rule ?? "", /is no name for db-0\.db\.xyz/);
  });

  it("is never in our domain or shared by two services, and has an exported remote host", () => {
    const services = fc.dictionary(
      fc.tuple(label(), label()).map((parts) => parts.join(".")),
      fc.constant({}),
      { maxKeys: 5 },
    );
    const part = fc.oneof(fc.constantFrom("{name}", "{namespace}", "cluster-a", "local", "svc"), label());
    const templates = fc.array(
      fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(".")),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(services, templates, (offered, as) => {
        const found = planOf(offered);
        const { services: chosen, faults, givenAt } = choose([{ as }], found);
        for (const [name, { remoteHost }] of Object.entries(chosen)) {
          assert.ok(!`.${name}`.endsWith(".cluster-a.local"));
          assert.ok(Object.hasOwn(found.services, remoteHost ?? name));
          assert.equal(givenAt.has(name), remoteHost !== undefined);
        }
        assert.ok(faults.length <= as.length);
        assert.equal(
          JSON.stringify(choose([{ as }], found)),
          JSON.stringify(choose([{ as }], planOf(offered))),
        );
      }),
    );
  });
});
