import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describeFault } from "../../../federation/core/fault.ts";
import { type ForeignEntry, type WantedHost, conflictsOf } from "../../../federation/core/hostConflict.ts";
import { aliasConflicts } from "../../../federation/exports/exportPlan.ts";
import { foreignHostFindings } from "../../../federation/imports/hostConflicts.ts";

const wanted = new Map<string, WantedHost>([
  ["bar.xyz.svc.cluster-b.local", { peer: "cluster-b", exportTo: ["*"] }],
  ["pay.example.org", { peer: "cluster-b", exportTo: ["client"] }],
  ["web.example.org", { peer: "cluster-c", exportTo: ["."] }],
]);

const entryOf = (hosts: string[], more: Partial<ForeignEntry> = {}): ForeignEntry => ({
  namespace: "shop",
  name: "theirs",
  labels: {},
  hosts,
  ...more,
});

const found = (...entries: ForeignEntry[]) =>
  entries.flatMap((entry) => conflictsOf(entry, wanted, "istio-federation"));

const hosts = (entry: ForeignEntry): string[] => found(entry).map(({ host }) => host);

describe("A ServiceEntry of another owner", () => {
  it("conflicts with imports whose host it has or covers by a wildcard", () => {
    assert.deepEqual(hosts(entryOf(["example.org", "pay.example.org", "x.pay.example.org"])), [
      "pay.example.org",
    ]);
    assert.deepEqual(hosts(entryOf(["*.example.org"])), ["pay.example.org", "web.example.org"]);
    assert.deepEqual(hosts(entryOf(["*.ample.org", "*.pay.example.org"])), []);
  });

  for (const [exportTo, host, isMet] of [
    [["*"], "pay.example.org", true],
    [[], "pay.example.org", true],
    [["client", "other"], "pay.example.org", true],
    [["."], "pay.example.org", false],
    [["other"], "pay.example.org", false],
    [["istio-federation"], "web.example.org", true],
    [["other"], "bar.xyz.svc.cluster-b.local", true],
  ] as const) {
    it(`exported to ${exportTo.join() || "all namespaces"} ${isMet ? "conflicts" : "does not conflict"} with ${host}`, () => {
      assert.deepEqual(hosts(entryOf([host], { exportTo: [...exportTo] })), isMet ? [host] : []);
    });
  }

  it("is reported with its owner, as a fault for a host and a warning for a wildcard", () => {
    const { faults, warnings } = foreignHostFindings(
      found(
        entryOf(["*.example.org"], { name: "wide", exportTo: ["client"] }),
        entryOf(["pay.example.org"], {
          labels: { "app.kubernetes.io/managed-by": "Helm", team: "pay", a: "b" },
        }),
        entryOf(["bar.xyz.svc.cluster-b.local"]),
      ),
    );
    assert.deepEqual(faults.map(describeFault), [
      'peers.cluster-b.imports: "bar.xyz.svc.cluster-b.local" is a host of ServiceEntry shop/theirs too, which has no label of an owner. ' +
        "Delete that entry, remove the host from it, or skip this service by an import rule with 'skip'.",
      'peers.cluster-b.imports: "pay.example.org" is a host of ServiceEntry shop/theirs too, which is labelled app.kubernetes.io/managed-by=Helm, team=pay. ' +
        "Delete that entry, remove the host from it, or skip this service by an import rule with 'skip'.",
    ]);
    assert.deepEqual(
      warnings.map(({ value, rule }) => `${String(value)} ${rule}`),
      [
        "pay.example.org lies in '*.example.org' of ServiceEntry shop/wide, which has no label of an owner, and is preferred to it where both are seen",
      ],
    );
  });

  it("is reported in the same order, whatever the order of the entries", () => {
    const entries = [entryOf(["pay.example.org", "*.org"]), entryOf(["pay.example.org"], { namespace: "a" })];
    const [one, other] = [found(...entries), found(...entries.toReversed())];
    assert.deepEqual(foreignHostFindings(one), foreignHostFindings(other));
  });
});

describe("The alias of an exported Service", () => {
  const aliases = new Map<string, WantedHost>([
    ["bar.shop.example", { peer: "shop/bar", exportTo: ["istio-gateway"] }],
    ["foo.shop.example", { peer: "shop/foo", exportTo: ["istio-gateway"] }],
  ]);
  const judged = (...entries: ForeignEntry[]) =>
    aliasConflicts(entries.flatMap((entry) => conflictsOf(entry, aliases, "istio-gateway")));

  it("prevents the export where another owner's visible ServiceEntry has the host", () => {
    const labels = { team: "pay" };
    const { hosts: taken, warnings } = judged(
      entryOf(["foo.shop.example"], { exportTo: ["client"] }),
      entryOf(["bar.shop.example"], { labels }),
      entryOf(["bar.shop.example"], { name: "second", exportTo: ["istio-gateway"] }),
    );
    assert.deepEqual(taken, ["bar.shop.example"]);
    assert.equal(warnings.length, 2);
    assert.match(
      describeFault(warnings[1]!),
      /^Service shop\/bar: "bar\.shop\.example" is a host of ServiceEntry shop\/theirs too, which is labelled team=pay,.* not exported\. Delete/,
    );
  });

  it("does not conflict with a wildcard", () => {
    assert.deepEqual(judged(entryOf(["*.shop.example"])), { hosts: [], warnings: [] });
  });
});
