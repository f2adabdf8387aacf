import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Import } from "../../../federation/imports/import.ts";
import { hostDigests, includesHost, otherPeers } from "../../../federation/imports/otherPeers.ts";
import type { Registration } from "../../../federation/imports/registration.ts";
import { BAR, barImport, contractOf } from "../samples.ts";

function registrationOf(peer: string, services: Record<string, Import>): Registration {
  const contract = contractOf({ clusterDomain: `${peer}.local`, meshDomain: `${peer}.mesh` });
  const gateways = [{ address: `${peer}.example.com`, port: 15443 }];
  const found = {
    peer,
    gateways,
    services,
    refused: [],
    refusedHosts: [],
    heldNames: [],
    contract,
    pinned: contract,
  };
  return { ...found, state: "ready", reason: "", since: "", heldSince: "" };
}

const pending: Registration = {
  ...registrationOf("d", {}),
  ...{ state: "pending", gateways: [], contract: undefined, pinned: undefined },
};
const shared = { ...barImport, servedBy: ["b", "c"].map((peer) => ({ peer, weight: undefined })) };

describe("The inputs from other peers", () => {
  const peers = {
    b: registrationOf("b", { "bar.xyz.global": shared }),
    c: registrationOf("c", {
      "bar.xyz.svc.c.local": barImport,
      "bar.xyz.svc.c.mesh": barImport,
      "bar.example.org": barImport,
    }),
    d: pending,
  };

  const movable = hostDigests(["bar.example.org", "bar.xyz.global"]);

  it("are the gateways of peers that serve its hosts too, and all hosts that may move between peers", () => {
    assert.deepEqual(otherPeers(peers, []).b, {
      otherGateways: { c: [{ address: "c.example.com", port: 15443 }] },
      siblings: ["c", "d"],
      movable,
    });
    assert.deepEqual(otherPeers(peers, []).c, {
      otherGateways: {},
      siblings: ["b", "d"],
      movable,
    });
    assert.equal(otherPeers(peers, []).d?.movable, movable);
  });

  it("include former peers, whose imports exist until the end of the update", () => {
    assert.deepEqual(otherPeers(peers, ["a"]).b?.siblings, ["a", "c", "d"]);
  });

  it("take time in proportion to the peers, also where rules give all services further names", function () {
    this.timeout(60_000);
    const [few, many] = [timeOf(100), timeOf(400)];
    // Four times as many peers; quadratic would be sixteen times as long.
    assert.ok(many < 8 * few, `${Math.round(many)} ms for 400 peers, ${Math.round(few)} ms for 100`);
  });

  /** Processor time for that many peers with 100 hosts outside of their domains each, in milliseconds; the best of three. */
  function timeOf(count: number): number {
    const registrations = Array.from({ length: count }, (_, index) => {
      const hosts = Array.from({ length: 100 }, (__, each) => `s${each}-${index}.shop.shared`);
      return registrationOf(`c${index}`, Object.fromEntries(hosts.map((host) => [host, barImport])));
    });
    const all = Object.fromEntries(registrations.map((each) => [each.peer, each]));
    const times = [1, 2, 3].map(() => {
      const start = process.cpuUsage();
      const others = otherPeers(all, []);
      const { user, system } = process.cpuUsage(start);
      assert.equal(Object.keys(others).length, count);
      return (user + system) / 1000;
    });
    return Math.min(...times);
  }

  it("name no other peers where there are none", () => {
    assert.deepEqual(otherPeers({ b: registrationOf("b", { [BAR]: barImport }) }, [])["b"], {
      otherGateways: {},
      siblings: [],
      movable: hostDigests([BAR]),
    });
  });
});

describe("Digests of hosts", () => {
  const hosts = Array.from({ length: 1000 }, (_, index) => `s${index}.shop.shared`);

  it("include each of the hosts, and no other", () => {
    for (const count of [0, 1, 2, 3, 1000]) {
      const digests = hostDigests(hosts.slice(0, count));
      assert.deepEqual(
        hosts.filter((host) => includesHost(digests, host)),
        hosts.slice(0, count),
      );
    }
  });

  it("are the same whatever order the hosts are in, and whichever is there twice", () => {
    assert.equal(hostDigests([...hosts, ...hosts].toReversed()), hostDigests(hosts));
  });
});
