import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ImportRule } from "../../../federation/config/importRules.ts";
import { type PeerImports, planImports } from "../../../federation/imports/contracts.ts";
import { type ImportChoice, chooseImports } from "../../../federation/imports/importChoice.ts";
import { renderImport } from "../../../federation/imports/serviceEntry.ts";
import { shareNames } from "../../../federation/imports/sharedHosts.ts";
import { ROOT_B, contractOf } from "../samples.ts";

const HOST = "httpbin.bar.svc.cluster.local";
const NAME = "httpbin.bar.global";
const http = { number: 8000, name: "http", protocol: "HTTP" as const };

/** Peers with one cluster domain that export httpbin, each behind its own gateway. */
function planOf(peer: string, service: object = {}, more: object = {}): PeerImports {
  const contract = contractOf({
    cluster: peer,
    clusterDomain: "cluster.local",
    trustDomain: "cluster.local",
    topology: "replicated",
    gateways: [{ address: `${peer}.example.com`, port: 15443, locality: `eu/${peer}` }],
    services: {
      [HOST]: { ports: [http], subjectAltNames: [`spiffe://cluster.local/ns/bar/sa/${peer}`], ...service },
    },
    ...more,
  });
  const local = {
    ...{
      cluster: "a",
      clusterDomain: "cluster.local",
      trustDomain: "cluster.local",
      allowGatewayAddresses: [],
    },
    ...{ topology: "replicated" as const, ownRoots: [ROOT_B] },
  };
  return planImports(local, { [peer]: contract }).imports[peer] ?? assert.fail();
}

const choiceOf = (plan: PeerImports, rule?: ImportRule): ImportChoice =>
  chooseImports(plan, rule === undefined ? {} : { imports: [rule] }, () => undefined);

const share = (...chosen: ImportChoice[]) => {
  const { choices, differences: faults, warnings } = shareNames(chosen);
  return { faults, warnings, peers: Object.fromEntries(choices.map((found) => [found.peer, found])) };
};

const [b, c, d] = ["b", "c", "d"].map((peer) => planOf(peer)) as [PeerImports, PeerImports, PeerImports];

