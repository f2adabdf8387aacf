import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readOwnOutputs, readPeerStack, readSharedRoot, readSigningRequest } from "../../discovery/stacks.ts";
import { SIZE_LIMIT } from "../../federation/contract/contract.ts";
import { contractOf } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { OWN_STACK, type Stacks, UNSIGNED, faultsOf, valueOf, withStacks } from "./support.ts";

const CONTRACT = { schemaVersion: 1, cluster: "cluster-b" };
const READING = {
  contract: CONTRACT,
  signature: UNSIGNED,
  trustAnchors: undefined,
  access: undefined,
  kind: undefined,
};
const STACK_B = "organization/istio-federation/cluster-b";

/** Encodes a message of fields by their numbers; in parts, as one of them may be large. */
function encoded(...fields: [number: number, value: Buffer[]][]): Buffer[] {
  return fields.flatMap(([field, value]) => {
    const length = value.reduce((sum, part) => sum + part.length, 0);
    // A varint may have more bytes than it needs.
    const size = [0, 7, 14, 21].map((shift) => ((length >> shift) & 127) | 128);
    return [Buffer.from([(field << 3) | 2, ...size, 0]), ...value];
  });
}

/** A list in so many lists. */
function nestedList(levels: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe("readPeerStack", () => {
  it("reads the contract of a stack of this project by its bare name", async () => {
    const asked = await withStacks({ [STACK_B]: { federation: CONTRACT } });
    assert.deepEqual(valueOf(await readPeerStack("b", "cluster-b")), READING);
    assert.deepEqual(asked.stacks, [STACK_B]);
  });

  it("reads the contract of another project's stack by its full name", async () => {
    await withStacks({ "acme/mesh/prod": { federation: CONTRACT } });
    assert.deepEqual(valueOf(await readPeerStack("b", "acme/mesh/prod")), READING);
  });

  it("verifies the contract's signature", async () => {
    const federation = await signed(contractOf());
    await withStacks({ [STACK_B]: { federation } });
    const reading = valueOf(await readPeerStack("b", "cluster-b"));
    assert.ok("signature" in reading && "certificates" in reading.signature);
  });

  const pending: [string, Stacks, RegExp][] = [
    [
      "does not exist",
      {},
      /stack organization\/istio-federation\/cluster-b does not exist in the backend of this run, or you may not read it; run `pulumi up`/,
    ],
    ["was never updated", { [STACK_B]: {} }, /has no output `federation` yet/],
    ["was destroyed", { [STACK_B]: { federation: null } }, /has no output `federation` yet/],
  ];
  for (const [what, stacks, reason] of pending) {
    it(`takes a peer as pending whose stack ${what}`, async () => {
      await withStacks(stacks);
      const reading = valueOf(await readPeerStack("b", "cluster-b"));
      assert.ok("pending" in reading);
      assert.match(reading.pending, reason);
    });
  }

  it("reads a peer's trust anchors: empty before its first update, unknown without the output", async () => {
    const trustAnchors = { us: {} };
    await withStacks({
      "o/p/b": { federation: CONTRACT, trustAnchors },
      "o/p/c": {},
      "o/p/d": { federation: CONTRACT },
    });
    const readings = await Promise.all(
      ["b", "c", "d", "e"].map((peer) => readPeerStack(peer, `o/p/${peer}`)),
    );
    assert.deepEqual(
      readings.map((reading) => valueOf(reading).trustAnchors),
      [trustAnchors, {}, undefined, undefined],
    );
  });

  it("reads a peer's access output, also before the peer has a contract", async () => {
    const access = { us: { token: "t" } };
    await withStacks({ "o/p/b": { federation: CONTRACT, access }, "o/p/c": { access } });
    for (const peer of ["b", "c"]) {
      assert.deepEqual(valueOf(await readPeerStack(peer, `o/p/${peer}`)).access, access);
    }
  });

  it("reports an existing stack that cannot be read", async () => {
    await withStacks({ "o/p/b": new Error("permission denied") });
    const faults = faultsOf(await readPeerStack("b", "o/p/b"));
    assert.deepEqual(
      faults.map(({ path, value, rule }) => [path, value, rule]),
      [["peers.b.stack", "o/p/b", "cannot be read: this run's user has no right to (permission denied)"]],
    );
  });

  const failures: [title: string, answer: string, rule: RegExp, remedy: RegExp][] = [
    [
      "an engine before 3.171 and another passphrase",
      "failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase",
      /has another passphrase/,
      /^Update the Pulumi CLI to 3\.171 or later, .* contract stack, a file or HTTPS/,
    ],
    [
      "no passphrase at all",
      "constructing secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
      /this run has none at all/,
      /^Set PULUMI_CONFIG_PASSPHRASE; to any text/,
    ],
    [
      "a key that this user may not use",
      'constructing secrets manager of type "cloud": secrets (code=Unknown): operation error KMS: Decrypt, https response error StatusCode: 400, AccessDeniedException',
      /have a key in a cloud/,
      /^Permit this run's user to decrypt .* contract stack/,
    ],
    [
      "a state file that this user may not read",
      'blob (key ".pulumi/stacks/p/b.json") (code=PermissionDenied): AccessDenied: status code: 403',
      /this run's user has no right to/,
      /^Log in as another user .* contract stack/,
    ],
    [
      "anything else",
      "read: connection reset",
      /^cannot be read: read: connection reset$/,
      /^Find out by `pulumi stack output/,
    ],
  ];
  for (const [title, answer, rule, remedy] of failures)
    it(`explains what ${title} means, and does not only quote the engine`, async () => {
      await withStacks({ "o/p/b": new Error(answer) });
      const [fault] = faultsOf(await readPeerStack("b", "o/p/b"));
      assert.match(fault?.rule ?? "", rule);
      assert.ok(fault?.rule.includes(answer));
      assert.match(fault?.remedy ?? "", remedy);
    });

  it("names secret outputs that the engine could not decrypt, which arrive empty", async () => {
    await withStacks({ "o/p/b": { federation: CONTRACT, access: {}, lastRun: {} } }, undefined, [
      "access",
      "lastRun",
    ]);
    const [fault] = faultsOf(await readPeerStack("b", "o/p/b"));
    assert.equal(
      fault?.rule,
      "has secret outputs that this run cannot decrypt, so they arrive empty: access",
    );
    await withStacks({ "o/p/b": { federation: CONTRACT, access: {} } });
    assert.deepEqual(valueOf(await readPeerStack("b", "o/p/b")), { ...READING, access: {} });
  });

  it("reports an output that is too large, without decoding it", async () => {
    await withStacks({});
    // As bytes, of no valid value: the SDK takes seconds to encode so much.
    const federation = encoded([5, [Buffer.alloc(SIZE_LIMIT, 0xff)]]);
    const entry = (name: string, value: Buffer[]) => encoded([1, [Buffer.from(name)]], [2, value]);
    const outputs = encoded([5, encoded([1, entry("federation", federation)])]);
    const answer = Buffer.concat(encoded([1, encoded([1, entry("outputs", outputs)])]));
    Object.assign(pulumi.runtime.getMonitor() ?? {}, {
      makeUnaryRequest: (...args: unknown[]) => {
        (args.at(-1) as (error: null, bytes: Uint8Array) => void)(null, answer);
      },
    });
    const faults = faultsOf(await readPeerStack("b", "o/p/b"));
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [["peers.b.stack", "o/p/b"]],
    );
    assert.match(
      faults[0]?.rule ?? "",
      /^has an output `federation` of 33,554,438 bytes, and 33,554,432 are the most that is read$/,
    );
  });

  it("reports an output that cannot be decoded", async () => {
    await withStacks({ "o/p/b": { federation: nestedList(200) } });
    const [fault] = faultsOf(await readPeerStack("b", "o/p/b"));
    assert.equal(fault?.rule, "cannot be read: a value has more than 100 levels of maps and lists");
  });

  it("does not decode the other outputs of a peer's stack", async () => {
    await withStacks({ "o/p/b": { federation: CONTRACT, lastRun: nestedList(200) } });
    assert.deepEqual(valueOf(await readPeerStack("b", "o/p/b")), { ...READING, kind: "keys" });
  });

  it("names the command for a backend of the layout without projects", async () => {
    const answer =
      "a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character '/' at position 12";
    await withStacks({ "o/p/b": new Error(answer) });
    const [fault] = faultsOf(await readPeerStack("b", "o/p/b"));
    assert.match(fault?.remedy ?? "", /^Run `pulumi state upgrade` once/);
  });
});

describe("readOwnOutputs", () => {
  it("returns nothing before the first update and after a destroy", async () => {
    await withStacks({});
    assert.deepEqual(valueOf(await readOwnOutputs()), {});
    await withStacks({ [OWN_STACK]: {} });
    assert.deepEqual(valueOf(await readOwnOutputs()), {});
  });

  it("returns the outputs of the last update unvalidated", async () => {
    const outputs = { federation: CONTRACT, lastRun: { any: "thing" } };
    await withStacks({ [OWN_STACK]: outputs });
    assert.deepEqual(valueOf(await readOwnOutputs()), outputs);
  });

  it("reports an own stack that cannot be read", async () => {
    await withStacks({ [OWN_STACK]: new Error("incorrect passphrase") });
    assert.deepEqual(
      faultsOf(await readOwnOutputs()).map(({ path, value, rule }) => [path, value, rule]),
      [
        [
          "stack",
          OWN_STACK,
          "cannot be read: it has another passphrase than this run, and this version of Pulumi decrypts all of it or nothing (incorrect passphrase)",
        ],
      ],
    );
  });
});

describe("readSharedRoot", () => {
  it("returns the root's outputs, or why there are none", async () => {
    const outputs = { rootCertificates: ["a root"] };
    await withStacks({ "o/p/root": outputs });
    assert.deepEqual(valueOf(await readSharedRoot("o/p/root")), { outputs, kind: undefined });
    const missing = valueOf(await readSharedRoot("root-ca"));
    assert.ok("pending" in missing);
    assert.match(missing.pending, /^stack organization\/istio-federation\/root-ca does not exist/);
  });

  it("reports a root's stack that cannot be read", async () => {
    await withStacks({ "o/p/root": new Error("incorrect passphrase") });
    assert.deepEqual(
      faultsOf(await readSharedRoot("o/p/root")).map(({ path, value }) => [path, value]),
      [["certificateAuthority.shared.stack", "o/p/root"]],
    );
  });
});

describe("readSigningRequest", () => {
  it("returns a cluster's request, or why there is none", async () => {
    await withStacks({ "o/p/a": { certificateRequest: "PEM" }, "o/p/b": { federation: {} } });
    assert.deepEqual(valueOf(await readSigningRequest("a", "o/p/a")), { request: "PEM", kind: "keys" });
    const [b, c] = await Promise.all([readSigningRequest("b", "o/p/b"), readSigningRequest("c", "o/p/c")]);
    assert.match(JSON.stringify(valueOf(b)), /stack o\/p\/b has no output `certificateRequest` yet/);
    assert.match(JSON.stringify(valueOf(c)), /stack o\/p\/c does not exist/);
  });

  it("reports a cluster's stack that cannot be read", async () => {
    await withStacks({ "o/p/a": new Error("permission denied") });
    assert.deepEqual(
      faultsOf(await readSigningRequest("a", "o/p/a")).map(({ path, value }) => [path, value]),
      [["rootAuthority.clusters.a.stack", "o/p/a"]],
    );
  });
});
