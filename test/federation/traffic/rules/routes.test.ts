import { destinationHosts } from "../../../../federation/traffic/rules/destinationHosts.ts";
import { destinationPorts } from "../../../../federation/traffic/rules/destinationPorts.ts";
import {
  destinationSubsets,
  gatewaySubsets,
} from "../../../../federation/traffic/rules/destinationSubsets.ts";
import { hostForm } from "../../../../federation/traffic/rules/hostForm.ts";
import { meshHosts } from "../../../../federation/traffic/rules/meshHosts.ts";
import { gatewayHosts, routeGateways } from "../../../../federation/traffic/rules/routeGateways.ts";
import { routeOrder } from "../../../../federation/traffic/rules/routeOrder.ts";
import { routeWeights } from "../../../../federation/traffic/rules/routeWeights.ts";
import { imported, istioObject, ruleTable, service, virtualService } from "../trafficCase.ts";

const REVIEWS = service("reviews", "shop", "http:9080");
const BERLIN = "stock.shop.svc.berlin.local";
const PLACE = "traffic.yaml: VirtualService shop/reviews:";
const to = (destination: string) =>
  virtualService(`hosts: [reviews], http: [{route: [{destination: {${destination}}}]}]`);
const DESTINATION = `${PLACE} spec.http[0].route[0].destination`;

ruleTable(destinationHosts, [
  ["accepts a Service by its short and its full name", to("host: reviews"), [], { services: [REVIEWS] }],
  ["accepts a full name", to("host: reviews.shop.svc.paris.local"), [], { services: [REVIEWS] }],
  [
    "refuses a host that nobody has, with the nearest one",
    to("host: reviewz.shop.svc.paris.local"),
    [
      `fault: ${DESTINATION}.host: "reviewz.shop.svc.paris.local" is no host that the mesh knows. Write 'reviews.shop.svc.paris.local', if that is what you mean.`,
    ],
    { services: [REVIEWS] },
  ],
  [
    "explains a short name of another namespace",
    to("host: ratings"),
    [
      `fault: ${DESTINATION}.host: "ratings" is 'ratings.shop.svc.paris.local' here, which is no host that the mesh knows. Write the full name of the Service, correct it, or declare a ServiceEntry for it.`,
    ],
    { services: [service("ratings", "other", "http:80")] },
  ],
  [
    "accepts an imported host before it is registered",
    to(`host: ${BERLIN}`),
    [],
    { imports: [imported(BERLIN)] },
  ],
  [
    "refuses an imported host that this update removes",
    to(`host: ${BERLIN}`),
    [
      `fault: ${DESTINATION}.host: "${BERLIN}" is a service of peer berlin that this update removes. Take the route out first, or keep the import.`,
    ],
    { imports: [imported(BERLIN, { state: "removed", service: undefined })] },
  ],
  [
    "warns of an imported host whose peer is not ready",
    to(`host: ${BERLIN}`),
    [
      `warning: ${DESTINATION}.host: "${BERLIN}" is a service of peer berlin, which is not ready: what was registered before stays. See the peer's state in output peers.`,
    ],
    { imports: [imported(BERLIN, { state: "kept", service: undefined })] },
  ],
  [
    "accepts the host of a wildcard ServiceEntry",
    to("host: en.wikipedia.org") + istioObject("ServiceEntry", "wiki", 'hosts: ["*.wikipedia.org"]'),
    [],
  ],
  [
    "warns of a mirror that nobody has, as requests go on",
    virtualService(
      "hosts: [reviews], http: [{route: [{destination: {host: reviews}}], mirror: {host: gone}}]",
    ),
    [
      `warning: ${PLACE} spec.http[0].mirror.host: "gone" is 'gone.shop.svc.paris.local' here, which is no host that the mesh knows. Write the full name of the Service, correct it, or declare a ServiceEntry for it.`,
    ],
    { services: [REVIEWS] },
  ],
]);

ruleTable(destinationPorts, [
  ["accepts no port where the host has one", to("host: reviews"), [], { services: [REVIEWS] }],
  [
    "refuses no port where the host has several",
    to("host: reviews"),
    [
      `fault: ${DESTINATION}.port: is missing, and reviews has several: 9080 (http), 9090 (grpc). Add 'port: {number: ...}'.`,
    ],
    { services: [service("reviews", "shop", "http:9080", "grpc:9090")] },
  ],
  [
    "refuses a port that the host does not have",
    to("host: reviews, port: {number: 80}"),
    [
      `fault: ${DESTINATION}.port.number: 80 is no port of reviews, which has 9080 (http). Write a port of the Service, not of its Pods.`,
    ],
    { services: [REVIEWS] },
  ],
]);