describe("A host that several peers export", () => {
  it("is registered once, by the first peer, with the gateways and identities of all", () => {
    const { faults, peers } = share(choiceOf(c, { weight: 3 }), choiceOf(b), choiceOf(d));
    assert.deepEqual(faults, []);
    assert.deepEqual(peers["b"]?.services, {
      [NAME]: {
        ...(b.services[NAME] ?? assert.fail()),
        subjectAltNames: ["b", "c", "d"].map((peer) => `spiffe://cluster.local/ns/bar/sa/${peer}`),
        remoteHost: HOST,
        servedBy: [
          { peer: "b", weight: undefined },
          { peer: "c", weight: 3 },
          { peer: "d", weight: undefined },
        ],
      },
    });
    assert.deepEqual([peers["c"]?.services, peers["c"]?.elsewhere], [{}, 1]);
    const [entry] = renderImport({
      host: NAME,
      service: peers["b"].services[NAME],
      gateways: b.gateways,
      otherGateways: { c: c.gateways, d: d.gateways },
      exportTo: ["*"],
      namespace: "n",
      peer: "b",
    });
    assert.deepEqual(
      entry?.kind === "ServiceEntry" &&
        entry.spec.endpoints.map(({ address, locality, weight }) => [address, locality, weight]),
      [
        ["b.example.com", "eu/b", undefined],
        ["c.example.com", "eu/c", 3],
        ["d.example.com", "eu/d", undefined],
      ],
    );
  });

  it("is served by the peers with the highest priority", () => {
    const alone = share(choiceOf(b), choiceOf(c, { priority: 2 }), choiceOf(d, { priority: 1 }));
    assert.deepEqual([alone.peers["b"]?.services, alone.peers["d"]?.services], [{}, {}]);
    assert.deepEqual(alone.peers["c"]?.services, c.services);
    const two = share(choiceOf(b), choiceOf(c, { priority: 2 }), choiceOf(d, { priority: 2 }));
    const serving = two.peers["c"]?.services[NAME]?.servedBy ?? [];
    assert.deepEqual(
      serving.map(({ peer }) => peer),
      ["c", "d"],
    );
  });

  it("is behind TLS-terminating gateways of all peers", () => {
    const terminated = ["b", "c"].map((peer) => choiceOf(planOf(peer, { terminated: true })));
    const { faults, peers } = share(...terminated);
    assert.deepEqual(faults, []);
    assert.equal(peers["b"]?.services[NAME]?.terminated, true);
  });

  it("is served by the first peer and those with its kind of gateway, where kinds differ", () => {
    const terminated = (peer: string) => planOf(peer, { terminated: true });
    for (const [choices, serving, reason] of [
      [
        [b, terminated("c")],
        ["b"],
        /peer c have too .*, and they have another kind of gateway: that of b is passthrough, the other is terminating, so only b serves/,
      ],
      [
        [terminated("b"), c],
        ["b"],
        /have another kind of gateway: that of b is terminating, the other is passthrough, so only b serves/,
      ],
      [[b, terminated("c"), d], ["b", "d"], /peer c have too/],
    ] as [PeerImports[], string[], RegExp][]) {
      const { faults, warnings, peers } = share(...choices.map((plan) => choiceOf(plan)));
      assert.deepEqual(faults, []);
      const [warning, ...more] = warnings;
      assert.deepEqual([warning?.path, more], ["peers.b.contract.services", []]);
      assert.match(warning?.rule ?? "", reason);
      assert.match(warning?.remedy ?? "", /'priority: 1', .* 'skip'/);
      const service = peers["b"]?.services[NAME];
      assert.deepEqual(
        service?.servedBy.length === 0 ? ["b"] : service?.servedBy.map(({ peer }) => peer),
        serving,
      );
      if (serving.length === 1) assert.equal(service, choices[0]?.services[NAME]);
      assert.deepEqual([peers["c"]?.services, peers["c"]?.elsewhere], [{}, 1]);
    }
  });

  it("is a difference where other fields differ too, unless a rule prefers one peer", () => {
    const terminated = planOf("c", { terminated: true, ports: [{ ...http, name: "other" }] });
    const { faults, warnings } = share(choiceOf(b), choiceOf(terminated));
    assert.deepEqual([faults.length, warnings], [1, []]);
    assert.match(faults[0]?.rule ?? "", /have other ports/);
    const preferred = share(choiceOf(b), choiceOf(planOf("c", { terminated: true }), { priority: 1 }));
    assert.deepEqual([preferred.faults, preferred.warnings, preferred.peers["b"]?.elsewhere], [[], [], 1]);
  });

  it("is not served by a peer without a gateway", () => {
    const { faults, peers } = share(choiceOf(planOf("b", {}, { gateways: [] })), choiceOf(c));
    assert.deepEqual(faults, []);
    assert.deepEqual(peers["c"]?.services, c.services);
  });

  const tls = { ...http, protocol: "TLS" as const };
  const differing: [string, ImportChoice, RegExp][] = [
    [
      "ports",
      choiceOf(planOf("c", { ports: [tls] })),
      /have other ports \(8000\/HTTP http; 8000\/TLS http\)/,
    ],
    ["visibility", choiceOf(c, { exportTo: ["x"] }), /have other namespaces that see it \(\*; x\)/],
    [
      "outlier detection",
      choiceOf(c, { outlierDetection: { interval: "5s" } }),
      /have other outlier detection \(none; interval 5s\)/,
    ],
  ];
  for (const [what, other, rule] of differing) {
    it(`is a difference with both peers and remedies where they differ in ${what}`, () => {
      const { faults, peers } = share(choiceOf(b), other);
      const [fault, ...others] = faults;
      assert.deepEqual(others, []);
      assert.deepEqual(
        ["b", "c"].map((peer) => [peers[peer]?.services, peers[peer]?.heldNames]),
        [
          [{}, [NAME]],
          [{}, [NAME]],
        ],
        "registered anew by nobody, and what is registered stays",
      );
      assert.equal(fault?.path, "peers.b.contract.services");
      assert.match(fault.rule, /peer c have too \(httpbin\.bar\.global\)/);
      assert.match(fault.rule, rule);
      assert.match(fault.remedy, /'priority: 1', .* 'skip', in peers\.b\.imports or peers\.c\.imports/);
    });
  }

  it("is a difference where the merged entry is too large", () => {
    const gateways = Array.from({ length: 2500 }, (_, index) => ({
      address: `g${index}.${"a".repeat(60)}.example.com`,
      port: 15443,
    }));
    const large = ["b", "c"].map((peer) => choiceOf(planOf(peer, {}, { gateways })));
    const other = gateways.map((gateway) => ({ ...gateway, port: 15444 }));
    assert.deepEqual(share(...large.slice(0, 1)).faults, []);
    const apart = [large[0] ?? assert.fail(), choiceOf(planOf("c", {}, { gateways: other }))];
    assert.match(share(...apart).faults[0]?.rule ?? "", /too large an entry together/);
  });

  it("is merged equally in any order of peers", () => {
    const choices = [choiceOf(b, { weight: 2 }), choiceOf(c), choiceOf(planOf("d", { ports: [tls] }))];
    const expected = JSON.stringify(shareNames(choices));
    fc.assert(
      fc.property(fc.shuffledSubarray(choices, { minLength: 3 }), (shuffled) => {
        assert.equal(JSON.stringify(shareNames(shuffled)), expected);
      }),
    );
  });
});
