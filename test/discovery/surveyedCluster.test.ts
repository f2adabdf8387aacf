import assert from "node:assert/strict";
import { discoverServices } from "../../discovery/exportedServices.ts";
import { observeGateway } from "../../discovery/gatewayAddresses.ts";
import { findLeftovers } from "../../discovery/leftovers.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { FakeApiServer, TOKEN } from "../providers/support/fakeApiServer.ts";

const RULES = [{ namespaces: ["xyz"], services: ["bar"] }];

describe("A cluster at program start", () => {
  let server: FakeApiServer;
  let cluster: SurveyedCluster;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    cluster = new SurveyedCluster(server.kubeconfig);
  });

  afterEach(() => {
    server.stop();
  });

  it("that hangs is unreachable within 10 seconds", async () => {
    server.answer("hang");
    const start = performance.now();
    const [found, gateway, leftovers] = await Promise.all([
      discoverServices(cluster, RULES),
      observeGateway(cluster, "istio-gateway", "eastwestgateway", 15443),
      findLeftovers(cluster, { own: "cluster-a", context: "fake" }, []),
    ]);
    assert.ok(performance.now() - start < 10_000);
    assert.ok("unreachable" in found);
    assert.match(found.unreachable, /^cluster context "fake": .*no answer within 4 s$/);
    assert.equal(found.unreachable.includes(TOKEN), false);
    assert.equal(gateway, undefined);
    assert.deepEqual(leftovers, {});
  });

  it("is probed once, however many questions there are", async () => {
    server.answer({ status: 200, body: { items: [] } });
    for (const peer of ["b", "c", "d"]) {
      await findLeftovers(cluster, { own: "cluster-a", context: "fake" }, [peer]);
    }
    // Each time a list of each kind of which an import is made.
    assert.equal(server.requests.length, 1 + 3 * 4);
    assert.equal(server.requests.filter((request) => request === "GET /version").length, 1);
  });

  it("shows what is left behind of local Services too, where the user may see them", async () => {
    const labels = { "app.kubernetes.io/managed-by": "istio-federation", "istio-federation.dev/peer": "b" };
    const annotations = { "istio-federation.dev/host": "bar.xyz.svc.b.local" };
    const left = {
      metadata: { name: "bar-xyz-b", labels, annotations, creationTimestamp: "2026-11-16T10:00:00Z" },
    };
    let mayLook = true;
    server.answerBy((request) => {
      const isLocal = /\/(services|virtualservices)\?/.test(request);
      if (isLocal && !mayLook) {
        return { status: 403, body: { kind: "Status", reason: "Forbidden", message: "no" } };
      }
      return { status: 200, body: { items: isLocal ? [left] : [], metadata: {} } };
    });
    const find = () => findLeftovers(cluster, { own: "cluster-a", context: "fake" }, ["c"]);
    assert.deepEqual(await find(), { b: { entries: 1, newest: "2026-11-16T10:00:00Z" } });
    mayLook = false;
    assert.deepEqual(await find(), {});
  });

  it("that is down is unreachable, with the reason", async () => {
    server.answer({
      status: 503,
      body: { kind: "Status", reason: "ServiceUnavailable", message: "shutting down" },
    });
    const found = await discoverServices(cluster, RULES);
    assert.ok("unreachable" in found);
    assert.match(found.unreachable, /503 ServiceUnavailable: shutting down/);
  });

  it("that refuses to list is no unreachable one: the error names what was asked", async () => {
    const version = { status: 200, body: { gitVersion: "v1.36.1" } };
    server.answer(version, {
      status: 403,
      body: { kind: "Status", reason: "Forbidden", message: "User cannot list" },
    });
    await assert.rejects(
      discoverServices(cluster, RULES),
      /list [a-z]+ in (namespace xyz|all namespaces): 403 Forbidden/,
    );
  });

  it("without anything to export is not asked", async () => {
    server.answer("hang");
    assert.deepEqual(await discoverServices(cluster, []), {
      services: [],
      workloads: [],
      namespaces: {},
      peerAuthentications: [],
      destinationRules: [],
    });
    assert.deepEqual(server.requests, []);
  });

  it("whose kubeconfig is missing is a fault of the config", async () => {
    await assert.rejects(
      discoverServices(new SurveyedCluster({ path: "/nowhere/kubeconfig" }), RULES),
      /kubeconfig \/nowhere\/kubeconfig/,
    );
  });
});
