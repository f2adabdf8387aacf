import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { PeerStatus } from "../../../federation/imports/registration.ts";
import { publicKeyFingerprint } from "../../../federation/x509/keys.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { type SampleReading, viewMeshPeers, viewPeers } from "../planContext.ts";
import { meshConfig, meshContract } from "../mesh/meshSamples.ts";
import { ROOT_B, ROOT_C, ROOT_D, contractOf, validConfig } from "../samples.ts";
import { validSignature } from "../signers.ts";

const LAST = contractOf({ revision: 5 });
const { digest } = validSignature(LAST);
const pinned = {
  cluster: "cluster-b",
  clusterDomain: "cluster-b.local",
  domains: [],
  trustDomain: "cluster-b.local",
  rootCertificates: [ROOT_B],
  contract: { revision: 5, digest },
};

const configWith = (settings: object = {}) =>
  validConfig(
    {
      cluster: { name: "cluster-a", domain: "cluster-a.local" },
      kubeconfig: { path: "kubeconfig", context: "cluster-a" },
      peers: { "cluster-b": { stack: "b", ...settings } },
    },
    "cluster-a",
  );

/** State of the peer, and the error about it, once it publishes this. */
function take(
  reading: SampleReading,
  settings: object = {},
  last: Partial<LastRun> = { pinned: { "cluster-b": pinned } },
): { state: PeerStatus["state"] | undefined; errors: string; warnings: string; seen: unknown } {
  const { peers, errors, warnings } = viewPeers(configWith(settings), { "cluster-b": reading }, last);
  const peer = peers["cluster-b"];
  const seen = peer?.pinned?.contract;
  return { state: peer?.state, errors: errors.join("\n"), warnings: warnings.join("\n"), seen };
}

