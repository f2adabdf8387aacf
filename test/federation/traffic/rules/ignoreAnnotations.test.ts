import { ignoreAnnotations } from "../../../../federation/traffic/rules/ignoreAnnotations.ts";
import { ruleTable } from "../trafficCase.ts";

const object = (kind: string, annotation: string, value: string, spec: string) =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: reviews, namespace: shop, annotations: {istio-federation.dev/${annotation}: "${value}"}}\nspec: {${spec}}\n`;
const ROUTES = "hosts: [reviews], http: [{name: primary}, {name: beta}], tcp: [{}]";
const SUBSETS = "host: reviews, subsets: [{name: v1}, {name: v2}]";
const at = (kind: string, annotation: string) =>
  `fault: traffic.yaml: ${kind} shop/reviews: metadata.annotations["istio-federation.dev/${annotation}"]:`;
const WEIGHTS = at("VirtualService", "ignore-weights");

ruleTable(ignoreAnnotations, [
  ...["true", "*", " true ", "primary", "primary, beta"].map(
    (value) =>
      [
        `accepts "${value}" of a VirtualService`,
        object("VirtualService", "ignore-weights", value, ROUTES),
        [],
      ] as [string, string, string[]],
  ),
  ["accepts subsets", object("DestinationRule", "ignore-subset-labels", "v2", SUBSETS), []],
  [
    "reports each unknown name, with a near one",
    object("VirtualService", "ignore-weights", "primry, beta, false", ROUTES),
    [
      `${WEIGHTS} "primry" is the name of no route here. Write 'primary', if that is what you mean.`,
      `${WEIGHTS} "false" is the name of no route here. Write "true" for all routes, or some of: primary, beta.`,
    ],
  ],
  [
    "reports an empty value",
    object("VirtualService", "ignore-weights", "", ROUTES),
    [`${WEIGHTS} "" is the name of no route here. Write "true" for all routes, or some of: primary, beta.`],
  ],
  [
    "reports a name where routes have none",
    object("VirtualService", "ignore-weights", "primary", "hosts: [reviews], http: [{}]"),
    [`${WEIGHTS} "primary" is the name of no route here. Write "true" for all routes.`],
  ],
  [
    "reports an unknown subset",
    object("DestinationRule", "ignore-subset-labels", "canary", SUBSETS),
    [
      `${at("DestinationRule", "ignore-subset-labels")} "canary" is the name of no subset here. Write "true" for all subsets, or some of: v1, v2.`,
    ],
  ],
  [
    "reports an annotation of another kind",
    object("DestinationRule", "ignore-weights", "true", SUBSETS),
    [
      `${at("DestinationRule", "ignore-weights")} has no effect on a DestinationRule. Write istio-federation.dev/ignore-subset-labels, or remove it.`,
    ],
  ],
  [
    "accepts routes of another controller",
    object("VirtualService", "ignore-routes", "set-header", ROUTES),
    [],
  ],
  [
    "reports routes of another controller that are the stack's, or have no name",
    object("VirtualService", "ignore-routes", "beta, true", ROUTES),
    [
      `${at("VirtualService", "ignore-routes")} "beta" is a route of the stack, and not only of another controller. Remove the name, or the route.`,
      `${at("VirtualService", "ignore-routes")} "true" is no name of a route. Write the names of the routes that the controller adds.`,
    ],
  ],
  [
    "reports an annotation of a kind without such a field",
    object("Sidecar", "ignore-weights", "true", ""),
    [`${at("Sidecar", "ignore-weights")} has no effect on a Sidecar. Remove it.`],
  ],
]);
