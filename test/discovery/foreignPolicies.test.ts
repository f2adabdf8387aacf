import assert from "node:assert/strict";
import { findForeignPolicies } from "../../discovery/foreignPolicies.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";
import { faultsError } from "./support.ts";

describe("Policies of others in a cluster", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const find = (namespaces: string[]) =>
    findForeignPolicies(
      new SurveyedCluster(server.kubeconfig),
      namespaces.map((namespace) => ({ namespace })),
    );

  it("are looked for in the Services' namespaces and Istio's, once each, without our own", async () => {
    server.answer({ status: 200, body: { items: [] } });
    assert.deepEqual(await find(["shop", "abc", "shop"]), []);
    const asked = server.requests.filter((request) => request.includes("/authorizationpolicies?")).sort();
    assert.deepEqual(
      asked.map((request) => /namespaces\/([^/]+)\//.exec(request)?.[1]),
      ["abc", "istio-system", "shop"],
    );
    for (const request of asked) {
      assert.match(
        decodeURIComponent(request),
        /labelSelector=app\.kubernetes\.io\/managed-by!=istio-federation/,
      );
    }
  });

  it("are those that workloads enforce", async () => {
    const metadata = (name: string, annotations = {}) => ({ namespace: "shop", name, annotations });
    server.answerBy((request) => {
      if (!request.includes("/namespaces/shop/")) return { status: 200, body: { items: [] } };
      const items = [
        { metadata: metadata("plain") },
        {
          metadata: metadata("labelled"),
          spec: { action: "DENY", selector: { matchLabels: { app: "bar" } } },
        },
        { metadata: metadata("asks"), spec: { action: "CUSTOM", selector: {} } },
        { metadata: metadata("logs"), spec: { action: "AUDIT" } },
        { metadata: metadata("dry", { "istio.io/dry-run": "true" }), spec: {} },
        { metadata: metadata("wet", { "istio.io/dry-run": "false" }), spec: {} },
        { metadata: metadata("gateway"), spec: { targetRefs: [{ kind: "Gateway" }] } },
        { metadata: metadata("waypoint"), spec: { targetRef: { kind: "Gateway" } } },
      ];
      return { status: 200, body: { items } };
    });
    const found = await find(["shop"]);
    assert.deepEqual(found, [
      { namespace: "shop", name: "plain", action: "ALLOW", selector: {} },
      { namespace: "shop", name: "labelled", action: "DENY", selector: { app: "bar" } },
      { namespace: "shop", name: "asks", action: "CUSTOM", selector: {} },
      { namespace: "shop", name: "wet", action: "ALLOW", selector: {} },
    ]);
  });

  it("are none in a cluster without Istio's kinds, and nobody asks where nothing is exported", async () => {
    const body = {
      kind: "Status",
      reason: "NotFound",
      message: "the server could not find the requested resource",
    };
    server.answerBy((request) =>
      request.includes("/authorizationpolicies") ? { status: 404, body } : { status: 200 },
    );
    assert.deepEqual(await find(["shop"]), []);
    server.answer({ status: 500 });
    assert.deepEqual(await find([]), []);
    assert.deepEqual(server.requests, []);
  });

  it("are not known of a cluster that cannot be reached, and a refusal is a fault", async () => {
    const nowhere = new SurveyedCluster(await writeNowhere());
    const found = await findForeignPolicies(nowhere, [{ namespace: "shop" }]);
    assert.ok("unreachable" in found);
    const version = { status: 200, body: { gitVersion: "v1.36.1" } };
    server.answer(version, { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } });
    const { message } = await faultsError(find(["shop"]));
    assert.match(message, /list authorizationpolicies in namespace/);
  });
});