const RULE = istioObject("DestinationRule", "reviews", "host: reviews, subsets: [{name: v1}, {name: v2}]");
ruleTable(destinationSubsets, [
  ["accepts a subset", to("host: reviews.shop.svc.paris.local, subset: v1") + RULE, []],
  [
    "refuses a subset that the DestinationRule does not have",
    to("host: reviews, subset: v3") + RULE,
    [
      `fault: traffic.yaml, document 1: VirtualService shop/reviews: spec.http[0].route[0].destination.subset: "v3" is no subset of reviews.shop.svc.paris.local: its DestinationRules have v1, v2. Write 'v1', if that is what you mean.`,
    ],
  ],
  [
    "refuses a subset without any DestinationRule",
    to("host: reviews, subset: v3"),
    [
      `fault: ${DESTINATION}.subset: "v3" is no subset: there is no DestinationRule for reviews.shop.svc.paris.local. Declare it under 'subsets' of the DestinationRule for this host.`,
    ],
  ],
  [
    "refuses a subset of an imported host",
    to(`host: ${BERLIN}, subset: v1`),
    [
      `fault: ${DESTINATION}.subset: "v1" is a subset of a service of peer berlin, whose gateway knows no subsets. Have the peer offer each version under a host of its own (exports: as), and route to that.`,
    ],
    { imports: [imported(BERLIN)] },
  ],
]);

const GATEWAY = (hosts: string) => istioObject("Gateway", "ingress", `servers: [{hosts: [${hosts}]}]`);
ruleTable(routeGateways, [
  [
    "accepts mesh and a Gateway of its namespace",
    virtualService("gateways: [mesh, ingress]") + GATEWAY('"*"'),
    [],
  ],
  [
    "refuses a Gateway that is not there",
    virtualService("gateways: [ingres]") + GATEWAY('"*"'),
    [
      `fault: traffic.yaml, document 1: VirtualService shop/reviews: spec.gateways[0]: "ingres" is Gateway 'shop/ingres' here, which is not there. Write 'shop/ingress', if that is what you mean.`,
    ],
  ],
]);

ruleTable(gatewayHosts, [
  [
    "accepts a host below a wildcard",
    virtualService("gateways: [ingress], hosts: [a.shop.com]") + GATEWAY('"*.shop.com"'),
    [],
  ],
  [
    "accepts a host for the own namespace",
    virtualService("gateways: [ingress], hosts: [a.shop.com]") + GATEWAY('"./*"'),
    [],
  ],
  [
    "refuses a host that the Gateway does not let in",
    virtualService("gateways: [ingress], hosts: [a.shop.com]") + GATEWAY("b.shop.com"),
    [
      `fault: traffic.yaml, document 1: VirtualService shop/reviews: spec.gateways[0]: "ingress" lets none of the hosts a.shop.com in: it has b.shop.com. Add the host to a server of the Gateway, or correct spec.hosts.`,
    ],
  ],
  [
    "refuses a host that the Gateway lets in for another namespace",
    virtualService("gateways: [ingress], hosts: [a.shop.com]") + GATEWAY("other/a.shop.com"),
    [
      `fault: traffic.yaml, document 1: VirtualService shop/reviews: spec.gateways[0]: "ingress" lets none of the hosts a.shop.com in: it has no host for this namespace. Add the host to a server of the Gateway, or correct spec.hosts.`,
    ],
  ],
]);

ruleTable(meshHosts, [
  [
    "accepts two of one host for different gateways",
    virtualService("hosts: [reviews]") + virtualService("hosts: [reviews], gateways: [ingress]", "other"),
    [],
  ],
  [
    "accepts two that no namespace sees both",
    virtualService('hosts: [reviews], exportTo: ["."]') +
      virtualService("hosts: [reviews], exportTo: [a]", "other"),
    [],
  ],
  [
    "refuses two of one host, by short and full name",
    virtualService("hosts: [reviews]") + virtualService("hosts: [reviews.shop.svc.paris.local]", "other"),
    [
      'fault: traffic.yaml, document 2: VirtualService shop/other: spec.hosts[0]: "reviews.shop.svc.paris.local" is a host of VirtualService shop/reviews too (traffic.yaml, document 1), and sidecars take the older one only. Put the routes of both into one VirtualService, or part the namespaces that see them by exportTo.',
      'fault: traffic.yaml, document 1: VirtualService shop/reviews: spec.hosts[0]: "reviews" is a host of VirtualService shop/other too (traffic.yaml, document 2), and sidecars take the older one only. Put the routes of both into one VirtualService, or part the namespaces that see them by exportTo.',
    ],
  ],
]);

