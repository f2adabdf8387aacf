import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { type ChartGateway, chartGatewayValues } from "../federation/traffic/shortcuts/chartGateways.ts";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";

/** Installs the gateways that the shortcuts of `traffic` ask for. @returns their releases, whose Pods are ready. */
export function installGateways(
  gateways: readonly ChartGateway[],
  { charts, values }: { charts: Charts; values: object },
  opts: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release[] {
  return gateways.map((gateway) => {
    const { namespace, name } = gateway;
    const own = withExtraValues(values, chartGatewayValues(gateway));
    return new kubernetes.helm.v3.Release(
      `${namespace}-${name}`,
      {
        ...{ name, namespace, ...chartSource(charts, "gateway") },
        values: withExtraValues(own, gateway.values),
      },
      opts,
    );
  });
}
