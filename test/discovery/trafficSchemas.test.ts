import assert from "node:assert/strict";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readTraffic } from "../../discovery/traffic.ts";
import { describeFault } from "../../federation/core/fault.ts";
import type { ParsedObjects, TrafficReadings } from "../../federation/traffic/trafficTargets.ts";
import { clusterPlanOf } from "../federation/planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import {
  type Answer,
  FORBIDDEN,
  fakeApiServer,
  listOf,
  NOT_FOUND,
} from "../providers/support/fakeApiServer.ts";
import { valueOf } from "./support.ts";

const CRDS = "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/";

const sidecar = (name: string, spec: object) => ({
  apiVersion: "networking.istio.io/v1beta1",
  kind: "Sidecar",
  metadata: { namespace: "shop", name },
  spec,
});
const httpRoute = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { namespace: "shop", name: "a" },
  spec: {},
};

/** A CRD of Sidecars of a later version of Istio, with one more field. */
const laterSidecars = {
  metadata: { name: "sidecars.networking.istio.io" },
  spec: {
    group: "networking.istio.io",
    names: { kind: "Sidecar", plural: "sidecars" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", description: "A spec", properties: { later: { type: "string" } } },
              status: { type: "object" },
            },
          },
        },
      },
    ],
  },
};

const withObjects = (objects: readonly unknown[]) =>
  validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, traffic: { objects } }, "cluster-a");

describe("Traffic objects of a stack", () => {
  const server = fakeApiServer();

  /** Reads objects with a cluster that answers requests for CRDs so, and has nothing else. */
  async function readWith(
    crd: (name: string) => Answer,
    objects: readonly unknown[],
  ): Promise<TrafficReadings> {
    server.answerBy((request) =>
      request.startsWith(CRDS)
        ? crd(request.slice(CRDS.length))
        : request.endsWith("/version")
          ? { status: 200 }
          : listOf([]),
    );
    const read = await readTraffic(new ClusterReader(server.kubeconfig), withObjects(objects));
    return read ?? assert.fail("not read");
  }

  function summary({ objects, declared, faults }: ParsedObjects) {
    return { objects: objects.map(({ name }) => name), declared, faults: faults.map(describeFault) };
  }

  it("are checked against the CRDs of the default charts where Istio's are not installed", async () => {
    const objects = [sidecar("a", { egress: [] }), sidecar("b", { egres: [] })];
    const { declared, crds } = await readWith(() => NOT_FOUND, objects);
    assert.deepEqual(crds, { value: [] });
    assert.deepEqual(summary(valueOf(declared)), {
      objects: ["a"],
      declared: ["networking.istio.io/Sidecar/shop/a", "networking.istio.io/Sidecar/shop/b"],
      faults: [
        "traffic.objects[1]: Sidecar shop/b: spec.egres: is not a known field. Write 'egress', if that is what you mean.",
      ],
    });
    assert.deepEqual(
      server.requests.filter((request) => request.startsWith(CRDS)),
      [`${CRDS}sidecars.networking.istio.io`],
    );
  });

  it("are checked against the installed CRDs", async () => {
    const objects = [sidecar("a", { egress: [] }), sidecar("b", { later: "x" })];
    const { declared, crds } = await readWith(() => ({ status: 200, body: laterSidecars }), objects);
    assert.deepEqual(valueOf(crds), [
      {
        group: "networking.istio.io",
        kind: "Sidecar",
        plural: "sidecars",
        isNamespaced: true,
        versions: [
          {
            name: "v1",
            schema: {
              type: "object",
              properties: { spec: { type: "object", properties: { later: { type: "string" } } } },
            },
          },
        ],
      },
    ]);
    const { objects: valid, faults } = summary(valueOf(declared));
    assert.deepEqual(valid, ["b"]);
    assert.deepEqual(faults, [
      "traffic.objects[0]: Sidecar shop/a: spec.egress: is not a known field. Remove it; known here: later.",
    ]);
  });

  it("of the Gateway API are faults where its CRDs are not installed", async () => {
    const { declared } = await readWith(() => NOT_FOUND, [httpRoute]);
    assert.deepEqual(summary(valueOf(declared)).faults, [
      'traffic.objects[0]: HTTPRoute shop/a: apiVersion: "gateway.networking.k8s.io/v1" is the Gateway API, whose CRDs are not in the cluster. Install these CRDs, or remove the object.',
    ]);
  });

  it("are not checked for a user who may not read CRDs", async () => {
    const readings = await readWith(() => FORBIDDEN, [sidecar("a", { egres: [] })]);
    assert.deepEqual(summary(valueOf(readings.declared)).objects, ["a"]);
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG }, "cluster-a");
    const { plan, warnings } = clusterPlanOf(config, { snapshot: { traffic: readings } });
    assert.equal(plan.traffic.objects.length, 1);
    assert.deepEqual(
      warnings.filter((warning) => warning.startsWith("traffic")),
      [
        "traffic: this user may not get CustomResourceDefinition sidecars.networking.istio.io, so objects are not checked against the schemas of their CRDs",
      ],
    );
  });

  it("are checked against the CRDs of the default charts while the cluster does not answer", async () => {
    const nobody = { path: server.kubeconfig.path, context: "fake" };
    const reader = new ClusterReader(nobody);
    server.answerBy(() => ({ status: 503 }));
    const read = await readTraffic(reader, withObjects([sidecar("b", { egres: [] }), httpRoute]));
    const { objects, faults } = summary(valueOf(read?.declared ?? assert.fail("not read")));
    assert.deepEqual(objects, ["a"]);
    assert.equal(faults.length, 1);
  });

  for (const [what, object, ...expected] of [
    [
      "a spec without its indentation",
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { namespace: "shop", name: "a" },
        egress: [],
      },
      "traffic.objects[0]: egress: is not a known field here. Move it into spec, or remove it.",
    ],
    [
      "misspelled metadata",
      { ...sidecar("a", {}), metadata: { namespace: "shop", name: "a", lables: {} } },
      "traffic.objects[0]: metadata.lables: is not a known field. Write 'labels', if that is what you mean.",
    ],
  ] as const) {
    it(`are not those with ${what}`, async () => {
      const { declared } = await readWith(() => NOT_FOUND, [object]);
      assert.deepEqual(summary(valueOf(declared)).faults, expected);
    });
  }
});
