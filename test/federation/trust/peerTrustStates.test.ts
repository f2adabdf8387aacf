import assert from "node:assert/strict";
import { peerTrustStates } from "../../../federation/trust/pinnedPeer.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { type SampleReading, readingsOf } from "../planContext.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";

const contract = {};

const someone = { clusterDomain: "x.local", trustDomain: "x.local", rootCertificates: [] };
const PINNED = { b: someone, c: someone };

const statesOf = (
  peers: Readonly<Record<string, SampleReading>>,
  trustDomain: string,
  pinned: typeof PINNED,
  trustsRoots?: string[],
) => {
  const settings = trustsRoots === undefined ? {} : { trustsRoots };
  return peerTrustStates(
    readingsOf(peers),
    { cluster: { trustDomain }, peers: { b: settings, c: settings } },
    pinned,
  );
};

/** Output `trustAnchors` of a peer that has another name for us. */
const trusting = (trustDomain: string, rootCertificates: string[]) => ({
  us: { clusterDomain: trustDomain, trustDomain, rootCertificates },
});

describe("The peers that trust this cluster", () => {
  it("are those whose output has this trust domain, under any name, with the roots they trust", () => {
    const trustAnchors = trusting("a.local", [ROOT_A, ROOT_B]);
    assert.deepEqual(statesOf({ b: { contract, trustAnchors } }, "a.local", PINNED), [
      { peer: "b", roots: [fingerprintOf(ROOT_A), fingerprintOf(ROOT_B)] },
    ]);
  });

  it("exclude those that trust other clusters only", () => {
    const trustAnchors = trusting("c.local", [ROOT_A]);
    assert.deepEqual(statesOf({ b: { contract, trustAnchors } }, "a.local", PINNED), []);
    assert.deepEqual(statesOf({ b: { pending: "never updated", trustAnchors: {} } }, "a.local", PINNED), []);
  });

  it("are unknown where the stack cannot be read or lacks the output", () => {
    const readings = { b: { pending: "stack b does not exist, or you may not read it" }, c: { contract } };
    assert.deepEqual(statesOf(readings, "a.local", PINNED), [
      { peer: "b", roots: undefined },
      { peer: "c", roots: undefined },
    ]);
  });

  it("are those of the config where no output says so, as with a contract in a file", () => {
    const roots = [fingerprintOf(ROOT_A)];
    assert.deepEqual(statesOf({ b: { contract }, c: { pending: "answers 404" } }, "a.local", PINNED, roots), [
      { peer: "b", roots },
      { peer: "c", roots },
    ]);
    const trustAnchors = trusting("a.local", [ROOT_B]);
    assert.deepEqual(statesOf({ b: { contract, trustAnchors } }, "a.local", PINNED, roots), [
      { peer: "b", roots: [fingerprintOf(ROOT_B)] },
    ]);
  });

  it("are unknown where the output does not match the schema", () => {
    for (const trustAnchors of [null, "secret", { us: { trustDomain: "a.local" } }])
      assert.deepEqual(statesOf({ b: { contract, trustAnchors } }, "a.local", PINNED), [
        { peer: "b", roots: undefined },
      ]);
  });

  it("exclude peers that are not trusted here, such as missing stacks", () => {
    assert.deepEqual(statesOf({ d: { pending: "stack d does not exist" } }, "a.local", PINNED), []);
  });
});
