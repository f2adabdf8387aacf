import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { describeFault } from "../../../federation/core/fault.ts";
import {
  type Leftover,
  describeLeftovers,
  validateLeftovers,
  leftoverSelector,
  tallyLeftovers,
} from "../../../federation/imports/leftovers.ts";

const PEER = "istio-federation.dev/peer";
const OURS = `app.kubernetes.io/managed-by=istio-federation,${PEER}`;
const MONDAY = "2026-11-16T10:00:00Z";
const TUESDAY = "2026-11-17T09:00:00Z";

function entry(peer: string, creationTimestamp?: string, name = `s${made++}.global`) {
  return {
    name,
    labels: { [PEER]: peer },
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
}
let made = 0;

describe("The label selector of leftovers", () => {
  const cases: [string, string[], string][] = [
    ["selects all imports where no peer is known", [], OURS],
    ["excludes known peers", ["b"], `${OURS},${PEER} notin (b)`],
    ["has each peer once, sorted", ["c", "b", "c"], `${OURS},${PEER} notin (b,c)`],
  ];
  for (const [what, peers, selector] of cases) {
    it(what, () => {
      assert.equal(leftoverSelector(peers), selector);
    });
  }
});

describe("The tally of leftovers", () => {
  it("counts leftovers by peer, with the newest creation time", () => {
    const entries = [entry("c", MONDAY), entry("b", TUESDAY), entry("b", MONDAY), entry("b", MONDAY)];
    const tally = tallyLeftovers(entries);
    assert.deepEqual(tally, { b: { entries: 3, newest: TUESDAY }, c: { entries: 1, newest: MONDAY } });
    assert.deepEqual(Object.keys(tally), ["b", "c"]);
  });

  it("counts a service once for all of its objects", () => {
    const objects = [entry("b", MONDAY, "bar"), entry("b", TUESDAY, "bar"), entry("c", MONDAY, "bar")];
    assert.deepEqual(tallyLeftovers(objects), {
      b: { entries: 1, newest: TUESDAY },
      c: { entries: 1, newest: MONDAY },
    });
  });

  it("counts a local Service under its imported service", () => {
    const annotations = { "istio-federation.dev/host": "bar.global" };
    const local = { ...entry("b", TUESDAY, "bar-xyz-b"), annotations };
    assert.deepEqual(tallyLeftovers([entry("b", MONDAY, "bar.global"), local, local]), {
      b: { entries: 1, newest: TUESDAY },
    });
  });

  it("skips objects without a peer label", () => {
    assert.deepEqual(
      tallyLeftovers([
        entry(""),
        { name: "x" },
        { name: "y", labels: { "app.kubernetes.io/managed-by": "x" } },
      ]),
      {},
    );
  });

  it("is complete and the same in any order", () => {
    const some = fc.record({
      peer: fc.constantFrom("a", "b", "c"),
      newest: fc.constantFrom(MONDAY, TUESDAY),
    });
    fc.assert(
      fc.property(fc.array(some), (found) => {
        const entries = found.map(({ peer, newest }) => entry(peer, newest));
        const tally = tallyLeftovers(entries);
        assert.deepEqual(tallyLeftovers(entries.toReversed()), tally);
        const total = Object.values(tally).reduce((sum, leftover) => sum + leftover.entries, 0);
        assert.equal(total, entries.length);
      }),
    );
  });
});

describe("The warning about leftovers", () => {
  it("states the peer, their number, and that they are removed", () => {
    const leftovers = {
      "cluster-old": { entries: 12_000, newest: MONDAY },
      "cluster-older": { entries: 1, newest: MONDAY },
    };
    assert.deepEqual(describeLeftovers(leftovers), [
      "12,000 imported services of peer cluster-old, which this stack neither names nor knows, were left behind; this update removes them.",
      "1 imported service of peer cluster-older, which this stack neither names nor knows, was left behind; this update removes it.",
    ]);
    assert.deepEqual(describeLeftovers({}), []);
  });

  it("stays short when there are very many peers", () => {
    const many = Array.from({ length: 1000 }, (_, index): [string, Leftover] => [
      `peer-${index}`,
      { entries: 1, newest: MONDAY },
    ]);
    const lines = describeLeftovers(Object.fromEntries(many));
    assert.equal(lines.length, 21);
    assert.match(lines[20] ?? "", /^Imported services of 980 more such peer\(s\)/);
  });
});

describe("A cluster with imports from this cluster itself", () => {
  it("belongs to another stack, by a fault with context and remedy", () => {
    const [fault, ...more] = validateLeftovers(
      { "cluster-a": { entries: 2, newest: MONDAY } },
      "cluster-a",
      "b",
    );
    assert.deepEqual(more, []);
    assert.equal(
      describeFault(fault!),
      'kubeconfig.context: "b" is a cluster with 2 imported services of peer cluster-a, which is this cluster: ' +
        "it seems to be another stack's cluster. Name the context of this stack's cluster; if this is it, delete them: " +
        "kubectl -n istio-federation delete virtualservices.networking.istio.io,services,destinationrules.networking.istio.io,serviceentries.networking.istio.io -l " +
        "app.kubernetes.io/managed-by=istio-federation,istio-federation.dev/peer=cluster-a.",
    );
  });

  it("is distinguished from one with other peers' imports only", () => {
    assert.deepEqual(
      validateLeftovers({ "cluster-b": { entries: 2, newest: MONDAY } }, "cluster-a", "b"),
      [],
    );
  });
});
