import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";
import { toServiceSpec } from "../federation/config/gatewayService.ts";
import type { PublishConfig } from "../federation/config/publish.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { DOCUMENTS, PUBLISH_GATEWAY, PUBLISH_PORT } from "../federation/core/wellKnown.ts";
import {
  type DocumentRoutes,
  type ServedDocument,
  documentRoutes,
  publishGatewaySpec,
} from "../federation/publish/documentRoutes.ts";

/** Arguments of a `PublishGateway`. */
export interface PublishGatewayArgs extends PublishConfig {
  /** Helm repository or folder of Istio's charts. */
  charts: Charts;
  /** Name of the namespace to install into: the gateway's own, with the Secret of its certificate. */
  namespace: pulumi.Input<string>;
  documents: pulumi.Output<readonly ServedDocument[]>;
}

const HTTPS_PORT = { name: "https", port: 443, targetPort: PUBLISH_PORT };

/** Turns the chart's Service off; the chart's NetworkPolicy opens its ports nevertheless. */
const CHART_SERVICE = { type: "None", ports: [{ ...HTTPS_PORT, protocol: "TCP" }] };

const LABELS = { [MANAGED_BY_LABEL]: MANAGED_BY };

/** A gateway of its own that answers by itself: documents over HTTPS, at one host. No workload is reached through it. */
export class PublishGateway extends pulumi.ComponentResource {
  /** Spec of the VirtualService with the documents. */
  readonly routes: pulumi.Output<DocumentRoutes>;

  constructor(name: string, args: PublishGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:PublishGateway", name, {}, opts);
    const { namespace } = args;
    const child = { parent: this };
    const release = new kubernetes.helm.v3.Release(
      `${name}-release`,
      {
        name: PUBLISH_GATEWAY,
        namespace,
        ...chartSource(args.charts, "gateway"),
        values: withExtraValues({ service: CHART_SERVICE }, args.values),
      },
      child,
    );
    const { spec, nodePort } = toServiceSpec(args.service);
    new kubernetes.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: PUBLISH_GATEWAY,
          namespace,
          labels: { ...args.service.labels, ...LABELS },
          // Nothing here needs the address of the load balancer.
          annotations: { ...args.service.annotations, "pulumi.com/skipAwait": "true" },
        },
        spec: withoutUndefined({
          ...spec,
          selector: { app: PUBLISH_GATEWAY, istio: PUBLISH_GATEWAY },
          ports: [withoutUndefined({ ...HTTPS_PORT, nodePort })],
        }),
      },
      { ...child, dependsOn: release },
    );
    this.routes = args.documents.apply((documents) => documentRoutes(args.host, documents));
    const metadata = { namespace, labels: LABELS };
    const routes = new kubernetes.apiextensions.CustomResource(
      `${name}-documents`,
      {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { ...metadata, name: DOCUMENTS },
        spec: this.routes,
      },
      child,
    );
    new kubernetes.apiextensions.CustomResource(
      `${name}-gateway`,
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { ...metadata, name: PUBLISH_GATEWAY },
        spec: publishGatewaySpec(args),
      },
      { ...child, dependsOn: [release, routes] },
    );
    this.registerOutputs({});
  }
}
