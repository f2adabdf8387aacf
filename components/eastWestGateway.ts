import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { toServiceSpec } from "../federation/config/gatewayService.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import type { GatewayPlan } from "../federation/plan.ts";
import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
  NETWORK_LABEL,
  NODE_SELECTOR_ANNOTATION,
} from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { GATEWAY_NAME, GATEWAY_PORT, GATEWAY_PORT_NAME } from "../federation/core/wellKnown.ts";
import {
  type RenderedGatewaySpec,
  gatewaySpec,
  terminatedRoute,
  type TerminatedPort,
} from "../federation/exports/gatewayListeners.ts";
import { GatewayAddresses } from "../providers/gatewayAddresses.ts";

/** Arguments of an `EastWestGateway`. */
export interface EastWestGatewayArgs extends Config, GatewayPlan {
  /** Helm repository or folder of Istio's charts. */
  charts: Charts;
  /** Name of the gateway's namespace, once it exists. */
  namespace: pulumi.Input<string>;
  /** Names the cluster that the Service's address is read from. */
  kubeconfig: StackConfig["kubeconfig"];
}

type Config = StackConfig["gateway"];

/** Turns the chart's Service off; the chart's NetworkPolicy opens its ports nevertheless. */
const CHART_SERVICE = {
  type: "None",
  ports: [{ name: GATEWAY_PORT_NAME, port: GATEWAY_PORT, targetPort: GATEWAY_PORT, protocol: "TCP" }],
};

/**
 * The gateway that accepts mutual TLS of the peers on port 15443. It passes calls through to exported services, and terminates TLS for some.
 */
export class EastWestGateway extends pulumi.ComponentResource {
  /** Addresses for peers; empty while the Service has none. */
  readonly addresses: pulumi.Output<GatewayAddress[]>;

  constructor(name: string, args: EastWestGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:EastWestGateway", name, {}, opts);
    // Somebody else's has a Service already, and Pods.
    const isOwn = args.existing === undefined;
    const release = isOwn ? [this.installRelease(name, args)] : [];
    const service = isOwn ? [this.createService(name, args, release)] : [];
    const spec = gatewaySpec(args.place, args, args.bind);
    if (spec !== undefined) this.createListeners(name, args, spec, release);
    this.addresses = this.addressesOf(name, args, service);
    this.registerOutputs({ addresses: this.addresses });
  }

  private installRelease(name: string, args: EastWestGatewayArgs): pulumi.Resource {
    return new kubernetes.helm.v3.Release(
      `${name}-release`,
      {
        name: GATEWAY_NAME,
        namespace: args.namespace,
        ...chartSource(args.charts, "gateway"),
        // Helm would wait for the address of the chart's own Service, and fail.
        values: withExtraValues(
          // With a network, it routes to workloads of that network only, and never to another gateway.
          withoutUndefined({ service: CHART_SERVICE, networkGateway: args.network }),
          args.values,
        ),
      },
      { parent: this },
    );
  }

  private createService(
    name: string,
    args: EastWestGatewayArgs,
    release: readonly pulumi.Resource[],
  ): pulumi.Resource {
    const exposed = toServiceSpec(args.service);
    return new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: args.place.service,
          namespace: args.namespace,
          ...networkMetadata(args),
        },
        spec: withoutUndefined({
          ...exposed.spec,
          selector: { app: GATEWAY_NAME, ...args.place.selector },
          ports: [
            withoutUndefined({
              name: GATEWAY_PORT_NAME,
              port: GATEWAY_PORT,
              targetPort: GATEWAY_PORT,
              nodePort: exposed.nodePort,
            }),
          ],
        }),
      },
      { parent: this, dependsOn: [...release] },
    );
  }

  /** Creates the Gateway object; without exports there is none, and nothing listens. */
  private createListeners(
    name: string,
    args: EastWestGatewayArgs,
    spec: RenderedGatewaySpec,
    release: readonly pulumi.Resource[],
  ): void {
    const routes = args.terminated.map((port) => this.routeFor(name, args, port));
    new kubernetes.apiextensions.CustomResource(
      `${name}-gateway`,
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: {
          name: args.place.object,
          namespace: args.namespace,
          labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
        },
        spec,
      },
      // istiod ignores a server without a route.
      { parent: this, dependsOn: [...release, ...routes] },
    );
  }

  private routeFor(name: string, args: EastWestGatewayArgs, port: TerminatedPort): pulumi.Resource {
    const { serverName } = port;
    return new kubernetes.apiextensions.CustomResource(
      `${name}-${serverName}`,
      {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: {
          name: serverName,
          namespace: args.namespace,
          labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
        },
        spec: terminatedRoute(args.place, port),
      },
      { parent: this },
    );
  }

  private addressesOf(
    name: string,
    args: EastWestGatewayArgs,
    service: readonly pulumi.Resource[],
  ): pulumi.Output<GatewayAddress[]> {
    const { locality } = args;
    const located = (addresses: GatewayAddress[]): GatewayAddress[] =>
      locality === undefined ? addresses : addresses.map((address) => ({ locality, ...address }));
    if (args.advertise !== undefined) return pulumi.output(located(args.advertise));
    const exposed = toServiceSpec(args.service);
    const settings = { ...exposed.spec, nodePort: exposed.nodePort, annotations: args.service.annotations };
    const found = new GatewayAddresses(
      `${name}-addresses`,
      {
        kubeconfig: args.kubeconfig,
        namespace: args.namespace,
        service: args.place.service,
        settings: args.existing === undefined ? withoutUndefined(settings) : {},
        port: GATEWAY_PORT,
        timeoutSeconds: args.addressTimeoutSeconds,
        observed: args.observed && [...args.observed],
      },
      { parent: this, dependsOn: [...service] },
    );
    return found.addresses.apply(located);
  }
}

/** Labels and annotations of the Service, by which other clusters' istiods find the gateway of a network. */
function networkMetadata({ network, service }: EastWestGatewayArgs) {
  const annotations = { ...service.annotations, "pulumi.com/skipAwait": "true" };
  const own = { ...service.labels, [MANAGED_BY_LABEL]: MANAGED_BY };
  if (network === undefined) return { labels: own, annotations };
  const labels = { ...own, [NETWORK_LABEL]: network };
  if (service.type !== "NodePort") return { labels, annotations };
  // All nodes: without it istiod ignores the node ports of a Service.
  return { labels, annotations: { [NODE_SELECTOR_ANNOTATION]: "{}", ...annotations } };
}
