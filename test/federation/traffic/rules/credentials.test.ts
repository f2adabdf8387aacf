import assert from "node:assert/strict";
import type { ServerSecret } from "../../../../federation/publish/serverCertificate.ts";
import {
  credentialContents,
  credentialSecrets,
  sharedCertificates,
  sidecarCredentials,
} from "../../../../federation/traffic/rules/credentials.ts";
import { TestAuthority } from "../../../support/testAuthority.ts";
import {
  type Surroundings,
  findingsOf,
  istioObject,
  pod,
  ruleTable,
  virtualService,
} from "../trafficCase.ts";

/** A Gateway whose server has these TLS settings, for these hosts. */
const gateway = (tls: string, hosts = "shop.example.com", name = "front"): string =>
  istioObject(
    "Gateway",
    name,
    `selector: {app: in}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["${hosts}"], tls: {${tls}}}]`,
  );

const SIMPLE = "mode: SIMPLE, credentialName: shop-tls";
const MUTUAL = "mode: MUTUAL, credentialName: shop-tls";
const HERE = [pod("in-1", "shop", { app: "in" })];
const FRONT = "warning: traffic.yaml: Gateway shop/front: spec.servers[0].tls.credentialName: ";

const EMPTY: ServerSecret = { certificates: undefined, isPair: undefined, authority: undefined };

/** PEM of a certificate for this name, or of a CA. */
async function certificateFor(name: string, dates: object = {}, isCa = false): Promise<string> {
  const names = isCa ? [] : [{ type: "dns" as const, value: name }];
  const valid = { notBefore: new Date("2026-01-01"), notAfter: new Date("2027-06-01"), ...dates };
  return (await TestAuthority.root(`CN=${name}`, { names, isCa, ...valid })).pem;
}

ruleTable(credentialSecrets, [
  ["are there", gateway(SIMPLE), [], { workloads: HERE, secrets: { "shop/shop-tls": EMPTY } }],
  [
    "are not there",
    gateway(SIMPLE),
    [
      `${FRONT}"shop-tls" is no Secret in namespace shop, where the proxies are that use it. Create it there, by cert-manager or \`kubectl create secret tls shop-tls -n shop --cert=<file> --key=<file>\`.`,
    ],
    { workloads: HERE },
  ],
  [
    "are in another namespace than the Pods of the gateway",
    gateway(SIMPLE),
    [
      `${FRONT}"shop-tls" is no Secret in namespace istio-ingress, where the proxies are that use it; there is shop/shop-tls. Create it there, by cert-manager or \`kubectl create secret tls shop-tls -n istio-ingress --cert=<file> --key=<file>\`.`,
    ],
    { workloads: [pod("in-1", "istio-ingress", { app: "in" })], secrets: { "shop/shop-tls": EMPTY } },
  ],
  [
    "are one of several of a server",
    gateway("mode: SIMPLE, credentialNames: [a, b]"),
    [
      'warning: traffic.yaml: Gateway shop/front: spec.servers[0].tls.credentialNames[1]: "b" is no Secret in namespace shop, where the proxies are that use it. Create it there, by cert-manager or `kubectl create secret tls b -n shop --cert=<file> --key=<file>`.',
    ],
    { workloads: HERE, secrets: { "shop/a": EMPTY } },
  ],
  ["are not asked for by PASSTHROUGH", gateway("mode: PASSTHROUGH"), []],
  [
    "are not asked for by other modes, whatever they name",
    gateway("mode: PASSTHROUGH, credentialName: x"),
    [],
  ],
  ["are of another server of certificates", gateway("mode: SIMPLE, credentialName: 'sds://other'"), []],
  [
    "are of a client that only verifies, in a Secret for that alone",
    istioObject(
      "DestinationRule",
      "bank",
      "host: bank.example, workloadSelector: {matchLabels: {app: pay}}, trafficPolicy: {tls: {mode: SIMPLE, credentialName: bank}}",
    ),
    [],
    { secrets: { "shop/bank-cacert": { ...EMPTY, authority: "PEM" } } },
  ],
  [
    "are of an egress gateway, in the namespace of its Pods",
    istioObject(
      "Gateway",
      "out",
      "selector: {app: out}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [bank.example]}]",
    ) +
      virtualService(
        "hosts: [bank.example], gateways: [mesh, out], http: [{match: [{gateways: [out]}], route: [{destination: {host: bank.example}}]}]",
      ) +
      istioObject(
        "DestinationRule",
        "bank",
        "host: bank.example, trafficPolicy: {tls: {mode: MUTUAL, credentialName: bank}}",
      ),
    [
      'warning: traffic.yaml, document 3: DestinationRule shop/bank: spec.trafficPolicy.tls.credentialName: "bank" is no Secret in namespace istio-egress, where the proxies are that use it. Create it there, by cert-manager or `kubectl create secret tls bank -n istio-egress --cert=<file> --key=<file>`.',
    ],
    { workloads: [pod("out-1", "istio-egress", { app: "out" })] },
  ],
]);

