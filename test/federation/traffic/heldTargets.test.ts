import assert from "node:assert/strict";
import { holdTargets } from "../../../federation/traffic/heldTargets.ts";
import { contextOf, istioObject, virtualService } from "./trafficCase.ts";

const to = (...destinations: string[]) =>
  virtualService(
    `hosts: [reviews], http: [{route: [${destinations.map((each) => `{destination: {${each}}}`).join(", ")}]}]`,
  );
const V1 = "host: reviews, subset: v1";
const V2 = "host: reviews.shop.svc.paris.local, subset: v2";
const rule = (...subsets: string[]) =>
  istioObject("DestinationRule", "reviews", `host: reviews, subsets: [${subsets.join(", ")}]`);
const S1 = "{name: v1, labels: {version: v1}}";
const S2 = "{name: v2, labels: {version: v2}}";
const entry = (...hosts: string[]) => istioObject("ServiceEntry", "external", `hosts: [${hosts.join(", ")}]`);

/** Formats what is written: names of subsets, and hosts of ServiceEntries. */
function heldOf(declared: string, applied: string): { written: string[]; notes: string[] } {
  const context = contextOf(declared);
  const { objects, notes } = holdTargets(context.objects, contextOf(applied).objects, context.hosts);
  const written = objects.flatMap(({ kind, spec }) => {
    if (kind === "ServiceEntry") return spec["hosts"] as string[];
    const { subsets = [] } = spec as { subsets?: { name: string }[] };
    return subsets.map(({ name }) => name);
  });
  return { written, notes };
}

const KEEPS = "keeps subset v2 in this update, until its routes are changed; the next update removes it";

type Case = [title: string, declared: string, applied: string, written: string[], notes: string[]];
const CASES: readonly Case[] = [
  ["nothing from nothing", to(V1) + rule(S1), "", ["v1"], []],
  ["nothing where nothing changes", to(V1, V2) + rule(S1, S2), to(V1, V2) + rule(S1, S2), ["v1", "v2"], []],
  [
    "a subset that the routes stop to use in the same update",
    to(V1) + rule(S1),
    to(V1, V2) + rule(S1, S2),
    ["v1", "v2"],
    [`traffic: DestinationRule shop/reviews ${KEEPS}`],
  ],
  [
    "a subset beside one that is added",
    to(V1) + rule(S1),
    to(V2) + rule(S2),
    ["v1", "v2"],
    [`traffic: DestinationRule shop/reviews ${KEEPS}`],
  ],
  ["no subset that no route in the cluster uses", to(V1) + rule(S1), to(V1) + rule(S1, S2), ["v1"], []],
  [
    "a subset whose route is removed",
    rule(S1),
    to(V2) + rule(S1, S2),
    ["v1", "v2"],
    [`traffic: DestinationRule shop/reviews ${KEEPS}`],
  ],
  [
    "no subset that declared routes still use, which their owner accepted",
    to(V1, V2) + rule(S1),
    to(V1, V2) + rule(S1, S2),
    ["v1"],
    [],
  ],
  [
    "nothing of a DestinationRule that is removed: it is deleted after the routes",
    to("host: reviews"),
    to(V2) + rule(S2),
    [],
    [],
  ],
  [
    "a host of a ServiceEntry",
    to("host: a.example.com") + entry("a.example.com"),
    to("host: b.example.com") + entry("a.example.com", "b.example.com"),
    ["a.example.com", "b.example.com"],
    [
      "traffic: ServiceEntry shop/external keeps host b.example.com in this update, until its routes are changed; the next update removes it",
    ],
  ],
  [
    "a wildcard of a ServiceEntry, for a host below it",
    to("host: a.example.org") + entry("a.example.org"),
    to("host: a.example.com") + entry("a.example.org", "'*.example.com'"),
    ["a.example.org", "*.example.com"],
    [
      "traffic: ServiceEntry shop/external keeps host *.example.com in this update, until its routes are changed; the next update removes it",
    ],
  ],
  [
    "no host of a ServiceEntry without a route",
    entry("a.example.com"),
    entry("a.example.com", "b.example.com"),
    ["a.example.com"],
    [],
  ],
];

describe("An update that removes a target together with its routes keeps", () => {
  for (const [title, declared, applied, written, notes] of CASES)
    it(title, () => {
      assert.deepEqual(heldOf(declared, applied), { written, notes });
    });

  it("nothing for a second time", () => {
    const { objects: declared, hosts } = contextOf(to(V1) + rule(S1));
    const first = holdTargets(declared, contextOf(to(V1, V2) + rule(S1, S2)).objects, hosts);
    assert.equal(first.notes.length, 1);
    assert.deepEqual(holdTargets(declared, first.objects, hosts), { objects: declared, notes: [] });
  });
});
