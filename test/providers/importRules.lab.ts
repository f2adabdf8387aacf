import assert from "node:assert/strict";
import { DEFAULT_BRAKE } from "../../federation/imports/brake.ts";
import { DESTINATION_RULE } from "../../kubernetes/kinds.ts";
import { linesOf } from "../federation/imports/importOf.ts";
import { ID, NAMESPACE, importsFixture } from "./support/importsFixture.ts";

const HOST = "bar.xyz.svc.cluster-b.local";
const EXTRA = "bar.example.org";
const IDENTITY = "as spiffe://cluster-b.local/ns/xyz/sa/bar";
const PLAIN = `8080/HTTP http, 9090/GRPC grpc ${IDENTITY}`;
const SETTINGS =
  "exportTo client, shop outlierDetection consecutive5xxErrors 5, interval 10s, maxEjectionPercent 100";

describe("ImportedServices with settings of import rules, against a real API server", () => {
  const fixture = importsFixture();

  const services = {
    [HOST]: `${PLAIN} ${SETTINGS}`,
    [EXTRA]: `${PLAIN.replace(" as ", ` of ${HOST} as `)} ${SETTINGS}`,
  };

  it("writes exportTo and outlierDetection, which the API server accepts and keeps", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    assert.equal(outs.imported, 2);
    const found = new Map((await fixture.rules()).map((rule) => [rule.metadata.name, rule.spec]));
    const outlierDetection = { consecutive5xxErrors: 5, interval: "10s", maxEjectionPercent: 100 };
    assert.deepEqual(found.get(HOST)?.trafficPolicy, { outlierDetection });
    assert.deepEqual(found.get(HOST)?.exportTo, ["client", "shop"]);
    const ports = found.get(EXTRA)?.trafficPolicy["portLevelSettings"] as { outlierDetection: unknown }[];
    assert.deepEqual(
      ports.map((port) => port.outlierDetection),
      [outlierDetection, outlierDetection],
    );
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), services);
    assert.deepEqual(await fixture.provider.update(ID, outs, fixture.inputs(services)), outs);
  });

  it("shows a changed exportTo in a refresh, and repairs it", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    const rule = (await fixture.rules()).find(({ metadata }) => metadata.name === HOST) ?? assert.fail();
    await fixture.cluster.client.replace(DESTINATION_RULE, {
      ...rule,
      spec: { ...rule.spec, exportTo: ["*"] },
    });
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(linesOf(refreshed.inputs), {
      ...services,
      [HOST]: `${services[HOST]} (not as declared: DestinationRule exportTo)`,
    });
    assert.deepEqual(await fixture.provider.update(ID, refreshed.props, fixture.inputs(services)), outs);
    assert.deepEqual(linesOf((await fixture.provider.read(ID, outs)).inputs), services);
  });

  for (const first of ["taken over", "left"] as const) {
    it(`moves a host to another peer without deleting its ServiceEntry, ${first} first`, async () => {
      const [siblings, line] = [["cluster-b"], services[EXTRA]];
      const { outs } = await fixture.provider.create(fixture.inputs({ [EXTRA]: line }));
      const uids = async () => [
        (await fixture.entry(EXTRA)).metadata.uid,
        (await fixture.rules()).map(({ metadata }) => metadata.uid),
      ];
      const before = await uids();
      const more = {
        peer: "cluster-c",
        siblings,
        otherGateways: { "cluster-b": [{ address: "127.20.0.4", port: 15443 }] },
      };
      const shared = line.replace(" exportTo", " servedBy cluster-b, cluster-c weight 3 exportTo");
      const take = () => fixture.provider.create(fixture.inputs({ [EXTRA]: shared }, more));
      const leave = () => fixture.provider.update(ID, outs, fixture.inputs({}, { handedOver: [EXTRA] }));
      if (first === "left") await leave();
      const taken = await take();
      if (first === "taken over") await leave();
      assert.deepEqual(await uids(), before);
      const { metadata, spec } = await fixture.entry(EXTRA);
      assert.equal(metadata.labels?.["istio-federation.dev/peer"], "cluster-c");
      assert.deepEqual(
        spec.endpoints.map(({ address }) => address),
        ["127.20.0.3", "127.20.0.4"],
      );
      const id = `${NAMESPACE}/cluster-c`;
      assert.deepEqual(linesOf((await fixture.provider.read(id, taken.outs)).inputs), { [EXTRA]: shared });
      await fixture.provider.delete(id, taken.outs);
      assert.deepEqual([await fixture.names(), await fixture.rules()], [[], []]);
    });
  }

  for (const how of ["few services", "a list of all"]) {
    for (const first of ["taken over", "left"] as const) {
      it(`removes the former peer's DestinationRule and local Service of a moved host, by ${how}, ${first} first`, async () => {
        const line = `${services[EXTRA]} localService extra-b`;
        const { outs } = await fixture.provider.create(fixture.inputs({ [EXTRA]: line, [HOST]: PLAIN }));
        const [own, id] = ["own.xyz.svc.cluster-c.local", `${NAMESPACE}/cluster-c`];
        const more = { peer: "cluster-c", siblings: ["cluster-b"] };
        const last = fixture.inputs({ [own]: PLAIN }, more);
        const had = await fixture.provider.create(last);
        const [rule] = await fixture.rules();
        assert.equal(rule?.metadata.name, EXTRA);
        assert.equal((await fixture.services()).length, 1);

        const gateways = [{ address: "127.20.0.5", port: 15443 }];
        const moved = { [own]: PLAIN, [EXTRA]: PLAIN };
        const inputs = fixture.inputs(moved, how === "few services" ? more : { ...more, gateways });
        const asked = { ...inputs, movable: "", held: "", brake: DEFAULT_BRAKE, required: false };
        assert.deepEqual((await fixture.provider.check(last, asked)).failures, []);
        const take = () => fixture.provider.update(id, had.outs, inputs);
        const rest = fixture.inputs({ [HOST]: PLAIN }, { handedOver: [EXTRA] });
        const leave = () => fixture.provider.update(ID, outs, rest);
        if (first === "left") await leave();
        const taken = await take();
        if (first === "taken over") await leave();
        assert.deepEqual(await fixture.names(), [EXTRA, HOST, own].sort());
        assert.deepEqual(
          [await fixture.rules(), await fixture.services(), await fixture.routes()],
          [[], [], []],
        );
        assert.deepEqual(linesOf((await fixture.provider.read(id, taken)).inputs), moved);
      });
    }
  }

  it("removes DestinationRule and annotation when a service no longer needs them", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [HOST]: services[HOST] }));
    const after = await fixture.provider.update(ID, outs, fixture.inputs({ [HOST]: PLAIN }));
    assert.deepEqual(await fixture.rules(), []);
    assert.deepEqual((await fixture.entry(HOST)).metadata.annotations ?? {}, {});
    assert.deepEqual(linesOf((await fixture.provider.read(ID, after)).inputs), { [HOST]: PLAIN });
  });
});
