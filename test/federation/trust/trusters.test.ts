import assert from "node:assert/strict";
import { trustingPeers } from "../../../federation/trust/trusters.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";

const contract = {};

const someone = { clusterDomain: "x.local", trustDomain: "x.local", rootCertificates: [] };
const PINNED = { b: someone, c: someone };

/** A peer's output `trustAnchors`: it knows us by a name of its own. */
const trusting = (trustDomain: string, rootCertificates: string[]) => ({
  us: { clusterDomain: trustDomain, trustDomain, rootCertificates },
});

describe("The peers that trust this cluster", () => {
  it("are those that say so of our trust domain, whatever they call us, with the roots by which they do", () => {
    const trustAnchors = trusting("a.local", [ROOT_A, ROOT_B]);
    assert.deepEqual(trustingPeers({ b: { contract, trustAnchors } }, "a.local", PINNED), [
      { peer: "b", roots: [fingerprintOf(ROOT_A), fingerprintOf(ROOT_B)] },
    ]);
  });

  it("are not those that trust others only: nothing between us can break", () => {
    const trustAnchors = trusting("c.local", [ROOT_A]);
    assert.deepEqual(trustingPeers({ b: { contract, trustAnchors } }, "a.local", PINNED), []);
    assert.deepEqual(
      trustingPeers({ b: { pending: "never updated", trustAnchors: {} } }, "a.local", PINNED),
      [],
    );
  });

  it("may be those that cannot be read, or do not say", () => {
    const readings = { b: { pending: "stack b does not exist, or you may not read it" }, c: { contract } };
    assert.deepEqual(trustingPeers(readings, "a.local", PINNED), [
      { peer: "b", roots: undefined },
      { peer: "c", roots: undefined },
    ]);
  });

  it("may be those whose output does not fit: nobody is taken to trust nobody by mistake", () => {
    for (const trustAnchors of [null, "secret", { us: { trustDomain: "a.local" } }])
      assert.deepEqual(trustingPeers({ b: { contract, trustAnchors } }, "a.local", PINNED), [
        { peer: "b", roots: undefined },
      ]);
  });

  it("are not those that are not trusted here, such as a stack that never was", () => {
    assert.deepEqual(trustingPeers({ d: { pending: "stack d does not exist" } }, "a.local", PINNED), []);
  });
});
