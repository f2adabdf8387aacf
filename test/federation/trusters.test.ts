import assert from "node:assert/strict";
import { fingerprintOf } from "../../federation/fingerprint.ts";
import { trustingPeers } from "../../federation/trusters.ts";
import { ROOT_A, ROOT_B } from "./samples.ts";

const contract = {};

/** A peer's output `trustAnchors`: it knows us by a name of its own. */
const trusting = (trustDomain: string, rootCertificates: string[]) => ({
  us: { clusterDomain: trustDomain, trustDomain, rootCertificates },
});

describe("The peers that trust this cluster", () => {
  it("are those that say so of our trust domain, whatever they call us, with the roots by which they do", () => {
    const trustAnchors = trusting("a.local", [ROOT_A, ROOT_B]);
    assert.deepEqual(trustingPeers({ b: { contract, trustAnchors } }, "a.local"), [
      { who: "peer b", roots: [fingerprintOf(ROOT_A), fingerprintOf(ROOT_B)] },
    ]);
  });

  it("are not those that trust others only: nothing between us can break", () => {
    const trustAnchors = trusting("c.local", [ROOT_A]);
    assert.deepEqual(trustingPeers({ b: { contract, trustAnchors } }, "a.local"), []);
    assert.deepEqual(trustingPeers({ b: { pending: "never updated", trustAnchors: {} } }, "a.local"), []);
  });

  it("may be those that cannot be read, or do not say", () => {
    const readings = { b: { pending: "stack b does not exist, or you may not read it" }, c: { contract } };
    assert.deepEqual(trustingPeers(readings, "a.local"), [
      { who: "peer b", roots: undefined },
      { who: "peer c", roots: undefined },
    ]);
  });
});
