import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import structPb, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { decodeValue, encodedEntries } from "../../discovery/engine.ts";

const {
  specialSigKey: mark,
  specialSecretSig: secret,
  specialAssetSig: asset,
  unknownValue,
} = pulumi.runtime;

/** Key that google-protobuf encodes in no map, and a text of equal length that stands for it. */
const [PROTOTYPE, STAND_IN] = ["__proto__", "--proto--"];

function encoded(value: unknown): Uint8Array {
  const encodable = structPb.Value.fromJavaScript(withStandIn(value) as JavaScriptValue);
  const text = Buffer.from(encodable.serializeBinary()).toString("latin1");
  return Buffer.from(text.replaceAll(STAND_IN, PROTOTYPE), "latin1");
}

/** Renames the keys `__proto__` of a JSON value. */
function withStandIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withStandIn);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key === PROTOTYPE ? STAND_IN : key,
    withStandIn(each),
  ]);
  return Object.fromEntries(entries);
}

/** Returns a value within so many lists. */
function nested(levels: number): unknown {
  let value: unknown = "x";
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe("A value of the engine", () => {
  it("is decoded to what was encoded", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }).map(plain), (value) => {
        assert.deepEqual(decodeValue(encoded(value)), plain(value));
      }),
    );
  });

  it("may be a text of any characters and length, and any number", () => {
    for (const value of ["", "ä€𝄞\u0000\n", "€".repeat(100_000), 0.1, -1, 2 ** 53, 1e300]) {
      assert.equal(decodeValue(encoded(value)), value);
    }
  });

  it("may have a key `__proto__`", () => {
    const value = decodeValue(encoded(JSON.parse('{ "__proto__": "x" }')));
    assert.deepEqual(Object.entries(value as object), [["__proto__", "x"]]);
  });

  it("is taken out of the marks of secrets, on any level", () => {
    const value = {
      [mark]: secret,
      value: { key: { [mark]: secret, value: "k" }, list: [{ [mark]: secret, value: 1 }] },
    };
    assert.deepEqual(decodeValue(encoded(value)), { key: "k", list: [1] });
  });

  it("is undefined where it is unknown", () => {
    assert.deepEqual(decodeValue(encoded({ a: unknownValue, b: 1 })), { a: undefined, b: 1 });
  });

  it("makes no file of a peer's asset", () => {
    const value = { [mark]: asset, path: "/etc/passwd" };
    assert.deepEqual(decodeValue(encoded(value)), value);
  });

  it("is not decoded where it has too many levels", () => {
    assert.deepEqual(decodeValue(encoded(nested(100))), nested(100));
    for (const levels of [101, 1000]) {
      assert.throws(() => decodeValue(encoded(nested(levels))), /^Error: a value has more than 100 levels/);
    }
  });

  it("has encoded entries, each with its size, where it is a map", () => {
    const entries = encodedEntries(encoded({ large: "x".repeat(1000), small: 1, map: { a: "b" } }));
    assert.deepEqual([...entries.keys()].sort(), ["large", "map", "small"]);
    assert.ok((entries.get("large")?.length ?? 0) >= 1000);
    assert.ok((entries.get("small")?.length ?? 0) < 20);
    assert.deepEqual(decodeValue(entries.get("map") ?? new Uint8Array()), { a: "b" });
    for (const value of ["text", 1, [], null]) assert.equal(encodedEntries(encoded(value)).size, 0);
  });
});

/** google-protobuf encodes -0 as 0. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
