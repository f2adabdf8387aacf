import assert from "node:assert/strict";
import { traffic } from "../../../../federation/config/traffic.ts";
import {
  chartGatewayValues,
  chartGateways,
  plannedPod,
  plannedService,
} from "../../../../federation/traffic/shortcuts/chartGateways.ts";
import { renderEgress } from "../../../../federation/traffic/shortcuts/egress.ts";
import { TRAFFIC_RULES } from "../../../../federation/traffic/trafficRules.ts";
import { contextOf } from "../trafficCase.ts";

const EGRESS = { hosts: ["a.example.com"], gateway: { install: true } };
const INGRESS = {
  ...{ namespace: "shop", hosts: ["shop.example.com"], credentialName: "shop", install: true },
  routes: [{ to: "cart" }],
};

describe("The gateways that shortcuts install", () => {
  const cases: [string, object, string[]][] = [
    [
      "are none by default",
      { egress: { hosts: ["a.example.com"] }, ingress: { ...INGRESS, install: false } },
      [],
    ],
    [
      "are an egress gateway for calls in the cluster",
      { egress: EGRESS },
      ["istio-system/istio-egressgateway ClusterIP 443"],
    ],
    [
      "are an egress gateway at another port",
      { egress: { ...EGRESS, port: 9093 } },
      ["istio-system/istio-egressgateway ClusterIP 9093"],
    ],
    ["are none beside a firewall", { egress: { ...EGRESS, via: { service: "fw.sec", port: 8443 } } }, []],
    [
      "are an ingress gateway for calls from outside",
      { ingress: INGRESS },
      ["shop/istio-ingressgateway LoadBalancer 80,443"],
    ],
  ];
  for (const [title, given, expected] of cases)
    it(title, () => {
      const found = chartGateways(traffic.parse(given));
      const lines = found.map(
        ({ namespace, name, type, ports }) =>
          `${namespace}/${name} ${type} ${ports.map(({ port }) => port).join()}`,
      );
      assert.deepEqual(lines, expected);
    });

  it("have the labels by which their Gateway selects Pods", () => {
    const [gateway] = chartGateways(traffic.parse({ egress: EGRESS }));
    assert.deepEqual(chartGatewayValues(gateway!), {
      labels: { istio: "egressgateway" },
      service: { type: "ClusterIP", ports: [{ name: "tls", port: 443, targetPort: 443, protocol: "TCP" }] },
    });
  });

  it("count as there for the checks of the update that installs them", () => {
    const config = traffic.parse({ egress: EGRESS });
    const [gateway] = chartGateways(config);
    const objects = renderEgress(config.egress!, "paris.local");
    const context = contextOf("", {
      ...{ services: [plannedService(gateway!)], workloads: [plannedPod(gateway!)], entries: objects },
    });
    assert.deepEqual(
      TRAFFIC_RULES.flatMap((rule) => rule.find({ ...context, objects })),
      [],
    );
  });
});
