import assert from "node:assert/strict";
import type { ResourceTransformationArgs } from "@pulumi/pulumi";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine } from "./mockEngine.ts";
import { policiesFor } from "../federation/access/callersFixture.ts";
import { validConfig } from "../federation/samples.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-b", domain: "b.local" },
    kubeconfig: { path: "kubeconfig", context: "cluster-b" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "shop", service: "*", gateway: "terminating" }],
  },
  "cluster-b",
);
const BAR = "bar.shop.svc.b.local";
const service = {
  ports: [{ number: 80, name: "http", protocol: "HTTP" as const }],
  subjectAltNames: ["spiffe://b.local/ns/istio-gateway/sa/eastwestgateway"],
};
const services = { [BAR]: { ...service, terminated: true as const }, "foo.shop.svc.b.local": service };
const { policies } = policiesFor({}, { via: "terminated" });

for (const preview of [true, false]) {
  describe(`A FederatedCluster with a TLS-terminating gateway, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    const openWhenMade = engine.hold("istio-federation-gateway", "cluster-b-gateway-gateway");
    const openWhenNamespaced = engine.hold("cluster-b-gateways", "istio-federation-gateway");
    const replaced: Record<string, string[]> = {};

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const note = ({ name, opts: { replaceOnChanges } }: ResourceTransformationArgs): undefined => {
        if (replaceOnChanges !== undefined) replaced[name] = replaceOnChanges;
      };
      new FederatedCluster("cluster-b", clusterPlan(config, { services, policies }), {
        transformations: [note],
      });
      await engine.finish();
    });

    it("has a server for each terminated port beside the passthrough server", () => {
      const { spec } = engine.named("cluster-b-gateway-gateway").inputs as {
        spec: { servers: { tls: { mode: string }; hosts: string[] }[] };
      };
      assert.deepEqual(
        spec.servers.map(({ tls, hosts }) => [tls.mode, hosts]),
        [
          ["AUTO_PASSTHROUGH", ["foo.shop.svc.b.local"]],
          ["ISTIO_MUTUAL", [`./p80.${BAR}`]],
        ],
      );
    });

    it("has a VirtualService for each terminated port in the gateway's namespace", () => {
      const made = engine.named(`cluster-b-gateway-p80.${BAR}`);
      assert.equal(made.type, "kubernetes:networking.istio.io/v1:VirtualService");
      const { metadata, spec } = made.inputs as { metadata: object; spec: { hosts: string[] } };
      assert.deepEqual(metadata, {
        name: `p80.${BAR}`,
        namespace: "istio-gateway",
        labels: { "app.kubernetes.io/managed-by": "istio-federation" },
      });
      assert.deepEqual(spec.hosts, [`p80.${BAR}`]);
    });

    it("is declared after its AuthorizationPolicy, which is declared after the namespace", () => {
      const { inputs } = engine.named("istio-federation-gateway");
      assert.equal((inputs["metadata"] as { namespace: string }).namespace, "istio-gateway");
      assert.equal(openWhenMade(), false);
      assert.equal(openWhenNamespaced(), false);
    });

    it("replaces a changed policy: the new one is created before the old one is deleted", () => {
      const { inputs, name } = engine.named("istio-federation-gateway");
      // The provider generates a name with the resource's as its prefix.
      assert.ok(!("name" in (inputs["metadata"] as object)));
      assert.equal(name, "istio-federation-gateway");
      assert.deepEqual(replaced, { [name]: ["spec"] });
    });
  });
}
