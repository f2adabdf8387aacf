import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decode,
  differences,
  encode,
  hasSecret,
  hasUnknown,
  markSecrets,
  reveal,
  rootOf,
  Secret,
  UNKNOWN,
  type Value,
} from "../../../../lab/plugins/protocol/values.ts";

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant(UNKNOWN),
    tie("value").map((inner) => new Secret(inner)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}));

describe("Values on Pulumi's wire", () => {
  it("come back as they went, secrets and unknown ones included", () => {
    fc.assert(
      fc.property(value, (sent) => {
        assert.deepEqual(decode(encode({ sent })), { sent });
      }),
    );
  });

  it("have no secret marks once revealed, and lose nothing else", () => {
    fc.assert(
      fc.property(value, (marked) => {
        assert.equal(hasSecret(reveal(marked)), false);
        assert.equal(hasUnknown(reveal(marked)), hasUnknown(marked));
      }),
    );
  });

  it("get the marks of their inputs back, a list as a whole", () => {
    const inputs = {
      token: new Secret("t"),
      list: [{ a: new Secret(1) }],
      nested: { b: new Secret(2), c: 3 },
    };
    const outputs = { token: "t", list: [{ a: 1 }, { a: 4 }], nested: { b: 2, c: 3 }, own: true };
    assert.deepEqual(markSecrets(outputs, inputs), {
      token: new Secret("t"),
      list: new Secret([{ a: 1 }, { a: 4 }]),
      nested: { b: new Secret(2), c: 3 },
      own: true,
    });
  });
});

describe("Differences between values", () => {
  it("are none between a value and itself, unless something is unknown", () => {
    fc.assert(
      fc.property(value, (one) => {
        assert.equal(Object.keys(differences({ one }, { one })).length > 0, hasUnknown(one));
      }),
    );
  });

  it("are named by the engine's property paths", () => {
    const before = { metadata: { labels: { "a.b/c": "1", old: "x" } }, ports: [{ port: 1 }], same: [1, 2] };
    const after = { metadata: { labels: { "a.b/c": "2" } }, ports: [{ port: 1 }, { port: 2 }], same: [1, 2] };
    assert.deepEqual(differences(before, after), {
      'metadata.labels["a.b/c"]': "update",
      "metadata.labels.old": "delete",
      "ports[1]": "add",
    });
  });

  it("do not come from secret marks, nor from null instead of nothing", () => {
    assert.deepEqual(differences({ a: new Secret("x"), b: null }, { a: "x" }), {});
  });

  for (const [path, root] of Object.entries({ "a.b": "a", "a[0].b": "a", '["x.y"].z': '["x.y"]', a: "a" })) {
    it(`have ${root} as the root of ${path}`, () => {
      assert.equal(rootOf(path), root);
    });
  }
});
