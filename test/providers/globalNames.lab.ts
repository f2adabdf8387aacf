import assert from "node:assert/strict";
import { DESTINATION_RULE, SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { linesOf } from "../federation/imports/importOf.ts";
import { ID, NAMESPACE, importsFixture } from "./support/importsFixture.ts";
import { initFailure } from "./support/providerProcess.ts";

const HOST = "httpbin.bar.global";
const OTHER = "echo.bar.global";
const LINE = "8000/HTTP http of httpbin.bar.svc.cluster.local as spiffe://cluster.local/ns/bar/sa/httpbin";
const TWO_PORTS =
  "8000/HTTP http, 9000/GRPC grpc of echo.bar.svc.cluster.local as spiffe://cluster.local/ns/bar/sa/echo";

describe("ImportedServices under global names, against a real API server", () => {
  const fixture = importsFixture();

  const names = async () => [
    await fixture.names(),
    (await fixture.rules()).map(({ metadata }) => metadata.name).sort(),
  ];
  const rule = async (name: string) =>
    (await fixture.rules()).find(({ metadata }) => metadata.name === name) ?? assert.fail(`no rule ${name}`);
  const both = () => fixture.inputs({ [HOST]: LINE, [OTHER]: TWO_PORTS });

  it("creates a labelled ServiceEntry and DestinationRule per service, and has no diff then", async () => {
    const { outs } = await fixture.provider.create(both());
    assert.equal(outs.imported, 2);
    assert.deepEqual(await names(), [
      [OTHER, HOST],
      [OTHER, HOST],
    ]);
    const { metadata, spec } = await rule(OTHER);
    assert.equal(metadata.labels?.["istio-federation.dev/peer"], "cluster-b");
    assert.equal(spec.host, OTHER);
    assert.deepEqual(
      (spec.trafficPolicy["portLevelSettings"] as { tls: { sni: string } }[]).map(({ tls }) => tls.sni),
      ["outbound_.8000_._.echo.bar.svc.cluster.local", "outbound_.9000_._.echo.bar.svc.cluster.local"],
    );
    const version = (await rule(HOST)).metadata.resourceVersion;
    assert.deepEqual(await fixture.provider.update(ID, outs, both()), outs);
    assert.equal((await rule(HOST)).metadata.resourceVersion, version);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), {
      [OTHER]: TWO_PORTS,
      [HOST]: LINE,
    });
  });

  it("shows an edited or deleted DestinationRule in a refresh, and repairs it", async () => {
    const { outs } = await fixture.provider.create(both());
    const edited = await rule(HOST);
    edited.spec.trafficPolicy = { tls: { mode: "DISABLE" } };
    await fixture.cluster.client.replace(DESTINATION_RULE, edited);
    await fixture.cluster.client.delete(DESTINATION_RULE, await rule(OTHER));
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(refreshed.inputs), {
      [HOST]: `${LINE} (not as declared: DestinationRule trafficPolicy)`,
      [OTHER]: `${TWO_PORTS} (not as declared: DestinationRule)`,
    });
    assert.equal((await fixture.provider.diff(ID, refreshed.props, both())).changes, true);
    assert.deepEqual(await fixture.provider.update(ID, refreshed.props, both()), outs);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), {
      [OTHER]: TWO_PORTS,
      [HOST]: LINE,
    });
  });

  it("deletes both with their service, and all with the peer", async () => {
    const { outs } = await fixture.provider.create(both());
    const fewer = await fixture.provider.update(ID, outs, fixture.inputs({ [HOST]: LINE }));
    assert.deepEqual(await names(), [[HOST], [HOST]]);
    await fixture.provider.delete(ID, fewer);
    assert.deepEqual(await names(), [[], []]);
  });

  it("removes DestinationRule and annotation when the local host equals the remote one", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [HOST]: LINE }));
    const plain = LINE.replace(" of httpbin.bar.svc.cluster.local", "");
    await fixture.provider.update(ID, outs, fixture.inputs({ [HOST]: plain }));
    assert.deepEqual(await names(), [[HOST], []]);
    assert.deepEqual((await fixture.entry(HOST)).metadata.annotations ?? {}, {});
  });

  it("keeps another owner's DestinationRule, names the owner, and creates no ServiceEntry", async () => {
    const theirs = {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: HOST, namespace: NAMESPACE, labels: { "app.kubernetes.io/managed-by": "the-team" } },
      spec: { host: HOST },
    };
    await fixture.cluster.client.apply(DESTINATION_RULE, theirs, true);
    const failure = await fixture.provider.create(both()).then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /DestinationRule istio-federation\/httpbin\.bar\.global belongs to the-team/,
    );
    assert.deepEqual(await names(), [[OTHER], [OTHER, HOST]]);
    assert.deepEqual((await rule(HOST)).spec, { host: HOST });
    assert.equal(failure?.properties.imported, 1);
  });

  it("moves a service between peers without interruption, whichever is updated first", async () => {
    const ofOther = (services: Record<string, string>) => ({
      ...fixture.inputs(services),
      peer: "cluster-c",
      siblings: ["cluster-b"],
    });
    const { outs } = await fixture.provider.create(both());
    const uid = (await fixture.entry(HOST)).metadata.uid;
    const moved = await fixture.provider.create(ofOther({ [HOST]: LINE }));
    assert.equal(moved.outs.imported, 1);
    assert.equal((await fixture.entry(HOST)).metadata.uid, uid);
    assert.equal((await rule(HOST)).metadata.labels?.["istio-federation.dev/peer"], "cluster-c");
    await fixture.provider.update(ID, outs, fixture.inputs({ [OTHER]: TWO_PORTS }));
    assert.deepEqual(await names(), [
      [OTHER, HOST],
      [OTHER, HOST],
    ]);
    await fixture.provider.delete("istio-federation/cluster-c", moved.outs);
    assert.deepEqual(await names(), [[OTHER], [OTHER]]);
  });

  it("handles more services than a page of a list has", async () => {
    const services = Object.fromEntries(
      Array.from({ length: 501 }, (_, index) => [`s${index}.bar.global`, LINE]),
    );
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    assert.equal(outs.imported, 501);
    assert.equal((await fixture.rules()).length, 501);
    assert.deepEqual((await fixture.provider.read(ID, outs)).props, outs);
    await fixture.provider.delete(ID, outs);
    assert.deepEqual(await names(), [[], []]);
    assert.deepEqual(await fixture.cluster.client.list(SERVICE_ENTRY, { namespace: NAMESPACE }), []);
  });
});
