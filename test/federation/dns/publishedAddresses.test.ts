import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { publishAddresses, readAddresses } from "../../../federation/dns/publishedAddresses.ts";
import { FaultsError } from "../../../federation/fault.ts";

const addressesOf = (count: number): Record<string, Record<string, string>> => {
  const names = Array.from({ length: count - 1 }, (_, index) => [`s${index}.b.local`, "240.241.7.7"]);
  return { b: Object.fromEntries(names) as Record<string, string>, c: { "bar.c.local": "240.241.8.8" } };
};

describe("Addresses as a stack publishes them", () => {
  it("are in the open up to a hundred names", () => {
    assert.deepEqual(publishAddresses(addressesOf(100)), addressesOf(100));
    assert.deepEqual(publishAddresses({}), {});
  });

  it("are hidden from Pulumi's display beyond that, which says how many they are", () => {
    const { __addresses: hidden, ...shown } = publishAddresses(addressesOf(10_000)) as Record<
      string,
      unknown
    >;
    assert.deepEqual(hidden, addressesOf(10_000));
    assert.deepEqual(Object.keys(shown), ["foldedAddresses"]);
    assert.match(
      String(shown["foldedAddresses"]),
      /^10,000 addresses, sha256 [0-9a-f]{12}; `pulumi stack output importAddresses --json` shows them$/,
    );
  });

  it("are read in both forms", () => {
    for (const count of [1, 100, 101, 1000]) {
      const published: unknown = JSON.parse(JSON.stringify(publishAddresses(addressesOf(count))));
      assert.deepEqual(readAddresses(published), addressesOf(count));
    }
    for (const nothing of [undefined, null, {}]) assert.deepEqual(readAddresses(nothing), {});
  });

  it("are told where they cannot be read", () => {
    for (const other of [
      { b: 1 },
      [],
      "text",
      { b: { c: 1 } },
      { foldedAddresses: "x", __addresses: { b: 1 } },
    ])
      assert.throws(() => readAddresses(other), FaultsError);
  });
});
