import assert from "node:assert/strict";
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { drawTogether, type MapSource } from "../../../federation/map/federationMap.ts";
import { mapPicture } from "../../../federation/map/picture.ts";
import { mapReport } from "../../../federation/map/report.ts";
import { contractOf } from "../samples.ts";
import { idOf, sampleFederation } from "./sampleFederation.ts";

/** Points of a picture that fits a page or a wide screen. */
const WIDEST = 1200;

describe("A map of a federation", () => {
  let graphviz: Graphviz;
  before(async () => (graphviz = await Graphviz.load()));

  for (const size of [2, 10, 50])
    it(`is a picture of ${size} clusters, each with its name, that fits a screen and is the same each time`, () => {
      const map = drawTogether(sampleFederation(size));
      const svg = graphviz.dot(mapPicture(map)).replaceAll("&#45;", "-");
      for (const { name } of map.clusters)
        assert.ok(svg.includes(`>${name}`), `${name} is not in the picture`);
      const [, width, height] = /<svg width="(\d+)pt" height="(\d+)pt"/.exec(svg) ?? [];
      assert.ok(Number(width) <= WIDEST && Number(height) <= WIDEST, `${width} x ${height} points`);
      const again = graphviz.dot(mapPicture(drawTogether(sampleFederation(size).reverse())));
      assert.equal(again.replaceAll("&#45;", "-"), svg);
    });

  it("shows connections with a problem at any size, and says what it is", () => {
    for (const size of [10, 50]) {
      const picture = mapPicture(drawTogether(sampleFederation(size)));
      for (const words of [
        "pending since 2026-11-20",
        "refused since 2026-11-21",
        "behind: 11 of 12",
        "unconstrained",
      ])
        assert.equal(picture.split(words).length, 2, `${words} among ${size}`);
    }
  });

  it("lists first what needs somebody", () => {
    const report = mapReport(drawTogether(sampleFederation(10)));
    assert.deepEqual(report.split("\n").slice(0, 6), [
      "## Needs attention",
      "",
      "- cluster-02 has revision 11 of cluster-03's contract, and 12 is published: run `pulumi up` there",
      "- cluster-03: peer cluster-04 is pending since 2026-11-20T08:00:00Z: its gateway has no address",
      "- cluster-06: peer cluster-07 is refused since 2026-11-21T08:00:00Z: its root is another",
      "- cluster-08 trusts cluster-09 without a constraint",
    ]);
  });

  it("tells nothing but the tables where nothing is wrong", () => {
    const report = mapReport(drawTogether(sampleFederation(2)));
    assert.match(report, /^## Clusters\n/);
    assert.match(
      report,
      /\| cluster-01 \| cluster-01\.local \| federation \| 1\.31\.1 \| 10 \| 3 \| 3 \| 203\.0\.113\.1:15443 \| intermediate, 2027-01-01 \|/,
    );
    assert.match(
      report,
      /\| cluster-01 \| cluster-02 \| ready \| 3 \| 10 \| 11 \| 11 \| constrained \| first sight \|/,
    );
  });

  it("of a cluster's stack and its contract stack is one cluster", () => {
    const [stack] = sampleFederation(2);
    const contractStack = { name: "contract", outputs: { federation: stack!.outputs["federation"] } };
    const { clusters, links } = drawTogether([contractStack, stack!]);
    assert.deepEqual(
      clusters.map(({ id, sources, istio }) => [id, sources, istio]),
      [[idOf(0), ["cluster-01", "contract"], ["1.31.1"]]],
    );
    assert.deepEqual(
      links.map(({ peer, exporter, state }) => [peer, exporter, state]),
      [["cluster-02", undefined, "ready"]],
    );
  });

  it("of contracts alone shows what they say, and the rest as not known", () => {
    const imports = { "cluster-b.local/cluster-b": { "bar.xyz.svc.cluster-b.local": ["*"] } };
    const a = contractOf({
      cluster: "cluster-a",
      trustDomain: "cluster-a.local",
      clusterDomain: "cluster-a.local",
      services: {},
      imports,
    });
    const report = mapReport(
      drawTogether(
        [a, contractOf()].map((federation, index) => ({ name: `${index}.json`, outputs: { federation } })),
      ),
    );
    assert.match(report, /\| cluster-a \| cluster-b \| unknown \| 1 \| 1 \| \? \| 1 \| \? \| \? \|/);
  });

  const broken: [string, MapSource, RegExp][] = [
    [
      "no contract",
      { name: "root-ca", outputs: { rootCertificates: [] } },
      /^root-ca has no contract: it is no stack of a cluster/,
    ],
    [
      "a contract that is none",
      { name: "x.json", outputs: { federation: { revision: 1 } } },
      /contract of x\.json/,
    ],
  ];
  for (const [title, source, problem] of broken)
    it(`draws the others where a source has ${title}`, () => {
      const { clusters, problems } = drawTogether([...sampleFederation(2), source]);
      assert.equal(clusters.length, 2);
      assert.match(problems.join("\n"), problem);
    });

  it("shows what others wrote as text", () => {
    const [stack] = sampleFederation(2);
    const reason = '<script>alert(1)</script> @team [x](http://evil.example) | "\\n';
    const peers = { "cluster-02": { state: "pending", since: '2026"><b>', reason, imported: 1 } };
    const map = drawTogether([{ name: "s", outputs: { ...stack!.outputs, peers } }]);
    const report = mapReport(map);
    for (const active of ["<script", "@team", "](http", "://evil"])
      assert.ok(!report.includes(active), active);
    const svg = graphviz.dot(mapPicture(map));
    assert.ok(!svg.includes("<b>") && !svg.includes("<script"));
  });
});
