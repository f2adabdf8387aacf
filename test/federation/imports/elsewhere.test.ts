import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ImportedService } from "../../../federation/imports/importedService.ts";
import type { PeerView } from "../../../federation/imports/registration.ts";
import { elsewhereOf } from "../../../federation/imports/sharedHosts.ts";
import { BAR, barService, contractOf } from "../samples.ts";

function viewOf(peer: string, services: Record<string, ImportedService>): PeerView {
  const contract = contractOf({ clusterDomain: `${peer}.local`, meshDomain: `${peer}.mesh` });
  const gateways = [{ address: `${peer}.example.com`, port: 15443 }];
  return { state: "ready", imports: { peer, gateways, services, refused: [], contract }, pinned: contract };
}

const pending: PeerView = { state: "pending", reason: "", since: "", gateways: [], pinned: undefined };
const shared = { ...barService, servedBy: [{ peer: "b" }, { peer: "c" }] };

describe("What a peer's registration must know of the others", () => {
  const views = {
    b: viewOf("b", { "bar.xyz.global": shared }),
    c: viewOf("c", {
      "bar.xyz.svc.c.local": barService,
      "bar.xyz.svc.c.mesh": barService,
      "bar.example.org": barService,
    }),
    d: pending,
  };

  it("is the gateways of those that serve its names too, and the names that it could have had", () => {
    assert.deepEqual(elsewhereOf(views, "b"), {
      otherGateways: { c: [{ address: "c.example.com", port: 15443 }] },
      siblings: ["c", "d"],
      names: ["bar.example.org"],
    });
    assert.deepEqual(elsewhereOf(views, "c"), { siblings: ["b", "d"], names: ["bar.xyz.global"] });
    assert.deepEqual(elsewhereOf(views, "d").names, ["bar.example.org", "bar.xyz.global"]);
  });

  it("is that peers of before have entries until the end of the update", () => {
    assert.deepEqual(elsewhereOf(views, "b", ["a"]).siblings, ["a", "c", "d"]);
  });

  it("is nothing where there are no others", () => {
    assert.deepEqual(elsewhereOf({ b: viewOf("b", { [BAR]: barService }) }, "b"), {
      siblings: [],
      names: [],
    });
  });
});