describe(`Traffic rule ${credentialContents.code}: whether ${credentialContents.checks}`, () => {
  const cases: [string, string, () => Promise<Surroundings["secrets"]>, RegExp | undefined][] = [
    [
      "have a certificate for the host",
      gateway(SIMPLE),
      async () => ({ "shop/shop-tls": await tls("shop.example.com") }),
      undefined,
    ],
    [
      "have a wildcard for the host",
      gateway(SIMPLE),
      async () => ({ "shop/shop-tls": await tls("*.example.com") }),
      undefined,
    ],
    [
      "have a wildcard for a wildcard",
      gateway(SIMPLE, "*.example.com"),
      async () => ({ "shop/shop-tls": await tls("*.example.com") }),
      undefined,
    ],
    [
      "have any certificate for all hosts",
      gateway(SIMPLE, "*"),
      async () => ({ "shop/shop-tls": await tls("x.example") }),
      undefined,
    ],
    [
      "have a certificate for a host with its namespace",
      gateway(SIMPLE, "shop/shop.example.com"),
      async () => ({ "shop/shop-tls": await tls("shop.example.com") }),
      undefined,
    ],
    [
      "have one for a single host, and are asked for a wildcard",
      gateway(SIMPLE, "*.example.com"),
      async () => ({ "shop/shop-tls": await tls("shop.example.com") }),
      /has a certificate for other names \(DNS:shop\.example\.com\)/,
    ],
    [
      "have one for another host",
      gateway(SIMPLE),
      async () => ({ "shop/shop-tls": await tls("other.example") }),
      /names Secret shop\/shop-tls, which has a certificate for other names \(DNS:other\.example\)\. Issue one for this host/,
    ],
    [
      "lack the keys that Istio reads",
      gateway(SIMPLE),
      () => Promise.resolve({ "shop/shop-tls": EMPTY }),
      /is no TLS Secret: it has neither tls\.crt and tls\.key, nor cert and key/,
    ],
    [
      "have no PEM",
      gateway(SIMPLE),
      () => Promise.resolve({ "shop/shop-tls": { ...EMPTY, certificates: "x" } }),
      /has no certificate in PEM/,
    ],
    [
      "have the key of another certificate",
      gateway(SIMPLE),
      async () => ({ "shop/shop-tls": { ...(await tls("shop.example.com")), isPair: false } }),
      /has a private key that is not its certificate's/,
    ],
    [
      "have expired",
      gateway(SIMPLE),
      async () => ({ "shop/shop-tls": await tls("shop.example.com", { notAfter: new Date("2026-11-01") }) }),
      /has expired on 2026-11-01/,
    ],
    [
      "expire soon",
      gateway(SIMPLE),
      async () => ({
        "shop/shop-tls": await tls("shop.example.com", { notAfter: new Date("2026-12-11T12:00:00Z") }),
      }),
      /expires on 2026-12-11T12:00:00Z, in 10 day\(s\)/,
    ],
    [
      "verify clients by their own CA",
      gateway(MUTUAL),
      async () => ({
        "shop/shop-tls": {
          ...(await tls("shop.example.com")),
          authority: await certificateFor("CA", {}, true),
        },
      }),
      undefined,
    ],
    [
      "verify clients by the CA of another Secret",
      gateway(MUTUAL),
      async () => ({
        "shop/shop-tls": await tls("shop.example.com"),
        "shop/shop-tls-cacert": { ...EMPTY, authority: await certificateFor("CA", {}, true) },
      }),
      undefined,
    ],
    [
      "have no CA to verify clients",
      gateway(MUTUAL),
      async () => ({ "shop/shop-tls": await tls("shop.example.com") }),
      /has no CA by which the other side is verified: Secret shop\/shop-tls has neither cacert nor ca\.crt, and there is no Secret shop-tls-cacert/,
    ],
    [
      "have a CA that has expired",
      gateway(MUTUAL),
      async () => ({
        "shop/shop-tls": {
          ...(await tls("shop.example.com")),
          authority: await certificateFor("CA", { notAfter: new Date("2026-11-01") }, true),
        },
      }),
      /has a CA that has expired on 2026-11-01/,
    ],
    [
      "have a CA that is no PEM",
      gateway(MUTUAL),
      async () => ({ "shop/shop-tls": { ...(await tls("shop.example.com")), authority: "x" } }),
      /has a CA that is not in PEM/,
    ],
    ["are not there: another rule says so", gateway(MUTUAL), () => Promise.resolve({}), undefined],
  ];
  const tls = async (name: string, dates: object = {}): Promise<ServerSecret> => ({
    ...{ certificates: await certificateFor(name, dates), isPair: true, authority: undefined },
  });
  for (const [title, yaml, secrets, expected] of cases)
    it(title, async () => {
      const findings = findingsOf(credentialContents, yaml, {
        workloads: HERE,
        secrets: (await secrets())!,
      });
      assert.equal(findings.length, expected === undefined ? 0 : 1, findings.join("\n"));
      if (expected !== undefined) assert.match(findings[0]!, expected);
    });
});

