import assert from "node:assert/strict";
import { readOwnOutputs } from "../../discovery/ownOutputs.ts";
import { datesOf } from "../../federation/trust/expiry.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { OWN_STACK, faultsError, withStacks } from "./support.ts";
import { ACCESS } from "../federation/mesh/meshSamples.ts";
import { ROOT_A } from "../federation/samples.ts";

const CONTRACT = { schemaVersion: 1, cluster: "cluster-a" };
const anchor = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: ["a root"] };
const status = { state: "pending", reason: "gone", since: "2026-11-21T10:28:15Z", imported: 3 };
const issued = { certificate: "a certificate", rootCertificates: ["a root"], intermediate: 2 };
const NOTHING = {
  contract: undefined,
  pinned: {},
  authority: { isRunning: false, roots: [], intermediate: 1 },
  certificates: {},
  statuses: {},
  credentials: {},
  joined: {},
};

describe("readOwnOutputs", () => {
  it("finds nothing before the first update", async () => {
    await withStacks({});
    assert.deepEqual(await readOwnOutputs(), NOTHING);
  });

  it("finds nothing once the stack is destroyed", async () => {
    await withStacks({ [OWN_STACK]: {} });
    assert.deepEqual(await readOwnOutputs(), NOTHING);
  });

  it("finds what the last update published", async () => {
    const certificates = { root: datesOf(ROOT_A) };
    const credentials = { b: { issued: "2026-11-11T10:00:00Z" } };
    const outputs = {
      ...{ federation: CONTRACT, trustAnchors: { b: anchor }, peers: { b: status }, certificates },
      ...{ certificateRequest: "a request", issued },
      ...{ credentials, joined: { b: ACCESS, c: {} } },
      ...{ callerPolicies: {}, exportAliases: { any: "thing" } },
    };
    await withStacks({ [OWN_STACK]: outputs });
    assert.deepEqual(await readOwnOutputs(), {
      contract: CONTRACT,
      pinned: { b: anchor },
      authority: { request: "a request", issued, isRunning: true, roots: [], intermediate: 2 },
      certificates,
      statuses: { b: status },
      credentials,
      joined: { b: ACCESS },
      callerPolicies: {},
      exportAliases: { any: "thing" },
    });
  });

  it("finds where its own roots are", async () => {
    const since = "2026-11-21T10:00:00Z";
    const rotation = { root: 2, phase: "drop", since, roots: { 2: fingerprintOf(ROOT_A) }, signedUntil: {} };
    await withStacks({ [OWN_STACK]: { federation: CONTRACT, rotation } });
    assert.deepEqual((await readOwnOutputs()).rotation, rotation);
  });

  it("counts the key of its intermediate by the root that signs, as long as it is its own", async () => {
    const since = "2026-11-21T10:00:00Z";
    const record = { root: 2, phase: "sign", since, roots: {}, signedUntil: {} };
    const federation = { ...CONTRACT, rootCertificates: ["a root"] };
    await withStacks({ [OWN_STACK]: { federation, rotation: record } });
    const { authority } = await readOwnOutputs();
    assert.deepEqual(authority, { isRunning: true, roots: ["a root"], intermediate: 2 });
  });

  it("leaves out trust anchors of another shape, as an older program wrote them", async () => {
    const old = { trustDomain: "c.local", rootCertificates: [] };
    await withStacks({ [OWN_STACK]: { federation: CONTRACT, trustAnchors: { b: anchor, c: old } } });
    assert.deepEqual((await readOwnOutputs()).pinned, { b: anchor });
  });

  it("says that the stack itself cannot be read", async () => {
    await withStacks({ [OWN_STACK]: new Error("incorrect passphrase") });
    const { faults } = await faultsError(readOwnOutputs());
    assert.deepEqual(
      faults.map(({ path, value, rule }) => [path, value, rule]),
      [["stack", OWN_STACK, "cannot be read: incorrect passphrase"]],
    );
  });
});
