import assert from "node:assert/strict";
import { OWN_GATEWAY } from "../../federation/core/gatewayPlace.ts";
import { MockEngine, settled } from "./mockEngine.ts";
import { validConfig } from "../federation/samples.ts";

describe("EastWestGateway", () => {
  it("adds the gateway's locality to advertised addresses without one, and has the Service's fields", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const advertise = [{ address: "203.0.113.10" }, { address: "203.0.113.11", locality: "eu/2" }];
    const { gateway, istio, kubeconfig } = validConfig(
      {
        cluster: { name: "cluster-a", domain: "cluster-a.local" },
        kubeconfig: { context: "a" },
        gateway: {
          advertise,
          locality: "eu/1",
          service: {
            loadBalancerSourceRanges: ["203.0.113.0/24"],
            nodePort: 31000,
            labels: { team: "mesh" },
          },
        },
      },
      "cluster-a",
    );
    const { EastWestGateway } = await import("../../components/eastWestGateway.ts");
    const { addresses } = new EastWestGateway("g", {
      ...gateway,
      charts: istio.charts,
      namespace: "istio-gateway",
      kubeconfig,
      place: OWN_GATEWAY,
      hosts: [],
      terminated: [],
      network: undefined,
      observed: undefined,
    });
    assert.deepEqual(await settled(addresses), [
      { address: "203.0.113.10", port: 15443, locality: "eu/1" },
      { address: "203.0.113.11", port: 15443, locality: "eu/2" },
    ]);
    await engine.finish();
    const { metadata, spec } = engine.named("g-service").inputs as {
      metadata: { labels: unknown };
      spec: unknown;
    };
    assert.deepEqual(metadata.labels, {
      team: "mesh",
      "app.kubernetes.io/managed-by": "istio-federation",
    });
    assert.deepEqual(spec, {
      type: "LoadBalancer",
      loadBalancerSourceRanges: ["203.0.113.0/24"],
      selector: { app: "eastwestgateway", istio: "eastwestgateway" },
      ports: [{ name: "tls", port: 15443, targetPort: 15443, nodePort: 31000 }],
    });
    // The chart's NetworkPolicy opens the ports of its Service, which is off.
    const { values } = engine.named("g-release").inputs as { values: { service: unknown } };
    const ports = [{ name: "tls", port: 15443, targetPort: 15443, protocol: "TCP" }];
    assert.deepEqual(values.service, { type: "None", ports });
  });
});