const rule = (spec: string) => istioObject("DestinationRule", "bank", `host: bank.example, ${spec}`);
const DROPPED =
  "is dropped by sidecars, as the DestinationRule has no workloadSelector, and no gateway of these objects calls the host. " +
  "Add workloadSelector with the labels of the callers, in their namespace, or mount the files and name them in clientCertificate, privateKey and caCertificates.";

ruleTable(sidecarCredentials, [
  [
    "are dropped",
    rule("trafficPolicy: {tls: {mode: MUTUAL, credentialName: bank}}"),
    [
      `warning: traffic.yaml: DestinationRule shop/bank: spec.trafficPolicy.tls.credentialName: "bank" ${DROPPED}`,
    ],
  ],
  [
    "are dropped at a port",
    rule(
      "trafficPolicy: {portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, credentialName: bank}}]}",
    ),
    [
      `warning: traffic.yaml: DestinationRule shop/bank: spec.trafficPolicy.portLevelSettings[0].tls.credentialName: "bank" ${DROPPED}`,
    ],
  ],
  [
    "are taken by selected sidecars",
    rule(
      "workloadSelector: {matchLabels: {app: pay}}, trafficPolicy: {tls: {mode: MUTUAL, credentialName: bank}}",
    ),
    [],
  ],
  [
    "are none with files",
    rule("trafficPolicy: {tls: {mode: MUTUAL, clientCertificate: /a, privateKey: /b, caCertificates: /c}}"),
    [],
  ],
]);

ruleTable(sharedCertificates, [
  ["do not", gateway(SIMPLE) + gateway("mode: SIMPLE, credentialName: other", "b.example", "second"), []],
  [
    "do",
    gateway(SIMPLE) + gateway(SIMPLE, "b.example", "second"),
    [
      'warning: traffic.yaml, document 2: Gateway shop/second: spec.servers[0].tls.credentialName: "shop-tls" is the certificate of Gateway shop/front too, of the same Pods: browsers reuse an HTTP/2 connection for all hosts of a certificate, and get 404 for those of the other Gateway. Put the hosts of one certificate into one Gateway, or give each Gateway a certificate for its own hosts.',
    ],
  ],
  [
    "do, with somebody else's, whatever its name",
    gateway(SIMPLE),
    [
      'warning: traffic.yaml: Gateway shop/front: spec.servers[0].tls.credentialName: "shop-tls" is the certificate of Gateway shop/zzz too, of the same Pods: browsers reuse an HTTP/2 connection for all hosts of a certificate, and get 404 for those of the other Gateway. Put the hosts of one certificate into one Gateway, or give each Gateway a certificate for its own hosts.',
    ],
    { foreign: gateway(SIMPLE, "b.example", "zzz") },
  ],
]);
