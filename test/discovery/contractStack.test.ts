import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readContractStack, readContractStackSnapshot } from "../../discovery/stacks.ts";
import { planContractStack } from "../../federation/contractStack.ts";
import { behindNote } from "../../federation/ownContractStack.ts";
import { Findings } from "../../federation/core/findings.ts";
import { describeFault } from "../../federation/core/fault.ts";
import { ROOT_B, ROOT_C, contractOf } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { OWN_STACK, type Stacks, withStacks } from "./support.ts";

const SOURCE = "o/p/b";
const TRUST = { trustAnchors: { us: {} }, certificateRequest: "PEM" };

/** Reads and plans a contract stack of {@link SOURCE}. */
async function run(stacks: Stacks, source = SOURCE) {
  await withStacks(stacks);
  const findings = new Findings();
  const config = { contractOf: source, notify: [] };
  const plan = planContractStack(config, await readContractStackSnapshot(config), findings);
  return { outputs: plan?.outputs, warnings: findings.warnings, faults: findings.faults.map(describeFault) };
}

describe("A contract stack", () => {
  it("publishes a cluster's contract as it is, and its other public outputs, but none else", async () => {
    const federation = await signed(contractOf());
    const secret = { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value: "token" };
    const { outputs, warnings, faults } = await run({
      [SOURCE]: { federation, ...TRUST, peers: {}, access: secret, lastRun: { joined: secret } },
    });
    assert.deepEqual([warnings, faults], [[], []]);
    assert.deepEqual(outputs, { federation, ...TRUST, contractOf: SOURCE });
  });

  it("publishes what clusters need of a shared root", async () => {
    const root = { rootCertificates: [ROOT_B], signedCertificates: { a: "PEM" } };
    const { outputs, faults } = await run({ [SOURCE]: { ...root, certificateRequests: { a: "PEM" } } });
    assert.deepEqual(faults, []);
    assert.deepEqual(outputs, { ...root, contractOf: SOURCE });
  });

  it("publishes the request of a cluster that waits for its certificate", async () => {
    const { outputs } = await run({ [SOURCE]: { certificateRequest: "PEM" } });
    assert.deepEqual(outputs, { certificateRequest: "PEM", contractOf: SOURCE });
  });

  for (const [what, root, rule] of [
    [
      "without certificates",
      { rootCertificates: [ROOT_B] },
      /^outputs of stack o\/p\/b: have no list of roots/,
    ],
    ["without roots", { signedCertificates: {} }, /^outputs of stack o\/p\/b: have no list of roots/],
    [
      "that is no certificate",
      { rootCertificates: ["PEM"], signedCertificates: {} },
      /^outputs of stack o\/p\/b: publishes a root \(1 of 1\) which is not one certificate in PEM/,
    ],
  ] as const)
    it(`refuses a shared root ${what}, as its clusters would`, async () => {
      const { outputs, faults } = await run({ [SOURCE]: root });
      assert.equal(outputs, undefined);
      assert.match(faults.join(), rule);
    });

  it("refuses to read itself by its full name, before and after it published something", async () => {
    for (const own of [{}, { [OWN_STACK]: { contractOf: OWN_STACK } }]) {
      const { faults } = await run(own, OWN_STACK);
      assert.match(
        faults.join(),
        /^contractOf: "organization\/istio-federation\/cluster-a" is this very stack/,
      );
    }
  });

  it("keeps whom a rebuilt cluster trusted with its contract, and takes the new request", async () => {
    const last = { ...(await before()), trustAnchors: { us: {} }, certificateRequest: "old" };
    const { outputs } = await run({ [OWN_STACK]: last, [SOURCE]: { certificateRequest: "new" } });
    assert.deepEqual(outputs, { ...last, certificateRequest: "new" });
  });

  const before = async () => ({ federation: await signed(contractOf({ revision: 4 })), contractOf: SOURCE });
  for (const [what, source, warning] of [
    ["does not exist", undefined, /^What was published stays: stack o\/p\/b does not exist/],
    ["was destroyed", {}, /^What was published stays: stack o\/p\/b has no output `federation` yet/],
    ["has lost its contract", TRUST, /^Stack o\/p\/b has no contract any more: the last one stays/],
  ] as const) {
    it(`keeps what it published when the cluster's stack ${what}, with a warning`, async () => {
      const last = await before();
      const { outputs, warnings, faults } = await run({
        [OWN_STACK]: last,
        ...(source && { [SOURCE]: source }),
      });
      assert.deepEqual(faults, []);
      assert.match(warnings.join(), warning);
      assert.deepEqual(outputs?.federation, last.federation);
    });
  }

  it("says that nothing is published yet before the cluster's first update", async () => {
    const { outputs, warnings } = await run({});
    assert.deepEqual(outputs, { contractOf: SOURCE });
    assert.match(warnings.join(), /^Nothing is published: stack o\/p\/b does not exist/);
  });

  it("takes a newer contract, and the same one again", async () => {
    for (const revision of [4, 5]) {
      const federation = await signed(contractOf({ revision }));
      const { outputs, faults } = await run({ [OWN_STACK]: await before(), [SOURCE]: { federation } });
      assert.deepEqual(faults, []);
      assert.deepEqual(outputs?.federation, federation);
    }
  });

  const forged = async () => ({ ...(await signed(contractOf())), network: "another" });
  const secret = (value: unknown) => ({
    [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
    value,
  });
  for (const [what, source, fault] of [
    [
      "changed after it was signed",
      async () => ({ federation: await forged() }),
      /signature: is not that of this/,
    ],
    ["without a signature", () => ({ federation: contractOf() }), /signature: is missing/],
    [
      "that no reader would accept",
      async () => ({ federation: await signed({ ...contractOf(), schemaVersion: 9 }) }),
      /contract of stack o\/p\/b\.schemaVersion: is 9, newer than 1/,
    ],
    [
      "with a lower revision",
      async () => ({ federation: await signed(contractOf({ revision: 3 })) }),
      /revision: 3 is lower than 4, which this stack has published.*pulumi destroy/,
    ],
    [
      "with the same revision and another content",
      async () => ({ federation: await signed(contractOf({ revision: 4, network: "another" })) }),
      /revision: 4 is that of the contract which this stack has published, with other content/,
    ],
    [
      "of another cluster",
      async () => ({ federation: await signed(contractOf({ revision: 5, cluster: "other" })) }),
      /cluster: "other" is another one than ".*", whose contract this stack has published.*pulumi destroy/,
    ],
    [
      "of another trust domain",
      async () => ({ federation: await signed(contractOf({ revision: 5, trustDomain: "other.local" })) }),
      /trustDomain: "other\.local" is another one than/,
    ],
    [
      "beside something secret",
      async () => ({
        federation: await signed(contractOf({ revision: 5 })),
        trustAnchors: { us: secret({}) },
      }),
      /^contractOf: "o\/p\/b" has the output `trustAnchors`, which is secret/,
    ],
    [
      "of another contract stack",
      async () => ({ federation: await signed(contractOf({ revision: 5 })), contractOf: "o/p/c" }),
      /^contractOf: "o\/p\/b" is a contract stack itself, of "o\/p\/c"\. Name the stack of the cluster/,
    ],
  ] as const) {
    it(`refuses a contract ${what}`, async () => {
      const { outputs, faults } = await run({ [OWN_STACK]: await before(), [SOURCE]: await source() });
      assert.equal(outputs, undefined);
      assert.match(faults.join("\n"), fault);
    });
  }

  it("warns of a root that peers do not know", async () => {
    const federation = await signed(contractOf({ revision: 5, rootCertificates: [ROOT_C] }));
    const { outputs, warnings } = await run({ [OWN_STACK]: await before(), [SOURCE]: { federation } });
    assert.deepEqual(outputs?.federation, federation);
    assert.match(
      warnings.join(),
      /^Contract of stack o\/p\/b has none of the roots that this stack has published: .*fingerprint/,
    );
  });

  for (const [what, outputs] of [
    ["a cluster", { lastRun: {}, federation: {} }],
    ["a shared root", { certificateRequests: {} }],
  ] as const)
    it(`is refused in a stack that holds the keys of ${what}`, async () => {
      const federation = await signed(contractOf());
      const { outputs: planned, faults } = await run({ [OWN_STACK]: outputs, [SOURCE]: { federation } });
      assert.equal(planned, undefined);
      assert.match(faults.join("\n"), /^contractOf: "o\/p\/b" is in the config of a stack that holds keys/);
    });

  it("cannot be read: one fault", async () => {
    const { faults } = await run({ [SOURCE]: new Error("permission denied") });
    assert.equal(faults.length, 1);
    assert.match(
      faults.join(),
      /^contractOf: .*cannot be read: this run's user has no right to \(permission denied\)\. Log in as another user .* read that stack\.$/,
    );
  });
});

describe("The contract stack of a cluster", () => {
  const published = (revision: number, certificateRequest = "PEM") => ({
    [SOURCE]: { federation: { revision }, certificateRequest, contractOf: "a" },
  });
  for (const [what, stacks, note] of [
    ["is up to date", published(7), /^undefined$/],
    [
      "is behind",
      published(6),
      /^Contract stack o\/p\/b has revision 6, and the contract of this cluster is revision 7: run `pulumi up -s o\/p\/b`$/,
    ],
    [
      "lacks the roots of a peer that the cluster trusts since",
      {
        [SOURCE]: {
          ...published(7)[SOURCE],
          trustAnchors: {
            c: { clusterDomain: "c.local", trustDomain: "c.local", rootCertificates: [ROOT_B] },
          },
        },
      },
      /^Contract stack o\/p\/b has not the peers' roots that this cluster trusts: run `pulumi up -s o\/p\/b`$/,
    ],
    ["has another signing request", published(7, "old"), /has not this cluster's signing request: run/],
    [
      "is another cluster's",
      {
        [SOURCE]: {
          federation: { revision: 7, trustDomain: "c.local" },
          certificateRequest: "PEM",
          contractOf: "c",
        },
      },
      /^Contract stack o\/p\/b publishes the contract of another cluster, of trust domain "c\.local": .*contractOf/,
    ],
    ["has no contract yet", { [SOURCE]: { contractOf: "a" } }, /publishes no contract/],
    ["was never updated", { [SOURCE]: {} }, /publishes no contract/],
    ["does not exist", {}, /^Contract stack o\/p\/b publishes nothing yet: stack o\/p\/b does not exist/],
    [
      "is a cluster's",
      { [SOURCE]: { federation: { revision: 7 }, lastRun: {} } },
      /is no contract stack: it holds keys/,
    ],
    ["cannot be read", { [SOURCE]: new Error("denied") }, /cannot be read: denied/],
  ] as const) {
    it(`is told of when it ${what}`, async () => {
      await withStacks(stacks);
      const own = { revision: 7, request: "PEM", trustDomain: "b.local", pinned: {} };
      assert.match(String(behindNote(SOURCE, await readContractStack(SOURCE), own)), note);
    });
  }
});
