import assert from "node:assert/strict";
import { readContracts } from "../../discovery/peerContracts.ts";
import { type Stacks, faultsError, withStacks } from "./support.ts";

const CONTRACT = { schemaVersion: 1, cluster: "cluster-b" };

describe("readContracts", () => {
  it("reads the contract of a stack of this project by its bare name", async () => {
    await withStacks({ "organization/istio-federation/cluster-b": { federation: CONTRACT } });
    assert.deepEqual(await readContracts({ b: { stack: "cluster-b" } }), { b: { contract: CONTRACT } });
  });

  it("reads the contract of another project's stack by its full name", async () => {
    await withStacks({ "acme/mesh/prod": { federation: CONTRACT } });
    assert.deepEqual(await readContracts({ b: { stack: "acme/mesh/prod" } }), { b: { contract: CONTRACT } });
  });

  const pending: [string, Stacks, RegExp][] = [
    [
      "does not exist",
      {},
      /stack organization\/istio-federation\/cluster-b does not exist, or you may not read it; run `pulumi up`/,
    ],
    [
      "was never updated",
      { "organization/istio-federation/cluster-b": {} },
      /has no output `federation` yet/,
    ],
  ];
  for (const [what, stacks, reason] of pending) {
    it(`takes a peer whose stack ${what} as pending`, async () => {
      await withStacks(stacks);
      const { b } = await readContracts({ b: { stack: "cluster-b" } });
      assert.ok(b && "pending" in b);
      assert.match(b.pending, reason);
    });
  }

  it("reads whom a peer trusts: nobody, if it was never updated; unknown, if its program does not say or it is not there", async () => {
    const trustAnchors = { us: {} };
    await withStacks({
      "o/p/b": { federation: CONTRACT, trustAnchors },
      "o/p/c": {},
      "o/p/d": { federation: CONTRACT },
    });
    const stacks = {
      b: { stack: "o/p/b" },
      c: { stack: "o/p/c" },
      d: { stack: "o/p/d" },
      e: { stack: "o/p/e" },
    };
    const readings = await readContracts(stacks);
    assert.deepEqual(
      Object.values(readings).map((reading) => reading.trustAnchors),
      [trustAnchors, {}, undefined, undefined],
    );
  });

  it("fails for every peer whose stack is there but cannot be read", async () => {
    const locked = new Error("permission denied");
    await withStacks({ "o/p/b": locked, "o/p/c": locked, "o/p/d": { federation: CONTRACT } });
    const peers = { b: { stack: "o/p/b" }, c: { stack: "o/p/c" }, d: { stack: "o/p/d" } };
    const { faults } = await faultsError(readContracts(peers));
    assert.deepEqual(
      faults.map(({ path, value, rule }) => [path, value, rule]),
      [
        ["peers.b.stack", "o/p/b", "cannot be read: permission denied"],
        ["peers.c.stack", "o/p/c", "cannot be read: permission denied"],
      ],
    );
  });

  it("gives the peers in order", async () => {
    await withStacks({});
    assert.deepEqual(Object.keys(await readContracts({ z: { stack: "z" }, a: { stack: "a" } })), ["a", "z"]);
  });
});
