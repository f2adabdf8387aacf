import { foreignOwner } from "../../../../federation/traffic/rules/foreignOwner.ts";
import { istioObject, ruleTable, virtualService } from "../trafficCase.ts";

const ROUTE = "hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]";
const OWNED = virtualService(ROUTE).replace("namespace: shop", "namespace: shop, labels: {team: web}");
const FAULT = "fault: traffic.yaml: VirtualService shop/reviews: is in the cluster already, which";
const REMEDY = "this program did not create it. Give this one another name, or have the owner remove theirs.";
const K8S_GATEWAY =
  "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web, namespace: shop}\n" +
  "spec: {gatewayClassName: istio, listeners: [{name: a, port: 80, protocol: HTTP}]}\n";

ruleTable(foreignOwner, [
  ["accepts an object that is not there", virtualService(ROUTE), [], {}],
  [
    "refuses an object of another owner, with the owner's label",
    virtualService(ROUTE),
    [`${FAULT} is labelled team=web: ${REMEDY}`],
    { foreign: OWNED },
  ],
  [
    "refuses an object without a label of an owner",
    virtualService(ROUTE),
    [`${FAULT} has no label of an owner: ${REMEDY}`],
    { foreign: virtualService("hosts: [other]") },
  ],
  [
    "refuses an object that a controller made for its own",
    virtualService(ROUTE),
    [`${FAULT} is owned by Canary reviews: ${REMEDY}`],
    { foreign: OWNED, owner: "Canary reviews" },
  ],
  [
    "accepts another kind of this name",
    virtualService(ROUTE),
    [],
    { foreign: istioObject("DestinationRule", "reviews", "host: reviews") },
  ],
  ["accepts another name", virtualService(ROUTE), [], { foreign: virtualService(ROUTE, "ratings") }],
  [
    "accepts a namespace that differs",
    virtualService(ROUTE),
    [],
    { foreign: virtualService(ROUTE).replace("namespace: shop", "namespace: web") },
  ],
  [
    "accepts a Gateway of the Gateway API beside Istio's",
    istioObject("Gateway", "web", "servers: []"),
    [],
    { foreign: K8S_GATEWAY },
  ],
]);