describe("The sender of a contract", () => {
  it("is the peer, whose revision and digest are kept with the pin", () => {
    const contract = contractOf({ revision: 6 });
    assert.deepEqual(take({ contract }), {
      state: "ready",
      errors: "",
      warnings: "",
      seen: { revision: 6, digest: validSignature(contract).digest },
    });
  });

  it("may publish the same contract again", () => {
    assert.equal(take({ contract: LAST }).state, "ready");
  });

  for (const [title, revision, rule] of [
    ["an older contract", 4, /revision: 4 is lower than 5, the last that was read/],
    [
      "other content under the last revision",
      5,
      /revision: 5 is that of the last contract that was read, with other content/,
    ],
  ] as const)
    it(`is refused for ${title}, and what is known of the peer stays, until the config accepts that one contract`, () => {
      const contract = contractOf({ revision, network: "network-x" });
      const refused = take({ contract });
      assert.deepEqual([refused.state, refused.seen], ["refused", pinned.contract]);
      assert.match(refused.errors, rule);
      const [, accept] = /acceptContract' ([0-9a-f]{64})`/.exec(refused.errors) ?? [];
      assert.equal(accept, validSignature(contract).digest);
      assert.equal(take({ contract }, { acceptContract: accept }).state, "ready");
      const other = contractOf({ revision, network: "network-y" });
      assert.equal(take({ contract: other }, { acceptContract: accept }).state, "refused");
    });

  it("has its acceptance removed once it has been used, as its contract could be replayed", () => {
    const accepted = contractOf({ revision: 1, network: "network-x" });
    const acceptContract = validSignature(accepted).digest;
    const before = take({ contract: accepted }, { acceptContract });
    assert.deepEqual([before.state, before.warnings], ["ready", ""]);
    const last = { pinned: { "cluster-b": { ...pinned, contract: before.seen as typeof pinned.contract } } };
    for (const contract of [accepted, contractOf({ revision: 2 })]) {
      const after = take({ contract }, { acceptContract }, last);
      assert.equal(after.state, "ready");
      assert.match(after.warnings, /acceptContract has done its work: remove it.*`pulumi config rm --path/);
    }
  });

  it("that has published the largest revision is accepted with a lower one by its digest, and goes on from there", () => {
    const largest = contractOf({ revision: Number.MAX_SAFE_INTEGER });
    const { state, seen } = take({ contract: largest });
    assert.equal(state, "ready");
    const last = { pinned: { "cluster-b": { ...pinned, contract: seen as typeof pinned.contract } } };
    const first = contractOf({ network: "network-x" });
    assert.match(take({ contract: first }, {}, last).errors, /revision: 1 is lower than 9007199254740991/);
    const accepted = take({ contract: first }, { acceptContract: validSignature(first).digest }, last);
    assert.deepEqual(accepted.seen, { revision: 1, digest: validSignature(first).digest });
    for (const revision of [2 ** 53, 1.5, 0, -1, "7", null]) {
      const other = take({ contract: contractOf({ revision }) }, {}, last);
      assert.equal(other.state, "refused");
      assert.match(other.errors, /contract\.revision/);
    }
  });

  /** Roots that the contract has, root that it is signed under, and roots that are pinned. */
  const rotation: [phase: string, published: string[], signing: string, known: string[], isReady: boolean][] =
    [
      ["announce", [ROOT_B, ROOT_C], ROOT_B, [ROOT_B], true],
      ["announce, signed under the new root too early", [ROOT_B, ROOT_C], ROOT_C, [ROOT_B], false],
      ["trust", [ROOT_B, ROOT_C], ROOT_B, [ROOT_B, ROOT_C], true],
      ["sign", [ROOT_B, ROOT_C], ROOT_C, [ROOT_B, ROOT_C], true],
      ["sign, for a reader that has not seen the announcement", [ROOT_B, ROOT_C], ROOT_C, [ROOT_B], false],
      ["drop", [ROOT_C], ROOT_C, [ROOT_B, ROOT_C], true],
      ["drop, signed under the former root", [ROOT_C], ROOT_B, [ROOT_B, ROOT_C], false],
      ["drop, for a reader that has not seen the announcement", [ROOT_C], ROOT_C, [ROOT_B], false],
      ["sign, gone back to trust", [ROOT_B, ROOT_C], ROOT_B, [ROOT_B, ROOT_C], true],
    ];
  for (const [phase, rootCertificates, signing, known, isReady] of rotation)
    it(`is ${isReady ? "known" : "refused"} in phase ${phase}`, () => {
      const contract = contractOf({ revision: 6, rootCertificates });
      const signature = {
        ...validSignature(contract),
        certificates: validSignature({ ...contract, rootCertificates: [signing] }).certificates,
      };
      const last = { pinned: { "cluster-b": { ...pinned, rootCertificates: known } } };
      const { state, seen } = take(
        { contract, signature },
        { identity: { acceptAnnouncedRoots: true } },
        last,
      );
      assert.equal(state, isReady ? "ready" : "refused");
      assert.deepEqual(seen, isReady ? { revision: 6, digest: signature.digest } : pinned.contract);
    });

  it("is refused without a valid signature, and nothing else of the contract is looked at", () => {
    const fault = { path: "signature", rule: "is not that of this contract", remedy: "Ask them" };
    const contract = { ...contractOf({ revision: 6 }), gateways: 1, cluster: "Not A Name" };
    const { state, errors } = take({ contract, signature: { fault } });
    assert.equal(state, "refused");
    assert.match(errors, /peers\.cluster-b\.contract\.signature: is not that of this contract/);
    assert.equal(errors.match(/\n {2}- /g)?.length, 1, errors);
  });

  it("is refused under a root that the contract has and nobody trusts, in one finding", () => {
    const contract = contractOf({ revision: 6, rootCertificates: [ROOT_B, ROOT_C] });
    const signature = validSignature({ ...contract, rootCertificates: [ROOT_C] });
    const { state, errors } = take({ contract, signature }, { identity: { acceptAnnouncedRoots: true } });
    assert.equal(state, "refused");
    assert.match(errors, /signature: ends under none of the roots by which this peer is trusted/);
  });

  it("announces a further root by a contract that is signed under a known one", () => {
    const contract = contractOf({ revision: 6, rootCertificates: [ROOT_B, ROOT_C] });
    const signature = validSignature({ ...contract, rootCertificates: [ROOT_B] });
    assert.equal(take({ contract, signature }, { identity: { acceptAnnouncedRoots: true } }).state, "ready");
  });

  it("is refused for another root in one finding, that of the root", () => {
    const { state, errors } = take({ contract: contractOf({ revision: 6, rootCertificates: [ROOT_C] }) });
    assert.equal(state, "refused");
    assert.match(errors, /root of cluster-b changes/);
    assert.equal(errors.match(/\n {2}- /g)?.length, 1, errors);
  });

  it("may be a key that no root certifies, which is pinned then", () => {
    const signature = validSignature({ ...contractOf(), rootCertificates: [ROOT_C] });
    const [signer] = signature.certificates;
    assert.ok(signer);
    const signingKey = publicKeyFingerprint(signer.publicKey);
    const contract = contractOf({ revision: 6, signingKey });
    const { peers } = viewPeers(configWith(), { "cluster-b": { contract, signature } }, { pinned: {} });
    assert.equal(peers["cluster-b"]?.pinned?.signingKey, signingKey);
    const last = { pinned: { "cluster-b": { ...pinned, signingKey } } };
    assert.equal(take({ contract, signature }, {}, last).state, "ready");
    assert.match(take({ contract }, {}, last).errors, /signature: is by another key/);
    assert.match(take({ contract, signature }).errors, /signingKey: .* neither in the config nor pinned/);
  });

  it("at first sight is whoever signs under the contract's own root, or under those in the config", () => {
    const first = { pinned: {} };
    const contract = contractOf({ rootCertificates: [ROOT_D] });
    assert.equal(take({ contract }, {}, first).state, "ready");
    const roots = [fingerprintOf(ROOT_D)];
    assert.equal(take({ contract }, { identity: { roots } }, first).state, "ready");
    assert.equal(take({ contract: contractOf() }, { identity: { roots } }, first).state, "refused");
  });

  it("is verified in a single mesh too", () => {
    const contract = { ...meshContract(), revision: 4 };
    const last = {
      pinned: {
        "cluster-b": { ...pinned, clusterDomain: contract.clusterDomain, trustDomain: contract.trustDomain },
      },
    };
    const config = meshConfig({ peers: { "cluster-b": { stack: "b" } } });
    const { peers, errors } = viewMeshPeers(config, { "cluster-b": { contract } }, last);
    assert.equal(peers["cluster-b"]?.state, "refused");
    assert.match(errors.join("\n"), /revision: 4 is lower than 5/);
  });
});
