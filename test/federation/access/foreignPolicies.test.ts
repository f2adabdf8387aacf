import assert from "node:assert/strict";
import { type ForeignPolicy, foreignPolicyEffects } from "../../../federation/access/foreignPolicies.ts";

const bar = { namespace: "shop", host: "bar.shop", selector: { app: "bar" } };
const foo = { namespace: "abc", host: "foo.abc", selector: { app: "foo" } };
const bare = { namespace: "shop", host: "bare.shop", selector: {} };

function policy(changes: Partial<ForeignPolicy>): ForeignPolicy {
  return { namespace: "shop", name: "theirs", action: "ALLOW", selector: {}, ...changes };
}

describe("AuthorizationPolicies of others", () => {
  const cases: [string, Partial<ForeignPolicy>, string[]][] = [
    ["of a whole namespace apply to its Services' workloads", {}, ["bar.shop"]],
    ["of the whole mesh apply to all workloads", { namespace: "istio-system" }, ["bar.shop", "foo.abc"]],
    [
      "of the mesh, for some labels, apply where workloads may have these labels",
      { namespace: "istio-system", selector: { app: "foo" } },
      ["foo.abc"],
    ],
    [
      "with labels apply where workloads may have these labels",
      { selector: { version: "v2" } },
      ["bar.shop"],
    ],
    ["with another value of a label do not apply", { selector: { app: "other" } }, []],
    ["of another namespace do not apply", { namespace: "client" }, []],
  ];
  for (const [what, changes, hosts] of cases) {
    it(what, () => {
      const { allows, notes } = foreignPolicyEffects([policy(changes)], [foo, bar, bare], "istio-system");
      assert.deepEqual(Object.keys(allows), hosts);
      assert.equal(notes.length, hosts.length === 0 ? 0 : 1);
    });
  }

  it("of the mesh are those of its root namespace, whatever its name", () => {
    const found = [policy({ namespace: "mesh" }), policy({ namespace: "istio-system", name: "b" })];
    const { allows, notes } = foreignPolicyEffects(found, [foo, bar, bare], "mesh");
    assert.deepEqual([Object.keys(allows), notes.length], [["bar.shop", "foo.abc"], 1]);
  });

  it("are returned by selector when ALLOW, and only noted when DENY or CUSTOM", () => {
    const found = [
      policy({ name: "z", selector: { version: "v2" } }),
      policy({ name: "d", action: "DENY" }),
      policy({ name: "c", action: "CUSTOM" }),
      policy({ name: "a" }),
    ];
    const { allows, notes } = foreignPolicyEffects(found, [bar], "istio-system");
    assert.deepEqual(allows, { "bar.shop": [{}, { version: "v2" }] });
    assert.deepEqual(
      notes.map((note) =>
        /^AuthorizationPolicy shop\/(\w) \((\w+)\) selects workloads of 1 exported/.exec(note)?.slice(1),
      ),
      [
        ["a", "ALLOW"],
        ["c", "CUSTOM"],
        ["d", "DENY"],
        ["z", "ALLOW"],
      ],
    );
  });

  it("are noted in a bounded number of lines", () => {
    const many = Array.from({ length: 100 }, (_, index) => policy({ name: `p${index}` }));
    const { notes } = foreignPolicyEffects(many, [bar], "istio-system");
    assert.equal(notes.length, 21);
    assert.equal(notes.at(-1), "and 80 more policies of others apply to peers' calls too");
  });
});
