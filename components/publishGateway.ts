import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";
import { toServiceSpec } from "../federation/config/gatewayService.ts";
import type { PublishConfig } from "../federation/config/publish.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { PUBLISH_GATEWAY, PUBLISH_PORT, TOKENS } from "../federation/core/wellKnown.ts";
import {
  type DeckhouseAccess,
  tokenAuthentication,
  tokenPolicy,
} from "../federation/publish/deckhouseAccess.ts";
import type { DocumentPlace, ServedDocument } from "../federation/publish/documents.ts";
import {
  type DocumentRoute,
  documentRoute,
  publishGatewaySpec,
} from "../federation/publish/documentRoutes.ts";

/** Arguments of a `PublishGateway`. */
export interface PublishGatewayArgs extends PublishConfig {
  /** Helm repository or folder of Istio's charts. */
  charts: Charts;
  /** Name of the namespace to install into: the gateway's own, with the Secret of its certificate. */
  namespace: pulumi.Input<string>;
  places: readonly DocumentPlace[];
  /** Documents of the places, by the same names. */
  documents: pulumi.Output<readonly ServedDocument[]>;
  /** Readers of the document of services for Deckhouse clusters; undefined without any. */
  access: pulumi.Output<DeckhouseAccess> | undefined;
}

const HTTPS_PORT = { name: "https", port: 443, targetPort: PUBLISH_PORT };

/** Turns the chart's Service off; the chart's NetworkPolicy opens its ports nevertheless. */
const CHART_SERVICE = { type: "None", ports: [{ ...HTTPS_PORT, protocol: "TCP" }] };

const LABELS = { [MANAGED_BY_LABEL]: MANAGED_BY };

/** A gateway of its own that answers by itself: documents over HTTPS, at one host. No workload is reached through it. */
export class PublishGateway extends pulumi.ComponentResource {
  /** Specs of the VirtualServices, by name. */
  readonly routes: Readonly<Record<string, pulumi.Output<DocumentRoute>>>;

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
    const restricted = args.access === undefined ? [] : this.restrict(name, namespace, args.access);
    const routes = args.places.map((place) => {
      const answer = args.documents.apply((documents) => routeOf(args.host, place, documents));
      const route = new kubernetes.apiextensions.CustomResource(
        `${name}-${place.name}`,
        {
          apiVersion: "networking.istio.io/v1",
          kind: "VirtualService",
          metadata: { namespace, labels: LABELS, name: place.name },
          spec: answer,
        },
        // A document for few is served only once its readers are told apart.
        { ...child, dependsOn: place.match === undefined ? [] : restricted },
      );
      return { name: place.name, answer, route };
    });
    this.routes = Object.fromEntries(routes.map((each) => [each.name, each.answer]));
    new kubernetes.apiextensions.CustomResource(
      `${name}-gateway`,
      {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: { namespace, labels: LABELS, name: PUBLISH_GATEWAY },
        spec: publishGatewaySpec(args),
      },
      { ...child, dependsOn: [release, ...routes.map(({ route }) => route)] },
    );
    this.registerOutputs({});
  }

  /** Creates what verifies the tokens of Deckhouse clusters. */
  private restrict(
    name: string,
    namespace: pulumi.Input<string>,
    access: pulumi.Output<DeckhouseAccess>,
  ): pulumi.Resource[] {
    const object = (kind: string, spec: pulumi.Output<object>): pulumi.Resource =>
      new kubernetes.apiextensions.CustomResource(
        `${name}-${kind}`,
        {
          apiVersion: "security.istio.io/v1",
          kind,
          metadata: { namespace, labels: LABELS, name: TOKENS },
          spec,
        },
        { parent: this },
      );
    return [
      object("RequestAuthentication", access.apply(tokenAuthentication)),
      object("AuthorizationPolicy", access.apply(tokenPolicy)),
    ];
  }
}

function routeOf(host: string, place: DocumentPlace, documents: readonly ServedDocument[]): DocumentRoute {
  const document = documents.find(({ name }) => name === place.name);
  if (document === undefined) throw new Error(`there is no document ${place.name}`);
  return documentRoute(host, document);
}
