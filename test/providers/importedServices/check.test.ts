import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_BRAKE, removalToken } from "../../../federation/imports/brake.ts";
import { importToJson } from "../../../federation/imports/import.ts";
import { hostDigests } from "../../../federation/imports/otherPeers.ts";
import { check } from "../../../providers/importedServices/check.ts";
import type { Inputs, Request } from "../../../providers/importedServices/inputs.ts";
import { importOf } from "../../federation/imports/importOf.ts";
import { inputsOfB } from "./support.ts";

const UNKNOWN: string = pulumi.runtime.unknownValue;
const HOST = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";

const JSON_OF_BAR = importToJson(importOf(LINE));
const GATEWAY = { address: "203.0.113.10", port: 15443 };

const GOOD = inputsOfB({ [HOST]: LINE }, { namespace: "istio-federation", peer: "cluster-b" });

/** Request of the program with these inputs. */
const asking = (inputs: Inputs, more: Partial<Record<keyof Request, unknown>> = {}): Request => {
  const { notAsDeclared, handedOver, braked, ...asked } = inputs;
  assert.deepEqual([notAsDeclared, handedOver, braked], [{}, [], ""]);
  return { ...asked, movable: "", held: "", brake: DEFAULT_BRAKE, required: false, ...more } as Request;
};

