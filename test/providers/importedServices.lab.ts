import assert from "node:assert/strict";
import { SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { linesOf } from "../federation/imports/importOf.ts";
import { BAR, BAR_LINE, BAZ, BAZ_LINE, ID, importsFixture } from "./support/importsFixture.ts";
import { initFailure } from "./support/providerProcess.ts";

describe("ImportedServices against a real API server", () => {
  const fixture = importsFixture();

  it("creates a labelled ServiceEntry per service by server-side apply", async () => {
    const { id, outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    assert.equal(id, ID);
    assert.equal(outs.imported, 2);
    assert.equal("services" in outs, false);
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);
    const { metadata, spec } = await fixture.entry(BAR);
    assert.deepEqual(metadata.labels, {
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/peer": "cluster-b",
    });
    assert.deepEqual(spec.hosts, [BAR]);
    assert.equal(spec.endpoints[0]?.address, "127.20.0.3");
    assert.deepEqual(
      metadata.managedFields?.map(({ manager }) => manager),
      ["istio-federation"],
    );
  });

  it("writes nothing when all is as declared", async () => {
    const declared = fixture.inputs({ [BAR]: BAR_LINE });
    const { outs } = await fixture.provider.create(declared);
    const before = (await fixture.entry(BAR)).metadata.resourceVersion;
    assert.deepEqual(await fixture.provider.update(ID, outs, declared), outs);
    assert.equal((await fixture.entry(BAR)).metadata.resourceVersion, before);
    assert.equal((await fixture.provider.diff(ID, outs, declared)).changes, false);
  });

  it("outputs why the brake keeps services, while it does", async () => {
    const declared = fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE });
    const { outs } = await fixture.provider.create(declared);
    assert.equal(outs.braked, "");
    const brake = { removals: 0, share: 0 };
    const news = { ...fixture.inputs({ [BAR]: BAR_LINE }), movable: "", held: "", brake, required: false };
    const { inputs } = await fixture.provider.check(declared, news);
    assert.notEqual((await fixture.provider.diff(ID, outs, inputs)).changes, false);
    const held = await fixture.provider.update(ID, outs, inputs);
    assert.match(String(held.braked), /^would lose 1 of 2 services at once \(baz\./);
    assert.equal(held.imported, 2);
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);

    const again = await fixture.provider.check(inputs, news);
    assert.deepEqual(again.inputs, inputs);
    assert.equal((await fixture.provider.diff(ID, held, again.inputs)).changes, false);
    const refreshed = await fixture.provider.read(ID, held);
    assert.deepEqual(refreshed.props, held);
    const after = await fixture.provider.check(refreshed.inputs, news);
    assert.deepEqual(after.inputs, inputs);

    const back = await fixture.provider.check(inputs, { ...news, services: declared["services"] });
    assert.equal((await fixture.provider.update(ID, held, back.inputs)).braked, "");
  });

  it("adds, changes and removes only what differs", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    const uid = (await fixture.entry(BAR)).metadata.uid;
    const changed = fixture.inputs({
      [BAR]: BAR_LINE.replace("8080/HTTP http", "8081/HTTP http, 9090/GRPC grpc"),
    });
    assert.equal((await fixture.provider.diff(ID, outs, changed)).changes, true);
    await fixture.provider.update(ID, outs, changed);
    assert.deepEqual(await fixture.names(), [BAR]);
    const after = await fixture.entry(BAR);
    assert.equal(after.metadata.uid, uid, "an address change must not make a new object");
    assert.deepEqual(after.spec.ports.map(({ number }) => number).sort(), [8081, 9090]);
  });

  it("shows manual edits and deletions in a refresh, and repairs them", async () => {
    const declared = fixture.inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE });
    const { outs } = await fixture.provider.create(declared);
    const edited = await fixture.entry(BAR);
    edited.spec.ports.push({ number: 81, name: "extra", protocol: "HTTP" } as never);
    edited.spec.endpoints = [{ address: "10.0.0.1" }];
    await fixture.cluster.client.replace(SERVICE_ENTRY, edited);
    await fixture.cluster.client.delete(SERVICE_ENTRY, await fixture.entry(BAZ));

    const refreshed = await fixture.provider.read(ID, outs);
    assert.equal(refreshed.id, ID);
    const shown = linesOf(refreshed.inputs)[BAR];
    assert.deepEqual(Object.keys(linesOf(refreshed.inputs)), [BAR]);
    assert.match(shown ?? "", /8080\/HTTP http, 81\/HTTP extra as .* \(not as declared: endpoints, ports\)/);
    assert.equal((await fixture.provider.diff(ID, refreshed.props, declared)).changes, true);

    const repaired = await fixture.provider.update(ID, refreshed.props, declared);
    assert.deepEqual(repaired, outs);
    assert.deepEqual(
      (await fixture.entry(BAR)).spec.ports.map(({ number }) => number),
      [8080],
    );
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, repaired)).inputs), {
      [BAR]: BAR_LINE,
      [BAZ]: BAZ_LINE,
    });
  });

  it("repairs an entry whose hand-made port has the number of a declared one", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    const edited = await fixture.entry(BAR);
    edited.spec.ports.push({ number: 81, name: "extra", protocol: "HTTP" } as never);
    await fixture.cluster.client.replace(SERVICE_ENTRY, edited);
    await fixture.provider.update(ID, outs, fixture.inputs({ [BAR]: BAR_LINE.replace("8080", "81") }));
    assert.deepEqual(
      (await fixture.entry(BAR)).spec.ports.map(({ number, name }) => [number, name]),
      [[81, "http"]],
    );
  });

  it("ignores labels, annotations and status of others", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAR]: BAR_LINE }));
    const live = await fixture.entry(BAR);
    live.metadata.labels = { ...live.metadata.labels, team: "x" };
    live.metadata.annotations = { note: "y" };
    await fixture.cluster.client.replace(SERVICE_ENTRY, live);
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(refreshed.inputs), { [BAR]: BAR_LINE });
    assert.deepEqual(refreshed.props, outs);
  });

  it("reports what the API server refuses, and writes the rest", async () => {
    const tooLong = `${"a".repeat(63)}.`.repeat(3) + "cluster-b.local";
    const { outs } = await fixture.provider.create(fixture.inputs({ [BAZ]: BAZ_LINE }));
    const failure = await fixture.provider
      .update(
        ID,
        outs,
        fixture.inputs({
          [BAR]: BAR_LINE.replace("8080/HTTP http", "1/HTTP a, 1/HTTP b"),
          [tooLong]: BAZ_LINE,
        }),
      )
      .then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /cannot apply ServiceEntry istio-federation\/bar\..*422 Invalid/s,
    );
    assert.deepEqual(await fixture.names(), [tooLong]);
    assert.equal(failure?.properties.imported, 1);
  });

  it("handles more services than a page of a list has", async () => {
    const services = Object.fromEntries(
      Array.from({ length: 501 }, (_, index) => [`s${index}.xyz.svc.cluster-b.local`, BAR_LINE]),
    );
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    assert.equal(outs.imported, 501);
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(refreshed.props, outs);
    await fixture.provider.update(
      ID,
      outs,
      fixture.inputs(services, { gateways: [{ address: "127.20.0.4", port: 15443 }] }),
    );
    await fixture.provider.delete(ID, outs);
    assert.deepEqual(await fixture.names(), []);
  });
});
