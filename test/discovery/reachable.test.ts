import assert from "node:assert/strict";
import { discoverServices } from "../../discovery/exportedServices.ts";
import { observeGateway } from "../../discovery/gatewayAddresses.ts";
import { FakeApiServer, TOKEN } from "../providers/support/fakeApiServer.ts";

const RULES = [{ namespace: "xyz", service: "bar" }];

describe("A cluster at program start", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  it("that hangs is unreachable within 10 seconds", async () => {
    server.answer("hang");
    const start = performance.now();
    const [found, gateway] = await Promise.all([
      discoverServices(server.kubeconfig, RULES),
      observeGateway(server.kubeconfig, "istio-gateway", "eastwestgateway", 15443),
    ]);
    assert.ok(performance.now() - start < 10_000);
    assert.ok("unreachable" in found);
    assert.match(found.unreachable, /^cluster context "fake": .*no answer within 4 s$/);
    assert.equal(found.unreachable.includes(TOKEN), false);
    assert.equal(gateway, undefined);
  });

  it("that is down is unreachable, with the reason", async () => {
    const { kubeconfig } = server;
    server.answer({ status: 503, body: { reason: "ServiceUnavailable", message: "shutting down" } });
    const found = await discoverServices(kubeconfig, RULES);
    assert.ok("unreachable" in found);
    assert.match(found.unreachable, /503 ServiceUnavailable: shutting down/);
  });

  it("that refuses to list is no unreachable one: the error names what was asked", async () => {
    const version = { status: 200, body: { gitVersion: "v1.36.1" } };
    server.answer(version, { status: 403, body: { reason: "Forbidden", message: "User cannot list" } });
    await assert.rejects(
      discoverServices(server.kubeconfig, RULES),
      /list services in namespace xyz: 403 Forbidden/,
    );
  });

  it("without anything to export is not asked", async () => {
    server.answer("hang");
    assert.deepEqual(await discoverServices(server.kubeconfig, []), { services: [], workloads: [] });
    assert.deepEqual(server.requests, []);
  });

  it("whose kubeconfig is missing is a fault of the config", async () => {
    await assert.rejects(
      discoverServices({ path: "/nowhere/kubeconfig" }, RULES),
      /kubeconfig \/nowhere\/kubeconfig/,
    );
  });
});
