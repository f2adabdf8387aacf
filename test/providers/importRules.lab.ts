import assert from "node:assert/strict";
import { DESTINATION_RULE, type KubernetesObject } from "../../providers/cluster/kinds.ts";
import { ID, ImportsFixture, NAMESPACE } from "./support/importsFixture.ts";

const HOST = "bar.xyz.svc.cluster-b.local";
const EXTRA = "bar.example.org";
const IDENTITY = "as spiffe://cluster-b.local/ns/xyz/sa/bar";
const PLAIN = `8080/HTTP http, 9090/GRPC grpc ${IDENTITY}`;
const SETTINGS =
  "exportTo client, shop outlierDetection consecutive5xxErrors 5, interval 10s, maxEjectionPercent 100";

type Rule = KubernetesObject & { spec: { exportTo: string[]; trafficPolicy: Record<string, unknown> } };

describe("ImportedServices with what import rules say, against a real API server", () => {
  let fixture: ImportsFixture;

  before(async () => {
    fixture = await ImportsFixture.start("import-rules", "127.30.0.27");
    await fixture.cluster.installIstioKinds();
    await fixture.cluster.makeNamespace(NAMESPACE);
  });

  after(() => fixture.stop());

  afterEach(async () => {
    await fixture.clear();
    for (const rule of await rules()) await fixture.cluster.client.delete(DESTINATION_RULE, rule);
  });

  const rules = () => fixture.cluster.client.list<Rule>(DESTINATION_RULE, { namespace: NAMESPACE });
  const services = {
    [HOST]: `${PLAIN} ${SETTINGS}`,
    [EXTRA]: `${PLAIN.replace(" as ", ` of ${HOST} as `)} ${SETTINGS}`,
  };

  it("writes who sees a service and when its gateways pause, as the API server takes and keeps it", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    assert.equal(outs.imported, 2);
    const found = new Map((await rules()).map((rule) => [rule.metadata.name, rule.spec]));
    const outlierDetection = { consecutive5xxErrors: 5, interval: "10s", maxEjectionPercent: 100 };
    assert.deepEqual(found.get(HOST)?.trafficPolicy, { outlierDetection });
    assert.deepEqual(found.get(HOST)?.exportTo, ["client", "shop"]);
    const ports = found.get(EXTRA)?.trafficPolicy["portLevelSettings"] as { outlierDetection: unknown }[];
    assert.deepEqual(
      ports.map((port) => port.outlierDetection),
      [outlierDetection, outlierDetection],
    );
    assert.deepEqual((await fixture.provider.read(ID, outs)).inputs.services, services);
    assert.deepEqual(await fixture.provider.update(ID, outs, fixture.inputs(services)), outs);
  });

  it("shows in a refresh who sees it by now, and repairs it", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs(services));
    const rule = (await rules()).find(({ metadata }) => metadata.name === HOST) ?? assert.fail();
    await fixture.cluster.client.replace(DESTINATION_RULE, {
      ...rule,
      spec: { ...rule.spec, exportTo: ["*"] },
    });
    const refreshed = await fixture.provider.read(ID, outs);
    assert.deepEqual(refreshed.inputs.services, {
      ...services,
      [HOST]: `${services[HOST]} (not as declared: DestinationRule exportTo)`,
    });
    assert.deepEqual(await fixture.provider.update(ID, refreshed.props, fixture.inputs(services)), outs);
    assert.deepEqual((await fixture.provider.read(ID, outs)).inputs.services, services);
  });

  it("takes the rule and the annotation away when a service loses what it was for, and stays", async () => {
    const { outs } = await fixture.provider.create(fixture.inputs({ [HOST]: services[HOST] }));
    const after = await fixture.provider.update(ID, outs, fixture.inputs({ [HOST]: PLAIN }));
    assert.deepEqual(await rules(), []);
    assert.deepEqual((await fixture.entry(HOST)).metadata.annotations ?? {}, {});
    assert.deepEqual((await fixture.provider.read(ID, after)).inputs.services, { [HOST]: PLAIN });
  });
});