describe("check of ImportedServices", () => {
  it("returns valid inputs unchanged", () => {
    assert.deepEqual(check({}, asking(GOOD)), { inputs: GOOD });
  });

  it("keeps a known service that its peer offers in a way that is not valid, also under its names here", () => {
    const alias = "bar.example.org";
    const known = {
      [HOST]: JSON_OF_BAR,
      [alias]: importToJson({ ...importOf(LINE), remoteHost: HOST }),
      "x.example.org": JSON_OF_BAR,
    };
    const offered = { "baz.xyz.svc.cluster-b.local": JSON_OF_BAR };
    const news = asking(
      { ...GOOD, services: offered },
      { held: hostDigests([HOST]), brake: { removals: 20, share: 1 } },
    );
    const { inputs } = check({ ...GOOD, services: known }, news);
    assert.deepEqual(Object.keys(inputs?.services ?? {}), [alias, HOST, "baz.xyz.svc.cluster-b.local"]);
    assert.equal(inputs?.services[HOST], JSON_OF_BAR);
  });

  it("keeps a known name on which peers do not agree, with the gateways that serve it", () => {
    const shared = importToJson({
      ...importOf(LINE),
      remoteHost: HOST,
      servedBy: ["cluster-b", "cluster-c"].map((peer) => ({ peer, weight: undefined })),
    });
    const otherGateways = { "cluster-c": [{ address: "203.0.113.30", port: 15443 }] };
    const { inputs } = check(
      { ...GOOD, otherGateways, services: { "bar.global": shared } },
      asking({ ...GOOD, services: { [HOST]: JSON_OF_BAR } }, { held: hostDigests(["bar.global"]) }),
    );
    assert.deepEqual(inputs?.services, { "bar.global": shared, [HOST]: JSON_OF_BAR });
    assert.deepEqual(inputs.otherGateways, otherGateways);
  });

  const faulty: [string, Partial<Record<keyof Request, unknown>>, string, RegExp][] = [
    ["a namespace that is not a DNS label", { namespace: "A" }, "namespace", /"A" must be a DNS-1123 label/],
    ["a missing namespace", { namespace: undefined }, "namespace", /expected string/],
    ["a peer that is not a DNS label", { peer: "b.c" }, "peer", /"b\.c" must be a DNS-1123 label/],
    ["an unknown kubeconfig field", { kubeconfig: { file: "x" } }, "kubeconfig", /file/],
    ["an empty exportTo", { exportTo: [] }, "exportTo", /at least one/],
    [
      "an invalid namespace in exportTo",
      { exportTo: ["*", "a b"] },
      "exportTo[1]",
      /"a b" must be a namespace/,
    ],
    ["a gateway without a port", { gateways: [{ address: "203.0.113.10" }] }, "gateways[0].port", /number/],
    [
      "an invalid host name",
      { services: { "BAR.x": JSON_OF_BAR } },
      'services["BAR.x"]',
      /must be a DNS name/,
    ],
    ["an invalid service", { services: { [HOST]: "8080" } }, `services["${HOST}"]`, /must be a map/],
    ["a service that is not JSON", { services: { [HOST]: LINE } }, `services["${HOST}"]`, /JSON/],
    ["a brake without a limit", { brake: { removals: 1 } }, "brake.share", /expected number/],
    ["services without a gateway", { gateways: [] }, "gateways", /is empty/],
  ];
  for (const [what, change, property, reason] of faulty) {
    it(`refuses ${what}`, () => {
      const { failures = [] } = check({}, asking(GOOD, change));
      assert.deepEqual(
        failures.map((failure) => failure.property),
        [property],
      );
      assert.match(failures[0]?.reason ?? "", reason);
    });
  }

  it("reports all faults at once", () => {
    const { failures = [] } = check(
      {},
      asking(GOOD, {
        namespace: "A",
        peer: "B",
        gateways: [{ address: " ", port: 1 }],
        services: { y: "z" },
      }),
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "peer", "gateways[0].address", "services.y"],
    );
  });

  const unknown: [string, Partial<Record<keyof Inputs, unknown>>][] = [
    ["the namespace", { namespace: UNKNOWN }],
    ["all services", { services: UNKNOWN }],
    ["one service", { services: { [HOST]: UNKNOWN } }],
    ["all gateways", { gateways: UNKNOWN }],
    ["one gateway", { gateways: [GATEWAY, UNKNOWN] }],
    ["the kubeconfig's path", { kubeconfig: { path: UNKNOWN } }],
  ];
  for (const [what, change] of unknown) {
    it(`accepts unknown values: ${what}`, () => {
      const inputs = { ...GOOD, ...change } as Inputs;
      assert.deepEqual(check({}, asking(inputs)), { inputs });
    });
  }

  describe("of a pending peer", () => {
    const pending = asking(GOOD, { gateways: [], services: {}, pending: "its stack does not exist" });

    it("keeps no services when none were registered before", () => {
      assert.deepEqual(check({}, pending), { inputs: { ...GOOD, gateways: [], services: {} } });
    });

    it("keeps the last known services and gateways", () => {
      assert.deepEqual(check(GOOD, pending), { inputs: GOOD });
    });

    it("keeps the services behind the gateways that are known now", () => {
      const gateways = [{ address: "203.0.113.11", port: 15443 }];
      assert.deepEqual(check(GOOD, { ...pending, gateways }), { inputs: { ...GOOD, gateways } });
    });

    it("keeps nothing of another peer that used the resource's name", () => {
      assert.deepEqual(check({ ...GOOD, peer: "cluster-c" }, pending).inputs?.services, {});
    });

    it("restores services that a refresh found changed, and drops unreadable ones", () => {
      const notAsDeclared = { [HOST]: "ports", "x.y": "not a ServiceEntry that this program writes" };
      assert.deepEqual(check({ ...GOOD, notAsDeclared }, pending).inputs, GOOD);
    });

    it("drops its services when the stack accepts that", () => {
      const acceptRemoval = removalToken(GOOD.services, {});
      assert.deepEqual(check(GOOD, { ...pending, acceptRemoval }).inputs?.services, {});
      assert.deepEqual(
        check(GOOD, { ...pending, acceptRemoval: "removal-0" }).inputs?.services,
        GOOD.services,
      );
    });
  });

  describe("of hosts that move to siblings", () => {
    const GLOBAL = "bar.xyz.global";
    const olds = { ...GOOD, services: { [HOST]: JSON_OF_BAR, [GLOBAL]: JSON_OF_BAR } };

    it("hands over only hosts that were this peer's, until the sibling has them", () => {
      const news = asking(GOOD, { movable: hostDigests([HOST, GLOBAL, "foo.xyz.global"]) });
      const { inputs = assert.fail() } = check(olds, news);
      assert.deepEqual(inputs, { ...GOOD, handedOver: [GLOBAL] });
      assert.deepEqual(check(inputs, news).inputs, inputs);
      assert.deepEqual(check({}, news).inputs, GOOD);
      assert.deepEqual(check(inputs, asking(GOOD)).inputs, GOOD);
    });

    it("neither keeps them while the peer is pending nor counts them as removed", () => {
      const pending = asking(GOOD, { services: {}, pending: "it is gone", movable: hostDigests([GLOBAL]) });
      assert.deepEqual(check(olds, pending).inputs, { ...GOOD, handedOver: [GLOBAL] });
      const services = servicesUpTo(100);
      const all = { ...GOOD, services: { ...services, [HOST]: JSON_OF_BAR } };
      assert.equal(
        check(all, asking(GOOD, { movable: hostDigests(Object.keys(services)) })).inputs?.braked,
        "",
      );
      assert.deepEqual(check(all, asking(GOOD)).inputs?.services, all.services);
    });

    it("keeps other peers' gateways of services that a pending peer keeps", () => {
      const otherGateways = { "cluster-c": [{ address: "203.0.113.30", port: 15443 }] };
      const shared = { ...GOOD, otherGateways };
      const pending = asking(GOOD, { gateways: [], services: {}, pending: "it is gone" });
      assert.deepEqual(check(shared, pending).inputs, shared);
      assert.deepEqual(
        check({}, asking(GOOD, { otherGateways: { c: [{ address: "x y", port: 1 }] } })).failures?.map(
          ({ property }) => property,
        ),
        ["otherGateways.c[0].address"],
      );
    });
  });

  describe("of a peer that loses services", () => {
    const many = servicesUpTo(100);

    it("keeps all when the peer exports none any more, says so, and removes them on demand", () => {
      const news = asking(GOOD, { services: {} });
      const { inputs = assert.fail() } = check(GOOD, news);
      const { braked } = inputs;
      assert.deepEqual(inputs, { ...GOOD, braked });
      assert.match(
        braked,
        /^offers none of its 1 service\(s\) any more \(bar\.xyz\.svc\.cluster-b\.local\)\. Ask /,
      );
      assert.deepEqual(check(inputs, news), { inputs }, "nothing changes while it is held");
      const [, token] = /acceptRemoval' (\S+)`/.exec(braked) ?? [];
      assert.deepEqual(check(inputs, { ...news, acceptRemoval: token! }), {
        inputs: { ...GOOD, services: {} },
      });
      const pending = check(inputs, { ...news, pending: "its stack does not exist" });
      assert.deepEqual(pending.inputs, GOOD, "the peer is pending, and not held");
    });

    it("allows half of them to be removed", () => {
      const services = servicesUpTo(50);
      assert.deepEqual(check({ ...GOOD, services: many }, asking({ ...GOOD, services })), {
        inputs: { ...GOOD, services },
      });
    });

    const removing = /51 of 100 services at once \(s049\.x\.svc\.cluster-b\.local, .* and 48 more\)/;

    it("keeps all at a larger removal, counts and names its services, and allows exactly it on demand", () => {
      const olds = { ...GOOD, services: many };
      const inputs = { ...GOOD, services: servicesUpTo(49) };
      const news = asking(inputs);
      const { inputs: kept = assert.fail() } = check(olds, news);
      const { braked } = kept;
      assert.deepEqual(kept, { ...olds, braked });
      assert.match(braked, removing);
      assert.deepEqual(check(kept, news), { inputs: kept }, "nothing changes while it is held");
      assert.deepEqual(check(kept, asking(olds)), { inputs: olds }, "the peer offers all again");
      const [, token] = /acceptRemoval' (\S+)`/.exec(braked) ?? [];
      assert.deepEqual(check(olds, { ...news, acceptRemoval: token! }), { inputs });
      const another = asking(GOOD, { services: servicesUpTo(48), acceptRemoval: token! });
      const { inputs: again = assert.fail() } = check(olds, another);
      assert.deepEqual(again, { ...olds, braked: again.braked });
      assert.match(again.braked, /52 of 100 services at once/);
    });

    it("takes nothing new beside a larger removal but the gateways", () => {
      const olds = { ...GOOD, services: many };
      const gateways = [{ address: "203.0.113.11", port: 15443 }];
      const news = asking(GOOD, { services: { "new.x.svc.cluster-b.local": JSON_OF_BAR }, gateways });
      const { inputs: kept = assert.fail() } = check(olds, news);
      assert.match(kept.braked, /100 of 100 services at once/);
      assert.deepEqual(kept, { ...olds, gateways, braked: kept.braked });
    });

    it("refuses a larger removal of a required peer", () => {
      const news = asking(GOOD, { services: servicesUpTo(49), required: true });
      const { failures = [] } = check({ ...GOOD, services: many }, news);
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["peer"],
        "the engine prints this property's value",
      );
      assert.match(failures[0]?.reason ?? "", removing);
    });

    it("applies the limits of the config", () => {
      const olds = { ...GOOD, services: many };
      const news = asking(GOOD, { services: servicesUpTo(98) });
      assert.ok(check(olds, { ...news, brake: { removals: 1, share: 0 } }).inputs?.braked);
      assert.equal(check(olds, { ...news, brake: { removals: 2, share: 0 } }).inputs?.braked, "");
      const few = asking(GOOD, { services: servicesUpTo(1), brake: { removals: 0, share: 1 } });
      assert.equal(check(olds, few).inputs?.braked, "");
    });

    it("does not count services of another peer that used the resource's name", () => {
      const olds = { ...GOOD, peer: "cluster-c", services: many };
      assert.deepEqual(check(olds, asking(GOOD)), { inputs: GOOD });
    });
  });
});

function servicesUpTo(count: number): Record<string, string> {
  const hosts = Array.from({ length: count }, (_, index) => `s${String(index).padStart(3, "0")}`);
  return Object.fromEntries(hosts.map((name) => [`${name}.x.svc.cluster-b.local`, JSON_OF_BAR]));
}
