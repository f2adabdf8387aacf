import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readOwnOutputs } from "../../discovery/ownOutputs.ts";
import { readContracts } from "../../discovery/peerContracts.ts";

/** Outputs by full stack name; an Error is what the engine answers instead. */
type Stacks = Record<string, Record<string, unknown> | Error>;

async function withStacks(stacks: Stacks): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name }) => assert.fail(`made a resource ${name}`),
      call: ({ token, inputs }: { token: string; inputs: { name: string } }) => {
        assert.equal(token, "pulumi:pulumi:readStackOutputs");
        const found = stacks[inputs.name] ?? new Error(`unknown stack "${inputs.name}"`);
        // The SDK shows the text that the engine puts in gRPC's `details`.
        if (found instanceof Error) throw Object.assign(found, { details: found.message });
        return { name: inputs.name, outputs: found, secretOutputNames: [] };
      },
    },
    "istio-federation",
    "cluster-a",
    false,
    "organization",
  );
}

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

  it("fails for every peer whose stack is there but cannot be read", async () => {
    const locked = new Error("permission denied");
    await withStacks({ "o/p/b": locked, "o/p/c": locked, "o/p/d": { federation: CONTRACT } });
    const peers = { b: { stack: "o/p/b" }, c: { stack: "o/p/c" }, d: { stack: "o/p/d" } };
    await assert.rejects(readContracts(peers), (error: Error) => {
      assert.match(error.message, /^Peer b: Stack o\/p\/b cannot be read: .*permission denied.*\nPeer c: /s);
      return true;
    });
  });

  it("gives the peers in order", async () => {
    await withStacks({});
    assert.deepEqual(Object.keys(await readContracts({ z: { stack: "z" }, a: { stack: "a" } })), ["a", "z"]);
  });
});

describe("readOwnOutputs", () => {
  it("finds nothing before the first update", async () => {
    await withStacks({});
    assert.deepEqual(await readOwnOutputs(), { contract: undefined, trustAnchors: {} });
  });

  it("finds what the last update published", async () => {
    const trustAnchors = { b: { trustDomain: "b.local", rootCertificates: [] } };
    await withStacks({ "organization/istio-federation/cluster-a": { federation: CONTRACT, trustAnchors } });
    assert.deepEqual(await readOwnOutputs(), { contract: CONTRACT, trustAnchors });
  });
});
