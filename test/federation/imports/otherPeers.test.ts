import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Import } from "../../../federation/imports/import.ts";
import { type Registration, otherPeers } from "../../../federation/imports/registration.ts";
import { BAR, barImport, contractOf } from "../samples.ts";

function registrationOf(peer: string, services: Record<string, Import>): Registration {
  const contract = contractOf({ clusterDomain: `${peer}.local`, meshDomain: `${peer}.mesh` });
  const gateways = [{ address: `${peer}.example.com`, port: 15443 }];
  const found = { peer, gateways, services, refused: [], contract, pinned: contract };
  return { ...found, state: "ready", reason: "", since: "" };
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

  it("are the gateways of peers that serve its hosts too, and the hosts registered elsewhere", () => {
    assert.deepEqual(otherPeers(peers, []).b, {
      otherGateways: { c: [{ address: "c.example.com", port: 15443 }] },
      siblings: ["c", "d"],
      names: ["bar.example.org"],
    });
    assert.deepEqual(otherPeers(peers, []).c, {
      otherGateways: {},
      siblings: ["b", "d"],
      names: ["bar.xyz.global"],
    });
    assert.deepEqual(otherPeers(peers, []).d?.names, ["bar.example.org", "bar.xyz.global"]);
  });

  it("include former peers, whose imports exist until the end of the update", () => {
    assert.deepEqual(otherPeers(peers, ["a"]).b?.siblings, ["a", "c", "d"]);
  });

  it("are empty without other peers", () => {
    assert.deepEqual(otherPeers({ b: registrationOf("b", { [BAR]: barImport }) }, [])["b"], {
      otherGateways: {},
      siblings: [],
      names: [],
    });
  });
});
