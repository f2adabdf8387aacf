import assert from "node:assert/strict";
import { summarizeMoved, summarizeTraffic } from "../../../federation/traffic/summary.ts";
import { contextOf, istioObject, virtualService } from "./trafficCase.ts";

const split = (v1: number, v2: number) =>
  virtualService(
    `hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}, weight: ${v1}}, {destination: {host: reviews, subset: v2}, weight: ${v2}}]}]`,
  );
const one = (host: string) =>
  virtualService(`hosts: [reviews], http: [{route: [{destination: {host: ${host}}}]}]`);
const two = (second: string) =>
  virtualService(
    `hosts: [reviews], http: [{match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}, {route: [{destination: {host: ${second}}}]}]`,
  );
const outside = (...hosts: string[]) =>
  istioObject("ServiceEntry", "external", `hosts: [${hosts.join(", ")}]`);
const firewall = virtualService(
  "hosts: [wikipedia.org], tls: [{match: [{sniHosts: [wikipedia.org]}], route: [{destination: {host: firewall.egress.svc.paris.local}}]}]",
  "out",
);

const CASES: readonly [title: string, declared: string, applied: string, expected: string[]][] = [
  ["nothing without a change", split(80, 20) + outside("a.org"), split(80, 20) + outside("a.org"), []],
  ["moved weights", split(80, 20), split(100, 0), ["routes: reviews.shop 80 % v1, 20 % v2 (was 100 / 0)"]],
  ["shares of weights that are no percentages", split(8, 2), split(80, 20), []],
  ["a new route", split(80, 20), "", ["routes: reviews.shop 80 % v1, 20 % v2 (new)"]],
  ["a removed route", "", split(80, 20), ["routes: reviews.shop removed (was 80 % v1, 20 % v2)"]],
  [
    "a destination that takes another's place",
    one("b.other.svc.paris.local"),
    one("a"),
    ["routes: reviews.shop 100 % b.other (was 100 % a.shop)"],
  ],
  [
    "one of several routes by its place",
    two("c"),
    two("b"),
    ["routes: reviews.shop http[1] 100 % c.shop (was 100 % b.shop)"],
  ],
  [
    "external hosts, directly and by a firewall",
    outside("wikipedia.org", "a.org") + firewall,
    "",
    ["egress: a.org directly (new)", "egress: wikipedia.org by firewall.egress (new)"],
  ],
  [
    "an external host that goes by a firewall from now on",
    outside("wikipedia.org") + firewall,
    outside("wikipedia.org"),
    ["egress: wikipedia.org by firewall.egress (was directly)"],
  ],
  [
    "no host of the mesh as egress",
    istioObject("ServiceEntry", "inside", "hosts: [a.org], location: MESH_INTERNAL"),
    "",
    [],
  ],
];

describe("The summary of traffic for reviewers has", () => {
  const summaryOf = (declared: string, applied: string) =>
    summarizeTraffic(contextOf(declared).objects, contextOf(applied).objects, "paris.local");

  for (const [title, declared, applied, expected] of CASES)
    it(title, () => {
      assert.deepEqual(summaryOf(declared, applied), expected);
    });

  it("few lines for many changes", () => {
    const lines = summaryOf(outside(...Array.from({ length: 1000 }, (_, index) => `h${index}.org`)), "");
    assert.ok(lines.length < 50, `${lines.length} lines`);
    assert.match(lines.at(-1) ?? "", /^egress: and [\d,]+ more$/);
  });
});

describe("The weights that another controller moved are", () => {
  const movedOf = (now: string, file: string) =>
    summarizeMoved(contextOf(now).objects, contextOf(file).objects, "paris.local");

  it("noted with those of the file", () => {
    assert.deepEqual(movedOf(split(35, 65), split(80, 20)), [
      "routes: reviews.shop 35 % v1, 65 % v2, moved by another controller (80 / 20 in its file)",
    ]);
  });

  it("not noted as long as they are those of the file", () => {
    assert.deepEqual(movedOf(split(8, 2), split(80, 20)), []);
  });
});