const split = (...weights: string[]) =>
  virtualService(
    `http: [{route: [${weights.map((weight) => `{destination: {host: a}${weight}}`).join(", ")}]}]`,
  );
ruleTable(routeWeights, [
  ["accepts a total of 100", split(", weight: 80", ", weight: 20"), []],
  ["accepts one destination without weight", split(""), []],
  [
    "states the shares of another total",
    split(", weight: 80", ", weight: 2"),
    [
      `warning: ${PLACE} spec.http[0].route: has weights of 80 and 2, in total 82: the shares are 97.6 %, 2.4 %. Make the total 100, so that weights are percentages.`,
    ],
  ],
  [
    "states who made another total",
    split(", weight: 60", ", weight: 30"),
    [
      `warning: ${PLACE} spec.http[0].route: has weights of 60 and 30, moved by another controller, in total 90: the shares are 66.7 %, 33.3 %. Correct it where that controller is configured.`,
    ],
    { written: split(", weight: 80", ", weight: 20") },
  ],
  [
    "refuses several without a weight",
    split("", ""),
    [
      `fault: ${PLACE} spec.http[0].route: has several destinations, and no weight above 0. Give each its weight, 100 in total.`,
    ],
  ],
]);

ruleTable(routeOrder, [
  [
    "accepts a route without match at the end",
    virtualService("http: [{match: [{uri: {prefix: /a}}]}, {route: []}]"),
    [],
  ],
  [
    "refuses a route behind one that matches everything",
    virtualService("http: [{route: []}, {match: [{uri: {prefix: /a}}]}]"),
    [
      `fault: ${PLACE} spec.http[1]: is never reached: spec.http[0] matches every request before. Put the route without match last.`,
    ],
  ],
  [
    "refuses a match that an earlier route has, in any order of its fields",
    virtualService(
      "http: [{match: [{uri: {exact: /a}, method: {exact: GET}}]}, {match: [{method: {exact: GET}, uri: {exact: /a}}]}]",
    ),
    [
      `fault: ${PLACE} spec.http[1].match: is never reached: spec.http[0] has the same match before. Put both routes together, or correct one of the matches.`,
    ],
  ],
]);

ruleTable(hostForm, [
  [
    "accepts host names, wildcards and IPv6 addresses",
    virtualService('hosts: [a, "*.b.com", "2001:db8::1"]'),
    [],
  ],
  [
    "refuses schemes, ports and paths",
    virtualService('hosts: ["https://a.com/x", "a.com:80", "a.com/x"]'),
    ["https://a.com/x", "a.com:80", "a.com/x"].map(
      (host, index) =>
        `fault: ${PLACE} spec.hosts[${index}]: "${host}" is no host name: it has a scheme, a port or a path. Write 'a.com'; a path belongs into a match of 'uri'.`,
    ),
  ],
]);

const OF_SIDECARS = virtualService(
  "hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}}]}]",
  "split",
);
const ofGateway = (destination: string) =>
  virtualService(`hosts: [a.com], gateways: [ingress], http: [{route: [{destination: {${destination}}}]}]`);
ruleTable(gatewaySubsets, [
  ["accepts a route with a subset", ofGateway("host: reviews, subset: v1") + OF_SIDECARS, []],
  ["accepts another host", ofGateway("host: ratings") + OF_SIDECARS, []],
  [
    "warns of a route without one",
    ofGateway("host: reviews.shop.svc.paris.local") + OF_SIDECARS,
    [
      'warning: traffic.yaml, document 1: VirtualService shop/reviews: spec.http[0].route[0].destination.host: "reviews.shop.svc.paris.local" has subsets by VirtualService shop/split (traffic.yaml, document 2), which gateways do not follow: their requests go to all Pods. Name subsets and weights in this route too, if they are meant for its requests.',
    ],
  ],
]);
