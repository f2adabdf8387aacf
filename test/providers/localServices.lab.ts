import assert from "node:assert/strict";
import { SERVICE, SERVICE_ENTRY, VIRTUAL_SERVICE } from "../../kubernetes/kinds.ts";
import { linesOf } from "../federation/imports/importOf.ts";
import { BAR, BAZ, ID, NAMESPACE, importsFixture } from "./support/importsFixture.ts";
import { initFailure } from "./support/providerProcess.ts";

const PORTS = "8080/HTTP http, 8443/TLS tls, 9090/GRPC grpc";
const PLAIN = `${PORTS} as spiffe://cluster-b.local/ns/xyz/sa/bar`;
const NAME = "bar-xyz-cluster-b";
const LOCAL = `${PLAIN} localService ${NAME}`;
const BAZ_LOCAL = "9000/TCP tcp as spiffe://cluster-b.local/ns/xyz/sa/baz localService baz-xyz-cluster-b";

describe("Local Services of ImportedServices, against a real API server", () => {
  const fixture = importsFixture();

  const services = { [BAR]: LOCAL, [BAZ]: BAZ_LOCAL };
  const named = async () =>
    [await fixture.services(), await fixture.routes()].map((all) => all.map(({ metadata }) => metadata.name));
  const both = [NAME, "baz-xyz-cluster-b"];
  const service = async (name = NAME) =>
    (await fixture.services()).find(({ metadata }) => metadata.name === name) ?? assert.fail();

  it("have cluster IPs, and VirtualServices that the API server accepts and keeps", async () => {
    const { outs } = await fixture.provider.create(
      fixture.inputs(services, { exportTo: ["client", "shop"] }),
    );
    assert.equal(outs.imported, 2);
    assert.deepEqual(await named(), [both, both]);
    const { spec, metadata } = await service();
    assert.match(spec.clusterIP ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    assert.deepEqual([spec["type"], spec["selector"]], ["ClusterIP", undefined]);
    assert.equal(metadata.annotations?.["networking.istio.io/exportTo"], "client,shop");
    const [routes] = await fixture.routes();
    assert.deepEqual(routes?.spec["exportTo"], ["client", "shop"]);
    assert.deepEqual(
      (routes.spec["http"] as { match: unknown; rewrite: unknown }[]).map(({ match }) => match),
      [[{ port: 8080 }], [{ port: 9090 }]],
    );
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(refreshed.inputs), services);
    const before = await fixture.services();
    const again = fixture.inputs(services, { exportTo: ["client", "shop"] });
    assert.deepEqual(await fixture.provider.update(ID, outs, again), outs);
    assert.deepEqual(await fixture.services(), before);
  });

  it("are repaired in place when edited, deleted or routed elsewhere", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    const edited = await service();
    const { clusterIP } = edited.spec;
    const { client } = fixture.cluster;
    await client.replace(SERVICE, {
      ...edited,
      spec: {
        ...edited.spec,
        type: "NodePort",
        selector: { app: "other" },
        sessionAffinity: "ClientIP",
        ports: [
          ...(edited.spec["ports"] as object[]),
          { name: "more", port: 1, targetPort: 1, protocol: "TCP" },
        ],
      },
    });
    const [, other = assert.fail()] = await fixture.routes();
    await client.delete(VIRTUAL_SERVICE, other);
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(refreshed.inputs), {
      [BAR]: `${LOCAL} (not as declared: Service ports, Service selector, Service type)`,
      [BAZ]: `${BAZ_LOCAL} (not as declared: VirtualService)`,
    });
    assert.deepEqual(await fixture.provider.update(ID, refreshed.props, fixture.inputs(services)), outs);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), services);
    const { spec, metadata } = await service();
    assert.deepEqual([spec.clusterIP, metadata.uid], [clusterIP, edited.metadata.uid]);
    assert.deepEqual([spec["type"], spec["selector"]], ["ClusterIP", undefined]);
    assert.deepEqual(await named(), [both, both]);
  });

  it("follow the import's ports, name and exportTo, and keep their cluster IPs where the name stays", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    const { clusterIP } = (await service()).spec;
    const changed = { ...services, [BAR]: LOCAL.replace("8080/HTTP", "8081/HTTP") };
    const after = await fixture.provider.update(ID, outs, fixture.inputs(changed, { exportTo: ["client"] }));
    const { spec, metadata } = await service();
    assert.equal(spec.clusterIP, clusterIP);
    assert.equal(metadata.annotations?.["networking.istio.io/exportTo"], "client");
    assert.deepEqual(linesOf((await fixture.provider.read(ID, after)).inputs), changed);
    const renamed = { [BAR]: LOCAL.replace(NAME, "pay"), [BAZ]: BAZ_LOCAL };
    const last = await fixture.provider.update(ID, after, fixture.inputs(renamed));
    assert.deepEqual(
      (await named()).map((names) => names.sort()),
      [
        ["baz-xyz-cluster-b", "pay"],
        ["baz-xyz-cluster-b", "pay"],
      ],
    );
    assert.deepEqual(linesOf((await fixture.provider.read(ID, last)).inputs), renamed);
  });

  for (const how of ["few services", "a list of all"]) {
    it(`are deleted when switched off, by ${how}, and their imports stay`, async () => {
      const { outs } = await fixture.provider.create(fixture.inputs(services));
      const plain = { [BAR]: PLAIN, [BAZ]: BAZ_LOCAL.replace(/ localService.*/, "") };
      // Another gateway is a change of all.
      const more = how === "few services" ? {} : { gateways: [{ address: "127.20.0.4", port: 15443 }] };
      const off = await fixture.provider.update(ID, outs, fixture.inputs(plain, more));
      assert.deepEqual(await named(), [[], []]);
      assert.deepEqual(await fixture.names(), [BAR, BAZ]);
      assert.deepEqual(linesOf((await fixture.provider.read(ID, off)).inputs), plain);
    });
  }

  it("are deleted with their imports", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    const one = await fixture.provider.update(ID, outs, fixture.inputs({ [BAR]: LOCAL }));
    assert.deepEqual(await named(), [[NAME], [NAME]]);
    await fixture.provider.delete(ID, one);
    assert.deepEqual([await named(), await fixture.names()], [[[], []], []]);
  });

  it("are deleted with their peer though their ServiceEntries were deleted first", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    for (const host of [BAR, BAZ])
      await fixture.cluster.client.delete(SERVICE_ENTRY, await fixture.entry(host));
    await fixture.provider.delete(ID, outs);
    assert.deepEqual([await named(), await fixture.names()], [[[], []], []]);
  });

  it("never replace another owner's Service, which is named; the import is registered", async () => {
    const spec = { ports: [{ port: 80 }], selector: { app: "theirs" } };
    await fixture.cluster.make(SERVICE, NAMESPACE, NAME, {
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      spec,
    });
    const before = await service();
    const failure = await fixture.provider
      .create(fixture.inputs(services))
      .then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /Service istio-federation\/bar-xyz-cluster-b belongs to Helm/,
    );
    assert.equal(failure?.properties.imported, 1);
    assert.deepEqual(await service(), before);
    assert.deepEqual(await fixture.names(), [BAR, BAZ]);
    assert.deepEqual(
      (await fixture.routes()).map(({ metadata }) => metadata.name),
      ["baz-xyz-cluster-b"],
    );
  });

  it("are shown in a refresh when their ServiceEntry is deleted", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    await fixture.cluster.client.delete(SERVICE_ENTRY, await fixture.entry(BAR));
    const { inputs, props } = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(inputs)[BAR], "unexpected Service, unexpected VirtualService");
    await fixture.provider.update(ID, props, fixture.inputs(services));
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), services);
  });
});
