import assert from "node:assert/strict";
import { readOwnOutputs } from "../../discovery/ownOutputs.ts";
import { datesOf } from "../../federation/expiry.ts";
import { ACCESS } from "../federation/meshSamples.ts";
import { ROOT_A } from "../federation/samples.ts";
import { OWN_STACK, faultsError, withStacks } from "./support.ts";

const CONTRACT = { schemaVersion: 1, cluster: "cluster-a" };
const anchor = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: ["a root"] };
const status = { state: "pending", reason: "gone", since: "2026-11-21T10:28:15Z", imported: 3 };
const NOTHING = {
  contract: undefined,
  pinned: {},
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
      federation: CONTRACT,
      trustAnchors: { b: anchor },
      peers: { b: status },
      certificates,
      credentials,
      joined: { b: ACCESS, c: {} },
    };
    await withStacks({ [OWN_STACK]: outputs });
    assert.deepEqual(await readOwnOutputs(), {
      contract: CONTRACT,
      pinned: { b: anchor },
      certificates,
      statuses: { b: status },
      credentials,
      joined: { b: ACCESS },
    });
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
