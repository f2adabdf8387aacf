import assert from "node:assert/strict";
import { parseContract } from "../../federation/contract/contract.ts";
import { ROOT_B, contractOf } from "../federation/samples.ts";
import { viewPeers } from "../federation/planContext.ts";
import { clusterConfig } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { ANCHOR_CERTIFICATE, MockEngine } from "./mockEngine.ts";

const NEW = { folder: "charts/1.31" };
const OLD = { folder: "charts/1.30" };

interface Release {
  name: string;
  chart: string;
  values: Record<string, unknown> & { meshConfig?: { caCertificates: { pem: string }[] } };
}

/** Declares a stack that serves its contract, with a peer. @returns its Helm releases by the resources' names. */
async function releasesOf(istio: object): Promise<Record<string, Release>> {
  const config = clusterConfig({
    publish: { host: "contracts.a.example", credentialName: "contracts" },
    peers: { "cluster-b": { stack: "cluster-b" } },
    istio,
  });
  const contract = parseContract(contractOf({ rootCertificates: [ROOT_B] }), "test");
  const { peers } = viewPeers(config, { "cluster-b": { contract } });
  const engine = new MockEngine();
  await engine.start(false);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  new FederatedCluster("cluster-a", clusterPlan(config, { connection: { peers } }));
  await engine.finish();
  const releases = engine.resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
  return Object.fromEntries(releases.map(({ name, inputs }) => [name, inputs as unknown as Release]));
}

describe("An upgrade by revision", () => {
  const ISTIOD = "cluster-a-istio-istiod";
  let steps: Record<string, Release>[];

  before(async () => {
    steps = [
      await releasesOf({ charts: OLD }),
      await releasesOf({ revision: "1-31", charts: NEW, former: { charts: OLD } }),
      await releasesOf({ revision: "1-31", charts: NEW }),
      await releasesOf({ revision: "1-32", charts: NEW, former: { revision: "1-31", charts: OLD } }),
      await releasesOf({ charts: OLD, former: { revision: "1-31", charts: NEW } }),
    ];
  });

  /** Release's name, chart and revision of each istiod, by the resource's name. */
  const istiods = (releases: Record<string, Release> = {}) =>
    Object.entries(releases)
      .filter(([name]) => name.startsWith(ISTIOD))
      .map(([resource, { name, chart, values }]) => [resource, name, chart, values["revision"]]);

  it("has the former istiod under the resource and release that it had, and the new one under names of its own", () => {
    const unnamed = [ISTIOD, "istiod", "charts/1.30/istiod", undefined];
    const first = [`${ISTIOD}-1-31`, "istiod-1-31", "charts/1.31/istiod", "1-31"];
    assert.deepEqual(steps.map(istiods), [
      [unnamed],
      [unnamed, first],
      [first],
      [
        [`${ISTIOD}-1-31`, "istiod-1-31", "charts/1.30/istiod", "1-31"],
        [`${ISTIOD}-1-32`, "istiod-1-32", "charts/1.31/istiod", "1-32"],
      ],
      [first, unnamed],
    ]);
  });

  it("changes nothing of the former istiod, and nothing of the new one when the former one is removed", () => {
    const [before, both, after] = steps;
    assert.deepEqual(both?.[ISTIOD], before?.[ISTIOD]);
    assert.deepEqual(after?.[`${ISTIOD}-1-31`], both?.[`${ISTIOD}-1-31`]);
  });

  it("has the peers' anchors in both", () => {
    for (const releases of steps)
      for (const [name, { values }] of Object.entries(releases).filter(([each]) => each.startsWith(ISTIOD)))
        assert.deepEqual(
          values.meshConfig?.caCertificates.map(({ pem }) => pem),
          [ANCHOR_CERTIFICATE],
          name,
        );
  });

  it("moves the gateways with the first update, and the validation of objects with the second", () => {
    const values = (resource: string, key: string) =>
      steps.map((releases) => releases[`cluster-a-${resource}`]?.values[key]);
    const moved = [undefined, "1-31", "1-31", "1-32", undefined];
    assert.deepEqual(values("gateway-release", "revision"), moved);
    assert.deepEqual(values("publish-release", "revision"), moved);
    assert.deepEqual(values("istio-base", "defaultRevision"), ["default", "default", "1-31", "1-31", "1-31"]);
  });

  it("has the CRDs and the gateways of the new charts from the first update on", () => {
    const charts = ["istio-base", "gateway-release", "publish-release"].map((resource) =>
      steps.slice(0, 3).map((releases) => releases[`cluster-a-${resource}`]?.chart.split("/")[1]),
    );
    assert.deepEqual(charts, [
      ["1.30", "1.31", "1.31"],
      ["1.30", "1.31", "1.31"],
      ["1.30", "1.31", "1.31"],
    ]);
  });
});

describe("An upgrade by revision", () => {
  it("takes a tag from the former istiod before the new one gets it, and moves the gateway after both", async () => {
    const config = clusterConfig({
      istio: { revision: "1-31", former: { revision: "1-30", charts: OLD } },
    });
    const engine = new MockEngine();
    await engine.start(false);
    const beforeOther = engine.hold("istiod-1-30", "cluster-a-istio-istiod-1-31");
    const beforeGateway = engine.hold("istiod-1-31", "cluster-a-gateway-release");
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    new FederatedCluster("cluster-a", clusterPlan(config));
    await engine.finish();
    assert.deepEqual([beforeOther(), beforeGateway()], [false, false]);
  });
});
