import assert from "node:assert/strict";
import { THREE_CLUSTERS } from "../../../lab/clusters.ts";
import { type Proof, hostOf, nameOf, partyIn } from "../../../lab/proofs/proof.ts";
import { allProofs } from "../../../lab/proofs/proofs.ts";
import { formatProofs } from "../../../lab/proofs/prove.ts";

const proof: Proof = {
  claim: "an exported service can be called",
  caller: "cluster-a abc/foo",
  callee: "bar.xyz.svc.cluster-b.local",
  run: () => Promise.reject(new Error("not run here")),
};

describe("the table of proofs", () => {
  it("shows caller, callee, status, the identity that the server saw, and latency", () => {
    const identity = "spiffe://cluster-a.local/ns/abc/sa/foo";
    const table = formatProofs([
      { proof, outcome: { passed: true, status: "200", identity, latencyMs: 2.51 } },
    ]);
    for (const cell of ["ok", proof.caller, proof.callee, "200", identity, "2.5 ms"]) {
      assert.ok(table.includes(`│ ${cell} `), cell);
    }
    assert.ok(!table.includes("FAILED"));
  });

  it("tells below it why a proof failed", () => {
    const outcome = { passed: false, status: "503", reason: "expected 200, got 503 no healthy upstream" };
    const last = formatProofs([{ proof, outcome }]).split("\n").at(-1);
    assert.equal(
      last,
      "FAILED: an exported service can be called: cluster-a abc/foo -> bar.xyz.svc.cluster-b.local: expected 200, got 503 no healthy upstream",
    );
  });
});

describe("the list of proofs", () => {
  it("holds every claim in both directions", () => {
    const claims = allProofs().map(({ claim }) => claim);
    for (const claim of new Set(claims)) {
      assert.equal(claims.filter((other) => other === claim).length, 2, claim);
    }
  });

  it("has each of three clusters call each other", () => {
    const calls = allProofs(THREE_CLUSTERS).filter(({ claim }) => claim.startsWith("an exported service"));
    const parties = THREE_CLUSTERS.map((cluster) => partyIn(cluster, true));
    for (const from of parties)
      for (const to of parties)
        assert.equal(
          calls.filter(({ caller, callee }) => caller === nameOf(from) && callee === hostOf(to)).length,
          from === to ? 0 : 1,
        );
  });
});
