import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { indexOf, parseRange } from "../../../federation/dns/addressRange.ts";
import { allotAddresses, roomIn } from "../../../federation/dns/allotAddresses.ts";

/** So small that hashes meet. */
const range = parseRange("240.241.7.0/24");
const hosts = fc.uniqueArray(
  fc.integer({ min: 0, max: 500 }).map((number) => `s${number}.team.svc.b.local`),
  { maxLength: 90 },
);

describe("Addresses of imported services", () => {
  it("are of the range, and each one's own", () => {
    fc.assert(
      fc.property(hosts, (names) => {
        const allotted = allotAddresses(names, range);
        assert.deepEqual(Object.keys(allotted), [...names].sort());
        assert.equal(new Set(Object.values(allotted)).size, names.length);
        for (const address of Object.values(allotted)) assert.notEqual(indexOf(range, address), undefined);
      }),
    );
  });

  it("are the same in whatever order the services come", () => {
    fc.assert(
      fc.property(hosts, (names) => {
        assert.deepEqual(allotAddresses([...names].reverse(), range), allotAddresses(names, range));
      }),
    );
  });

  it("stay when other services come and go", () => {
    fc.assert(
      fc.property(hosts, hosts, (before, now) => {
        const last = allotAddresses(before, range);
        const next = allotAddresses(now, range, last);
        for (const host of now) if (before.includes(host)) assert.equal(next[host], last[host]);
      }),
    );
  });

  it("are given anew where the last ones are not of the range, or two services had the same", () => {
    const last = { "a.b": "10.0.0.1", "c.d": "240.241.7.9", "e.f": "240.241.7.9", "g.h": "nonsense" };
    const next = allotAddresses(Object.keys(last), range, last);
    assert.equal(next["c.d"], "240.241.7.9");
    assert.equal(new Set(Object.values(next)).size, 4);
    for (const address of Object.values(next)) assert.match(address, /^240\.241\.7\.\d+$/);
  });

  it("are not those that others hold", () => {
    fc.assert(
      fc.property(hosts, hosts, (names, others) => {
        const held = Object.values(allotAddresses(others, range));
        const given = Object.values(allotAddresses(names, range, allotAddresses(names, range), held));
        assert.deepEqual(
          given.filter((address) => held.includes(address)),
          [],
        );
        assert.deepEqual(
          allotAddresses(names, range, {}, ["10.0.0.1", "nonsense"]),
          allotAddresses(names, range),
        );
      }),
    );
  });

  it("are never the first or the last of the range, and not more than there is room for", () => {
    const many = Array.from({ length: roomIn(range) }, (_, index) => `s${index}.team.global`);
    const given = Object.values(allotAddresses(many, range));
    assert.equal(given.length, 192);
    assert.equal(given.includes("240.241.7.0") || given.includes("240.241.7.255"), false);
    assert.throws(() => allotAddresses([...many, "one.more"], range), RangeError);
  });
});
