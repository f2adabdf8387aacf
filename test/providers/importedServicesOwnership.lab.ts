import assert from "node:assert/strict";
import { linesOf } from "../federation/imports/importOf.ts";
import { BAR, BAR_LINE, BAZ, BAZ_LINE, ID, NAMESPACE, importsFixture } from "./support/importsFixture.ts";
import { initFailure } from "./support/providerProcess.ts";

describe("Whose ServiceEntries ImportedServices touches", () => {
  const fixture = importsFixture("ownership");

  it("never touches an entry of someone else, names its owner, and does the rest", async () => {
    const theirs = await fixture.foreign(BAR, { "app.kubernetes.io/managed-by": "team-x" });
    const failure = await fixture.provider
      .create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }))
      .then(() => assert.fail("must fail"), initFailure);
    assert.equal(failure?.id, ID);
    assert.equal(failure.properties.imported, 1);
    assert.match(failure.reasons.join(), new RegExp(`ServiceEntry ${NAMESPACE}/${BAR} belongs to team-x`));
    assert.equal((await fixture.entry(BAR)).metadata.resourceVersion, theirs.metadata.resourceVersion);
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);

    const declared = fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE });
    assert.equal(
      (await fixture.provider.diff(ID, failure.properties, declared)).changes,
      true,
      "the next up must go on",
    );
    await fixture.provider.delete(ID, failure.properties);
    assert.deepEqual(await fixture.names(), [BAR]);
  });

  it("does not take over an entry of another peer, nor one that only carries the peer's label", async () => {
    await fixture.foreign(BAR, {
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/peer": "cluster-c",
    });
    await fixture.foreign(BAZ, { "istio-federation.dev/peer": "cluster-b" });
    const failure = await fixture.provider
      .create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }))
      .then(() => assert.fail("must fail"), initFailure);
    assert.equal(failure?.reasons.length, 3);
    assert.match(failure.reasons[0] ?? "", /^0 of 2 services are registered as declared/);
    assert.match(failure.reasons.join(), /bar\..* was imported from peer cluster-c/);
    await fixture.provider.delete(ID, failure.properties);
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);
  });

  it("takes on entries of ours that no state knows of", async () => {
    const declared = fixture.inputs({ [BAR]: BAR_LINE });
    await fixture.provider.create(declared);
    const before = (await fixture.entry(BAR)).metadata.resourceVersion;
    const { outs } = await fixture.provider.create(declared);
    assert.equal(outs.imported, 1);
    assert.equal((await fixture.entry(BAR)).metadata.resourceVersion, before);
  });

  it("deletes all of the peer's entries, also those the state does not know, and no others", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    await fixture.foreign("other.example.com");
    await fixture.provider.delete(ID, outs);
    assert.deepEqual(await fixture.names(), ["other.example.com"]);
    await fixture.provider.delete(ID, outs);
  });
});

describe("ImportedServices on a cluster without Istio", () => {
  const fixture = importsFixture("bare", false);

  it("has nothing to delete, and nothing there at a refresh", async () => {
    const state = fixture.inputs({});
    await fixture.provider.delete(ID, state);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, state)).inputs), {});
  });

  it("says that the kind is missing when there is something to create", async () => {
    const create = fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    const failure = await create.then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /cannot apply ServiceEntry .*: 404: the cluster does not know this kind, as its CRD is not installed\. Istio's CRDs come/,
    );
  });
});
