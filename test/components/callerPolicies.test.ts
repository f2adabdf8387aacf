import assert from "node:assert/strict";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine, type Registered } from "./mockEngine.ts";
import { policiesFor } from "../federation/access/callersFixture.ts";
import { validConfig } from "../federation/samples.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-b", domain: "b.local" },
    kubeconfig: { path: "kubeconfig", context: "cluster-b" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "shop", service: "bar" }],
  },
  "cluster-b",
);
const services = {
  "bar.shop.svc.b.local": {
    ports: [{ number: 80, name: "http", protocol: "HTTP" as const }],
    subjectAltNames: ["spiffe://b.local/ns/shop/sa/bar"],
  },
};
const { policies } = policiesFor({ callers: [{ peer: "cluster-a" }], localCallers: [] });

for (const preview of [true, false]) {
  describe(`A FederatedCluster with caller policies, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let published: unknown;
    let made: Registered;
    const openWhenMade = engine.hold("/istio-federation-deny-", "cluster-b-gateway-gateway");

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const plan = clusterPlan(config, { services, policies });
      published = new FederatedCluster("cluster-b", plan).outputs.lastRun.policies;
      await engine.finish();
      made = engine.named("istio-federation-deny-bar");
    });

    it("creates each AuthorizationPolicy in its Service's namespace, labelled as managed by istio-federation", () => {
      const [policy] = policies;
      assert.equal(made.type, "kubernetes:security.istio.io/v1:AuthorizationPolicy");
      assert.equal(made.name, "cluster-b-callers-shop/istio-federation-deny-bar");
      assert.deepEqual(made.inputs, {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: {
          name: "istio-federation-deny-bar",
          namespace: "shop",
          labels: { "app.kubernetes.io/managed-by": "istio-federation" },
        },
        spec: policy?.spec,
      });
      assert.match(made.provider, /::cluster-b-cluster::/);
    });

    it("declares the Gateway for restricted Services only after their policies exist", () => {
      assert.equal(openWhenMade(), false);
      assert.ok(engine.named("cluster-b-gateway-gateway"));
    });

    it("records the policies in lastRun", () => {
      assert.deepEqual(published, { "shop/istio-federation-deny-bar": policies[0] });
    });
  });
}
