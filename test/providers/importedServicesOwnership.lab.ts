import assert from "node:assert/strict";
import { linesOf } from "../federation/imports/importOf.ts";
import { BAR, BAR_LINE, BAZ, BAZ_LINE, ID, NAMESPACE, importsFixture } from "./support/importsFixture.ts";
import { initFailure } from "./support/providerProcess.ts";

describe("The ServiceEntries that ImportedServices owns, on a real API server", () => {
  const fixture = importsFixture();

  it("exclude an entry of another owner, which is named; the rest is written", async () => {
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

  it("exclude an entry of another peer, and one with only the peer's label", async () => {
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

  it("include entries with both labels that are in no state", async () => {
    const declared = fixture.inputs({ [BAR]: BAR_LINE });
    await fixture.provider.create(declared);
    const before = (await fixture.entry(BAR)).metadata.resourceVersion;
    const { outs } = await fixture.provider.create(declared);
    assert.equal(outs.imported, 1);
    assert.equal((await fixture.entry(BAR)).metadata.resourceVersion, before);
  });

  it("are deleted, also those not in the state, and no others", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    await fixture.foreign("other.example.com");
    await fixture.provider.delete(ID, outs);
    assert.deepEqual(await fixture.names(), ["other.example.com"]);
    await fixture.provider.delete(ID, outs);
  });
});

describe("ImportedServices on a cluster without Istio", () => {
  const fixture = importsFixture(false);

  it("deletes nothing, and reads nothing in a refresh", async () => {
    const state = fixture.inputs({});
    await fixture.provider.delete(ID, state);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, state)).inputs), {});
  });

  it("reports the missing CRD when there is something to create", async () => {
    const create = fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    const failure = await create.then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /cannot apply ServiceEntry .*: 404: the cluster does not know this kind, as its CRD is not installed\. Istio's CRDs come/,
    );
  });
});
