import {
  externalMutual,
  firewalledHosts,
  sniHosts,
} from "../../../../federation/traffic/rules/externalHosts.ts";
import { istioObject, ruleTable, service, virtualService } from "../trafficCase.ts";

const entry = (hosts: string, more = "") =>
  istioObject(
    "ServiceEntry",
    "outside",
    `hosts: [${hosts}], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS${more}`,
  );
const rule = (tls: string) =>
  istioObject("DestinationRule", "bank", `host: bank.example, trafficPolicy: {tls: {${tls}}}`);

ruleTable(externalMutual, [
  ["are", rule("mode: SIMPLE") + entry("bank.example"), []],
  [
    "are not",
    rule("mode: ISTIO_MUTUAL") + entry("bank.example"),
    [
      'warning: traffic.yaml, document 1: DestinationRule shop/bank: spec.trafficPolicy.tls.mode: "ISTIO_MUTUAL" is for bank.example, which is outside the mesh (location MESH_EXTERNAL): its server would need a certificate of this mesh. Write SIMPLE, or MUTUAL with a certificate that the server knows.',
    ],
  ],
  [
    "are inside the mesh",
    rule("mode: ISTIO_MUTUAL") + entry("bank.example", ", location: MESH_INTERNAL"),
    [],
  ],
  ["are not known", rule("mode: ISTIO_MUTUAL"), []],
]);

const sni = (hosts: string, names: string) =>
  virtualService(
    `hosts: [${hosts}], tls: [{match: [{port: 443, sniHosts: [${names}]}], route: [{destination: {host: firewall}}]}]`,
  );

ruleTable(sniHosts, [
  ["are", sni("a.example", "a.example"), []],
  ["are, below a wildcard", sni('"*.example"', "a.example"), []],
  [
    "are not",
    sni("a.example", "a.example, b.example"),
    [
      'fault: traffic.yaml: VirtualService shop/reviews: spec.tls[0].match[0].sniHosts[1]: "b.example" is not among spec.hosts (a.example), so istiod refuses the object. Add it to spec.hosts, or correct it.',
    ],
  ],
  [
    "are not: a wildcard above the host",
    sni("a.example", '"*.example"'),
    [
      'fault: traffic.yaml: VirtualService shop/reviews: spec.tls[0].match[0].sniHosts[0]: "*.example" is not among spec.hosts (a.example), so istiod refuses the object. Add it to spec.hosts, or correct it.',
    ],
  ],
]);

const CLUSTER = { services: [service("firewall", "shop", "tls:8443")] };

ruleTable(firewalledHosts, [
  ["do", sni("a.example", "a.example") + entry("a.example"), [], CLUSTER],
  ["do, below a wildcard", sni('"*.example"', '"*.example"') + entry("a.example"), [], CLUSTER],
  [
    "do not",
    sni("a.example", "a.example") + entry("a.example, b.example"),
    [
      'warning: traffic.yaml, document 2: ServiceEntry shop/outside: spec.hosts[1]: "b.example" is called directly: no VirtualService leads its SNI to firewall.shop.svc.paris.local, as for a.example. Add it to the sniHosts and hosts of that VirtualService, if it is meant to pass the firewall.',
    ],
    CLUSTER,
  ],
  ["need not without a firewall", entry("b.example"), [], CLUSTER],
  [
    "need not within the mesh",
    sni("a.example", "a.example") + entry("b.example", ", location: MESH_INTERNAL"),
    [],
    CLUSTER,
  ],
]);
