import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { describeFault } from "../../../federation/core/fault.ts";
import { type Crd, type StructuralSchema, toCrd } from "../../../federation/traffic/crd.ts";
import { compileCrds } from "../../../federation/traffic/crdSchema.ts";

const istioCrds = JSON.parse(
  readFileSync(new URL("../../../federation/traffic/istioCrds.json", import.meta.url), "utf8"),
) as Crd[];
const schemas = compileCrds(istioCrds);

/** Formats the faults of an object of YAML. */
function faultsOf(yaml: string): string[] {
  return schemas.check(parse(yaml)).map(describeFault);
}

const API_VERSIONS: Readonly<Record<string, string>> = {
  PeerAuthentication: "security.istio.io/v1",
  AuthorizationPolicy: "security.istio.io/v1",
  RequestAuthentication: "security.istio.io/v1",
  Telemetry: "telemetry.istio.io/v1",
};

/** Formats the faults of an object whose spec is given in YAML. */
function specFaults(kind: string, spec: string): string[] {
  const apiVersion = API_VERSIONS[kind] ?? "networking.istio.io/v1";
  return faultsOf(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a}, spec: ${spec}}`);
}

const routes = (entry: string) => `{hosts: [reviews], http: [${entry}]}`;
const destination = (fields: string) => routes(`{route: [{destination: {${fields}}}]}`);
const match = (fields: string) => routes(`{match: [{${fields}}], route: [{destination: {host: reviews}}]}`);
const server = (fields: string, port = "number: 80, name: http, protocol: HTTP") =>
  `{selector: {istio: ingressgateway}, servers: [{port: {${port}}, hosts: ["*"]${fields}}]}`;
const entry = (fields: string) => `{hosts: [a.example.com], ports: [{number: 80, name: http}], ${fields}}`;

const DURATION = "Write a number with its unit, such as 5s, 500ms or 1h30m.";

describe("Schemas of Istio's CRDs", () => {
  for (const document of parseAllDocuments(
    readFileSync(new URL("validObjects.yaml", import.meta.url), "utf8"),
  )) {
    const object = document.toJS() as { kind: string; metadata: { name: string } };
    it(`accept ${object.kind} ${object.metadata.name}`, () => {
      assert.deepEqual(schemas.check(object).map(describeFault), []);
    });
  }

  for (const [what, kind, spec, ...expected] of [
    [
      "a misspelled field",
      "VirtualService",
      destination("host: reviews, subnet: v1"),
      "spec.http[0].route[0].destination.subnet: is not a known field. Write 'subset', if that is what you mean.",
    ],
    [
      "a misspelled required field, once",
      "DestinationRule",
      "{hosts: reviews}",
      "spec.hosts: is not a known field. Write 'host', if that is what you mean.",
    ],
    [
      "another word for a field",
      "Gateway",
      "{selector: {istio: ingressgateway}, services: []}",
      "spec.services: is not a known field. Write 'servers', if that is what you mean.",
    ],
    [
      "a shortened field",
      "DestinationRule",
      "{host: a, trafficPolicy: {outlierDetection: {consecutive5xx: 5}}}",
      "spec.trafficPolicy.outlierDetection.consecutive5xx: is not a known field. Write 'consecutive5xxErrors', if that is what you mean.",
    ],
    [
      "a field without a known one near",
      "VirtualService",
      match("path: /x"),
      "spec.http[0].match[0].path: is not a known field. Remove it; known here: authority, gateways, headers, ignoreUriCase, method, name, port, queryParams, scheme, sourceLabels, sourceNamespace, statPrefix, uri, withoutHeaders.",
    ],
    [
      "a subset beside its destination",
      "VirtualService",
      routes("{route: [{destination: {host: reviews}, subset: v1}]}"),
      "spec.http[0].route[0].subset: is not a known field here. Move it into spec.http[0].route[0].destination.",
    ],
    [
      "a weight in its destination",
      "VirtualService",
      destination("host: reviews, weight: 80"),
      "spec.http[0].route[0].destination.weight: is not a known field here. Move it to spec.http[0].route[0].weight.",
    ],
    [
      "a host without its destination, once",
      "VirtualService",
      routes("{route: [{host: reviews}]}"),
      "spec.http[0].route[0].host: is not a known field here. Move it into spec.http[0].route[0].destination.",
    ],
    [
      "a field of a list's entries beside the list",
      "Gateway",
      "{selector: {istio: ingressgateway}, hosts: [a.example.com]}",
      "spec.hosts: is not a known field here. Move it into an entry of spec.servers.",
    ],
    [
      "a mode without its map",
      "PeerAuthentication",
      "{mode: STRICT}",
      "spec.mode: is not a known field here. Move it into spec.mtls.",
    ],
    [
      "a source without its map",
      "AuthorizationPolicy",
      "{rules: [{from: [{principals: [a]}]}]}",
      "spec.rules[0].from[0].principals: is not a known field here. Move it into spec.rules[0].from[0].source.",
    ],
    [
      "a port as text",
      "Gateway",
      server("", 'number: "80", name: http, protocol: HTTP'),
      'spec.servers[0].port.number: "80" must be a whole number. Remove the quotes.',
    ],
    [
      "a port as a number where a map belongs",
      "VirtualService",
      destination("host: reviews, port: 9080"),
      "spec.http[0].route[0].destination.port: 9080 must be a map. Write {number: 9080}.",
    ],
    [
      "a weight with a percent sign",
      "VirtualService",
      routes("{route: [{destination: {host: reviews}, weight: 80%}]}"),
      'spec.http[0].route[0].weight: "80%" must be a whole number. Write 80.',
    ],
    [
      "a weight with a fraction",
      "VirtualService",
      routes("{route: [{destination: {host: reviews}, weight: 33.3}]}"),
      "spec.http[0].route[0].weight: 33.3 must be a whole number. Write a whole number here.",
    ],
    [
      "a weight beyond 32 bits",
      "VirtualService",
      routes("{route: [{destination: {host: reviews}, weight: 3000000000}]}"),
      "spec.http[0].route[0].weight: 3000000000 must be a number of 32 bits: from -2,147,483,648 to 2,147,483,647. Correct it.",
    ],
    [
      "a negative port",
      "VirtualService",
      match("port: -1"),
      "spec.http[0].match[0].port: -1 must be 0 or more. Choose such a number.",
    ],
    [
      "a number for text",
      "AuthorizationPolicy",
      "{rules: [{to: [{operation: {ports: [8000]}}]}]}",
      "spec.rules[0].to[0].operation.ports[0]: 8000 must be text. Put it in quotes.",
    ],
    [
      "a label's value that YAML reads as a number",
      "DestinationRule",
      "{host: a, subsets: [{name: v1, labels: {version: 1}}]}",
      "spec.subsets[0].labels.version: 1 must be text. Put it in quotes.",
    ],
    [
      "text for true or false",
      "Gateway",
      server(', tls: {httpsRedirect: "true"}'),
      'spec.servers[0].tls.httpsRedirect: "true" must be true or false. Remove the quotes.',
    ],
    [
      "text for a list",
      "ServiceEntry",
      "{hosts: a.example.com}",
      'spec.hosts: "a.example.com" must be a list. Write it as a list: ["a.example.com"].',
    ],
    [
      "a map for a list",
      "VirtualService",
      routes("{route: {destination: {host: reviews}}}"),
      `spec.http[0].route: {"destination":{"host":"reviews"}} must be a list. Begin each entry with '- '.`,
    ],
    [
      "a list for a map",
      "VirtualService",
      routes("{route: [{destination: [{host: reviews}]}]}"),
      `spec.http[0].route[0].destination: [{"host":"reviews"}] must be a map. Write one map here, without '- '.`,
    ],
    [
      "an empty entry of a list",
      "VirtualService",
      "{hosts: [reviews, ~]}",
      "spec.hosts[1]: null must be text. Write text, or remove it.",
    ],
    [
      "a field that is empty and required",
      "DestinationRule",
      "{host: ~}",
      "spec.host: is missing. Add it: text.",
    ],
    [
      "a missing field",
      "Gateway",
      server("", "number: 80, protocol: HTTP"),
      "spec.servers[0].port.name: is missing. Add it: text.",
    ],
    [
      "a headers match without exact or prefix",
      "VirtualService",
      match("headers: {end-user: jason}"),
      'spec.http[0].match[0].headers.end-user: "jason" must be a map. Write {exact: "jason"}.',
    ],
    [
      "a uri match without exact or prefix",
      "VirtualService",
      match("uri: /api"),
      'spec.http[0].match[0].uri: "/api" must be a map. Write {exact: "/api"}.',
    ],
    [
      "two kinds of match at once",
      "VirtualService",
      match("headers: {end-user: {exact: a, prefix: b}}"),
      "spec.http[0].match[0].headers.end-user: takes exactly one of exact, prefix, regex, and has exact and prefix. Keep one of these.",
    ],
    [
      "an unknown kind of match, once",
      "VirtualService",
      match("headers: {end-user: {exacts: a}}"),
      "spec.http[0].match[0].headers.end-user.exacts: is not a known field. Write 'exact', if that is what you mean.",
    ],
    [
      "two kinds of load balancer and an unknown field, each once",
      "DestinationRule",
      "{host: a, trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true, header: x}}}}",
      "spec.trafficPolicy.loadBalancer.consistentHash.header: is not a known field. Remove it; known here: httpCookie, httpHeaderName, httpQueryParameterName, maglev, minimumRingSize, ringHash, useSourceIp.",
      "spec.trafficPolicy.loadBalancer: takes exactly one of simple, consistentHash, and has simple and consistentHash. Keep one of these.",
    ],
    [
      "a choice in small letters",
      "Gateway",
      server(", tls: {mode: simple, credentialName: a}"),
      `spec.servers[0].tls.mode: "simple" must be one of PASSTHROUGH, SIMPLE, MUTUAL, AUTO_PASSTHROUGH, ISTIO_MUTUAL, OPTIONAL_MUTUAL. Write 'SIMPLE', if that is what you mean.`,
    ],
    [
      "a choice that is not one",
      "ServiceEntry",
      entry("location: outside"),
      'spec.location: "outside" must be one of MESH_EXTERNAL, MESH_INTERNAL. Choose one of these.',
    ],
    [
      "a part of a choice",
      "ServiceEntry",
      entry("location: external"),
      `spec.location: "external" must be one of MESH_EXTERNAL, MESH_INTERNAL. Write 'MESH_EXTERNAL', if that is what you mean.`,
    ],
    [
      "labels in a selector without matchLabels",
      "AuthorizationPolicy",
      "{selector: {app: httpbin}}",
      "spec.selector.app: is not a known field here. Move it into spec.selector.matchLabels.",
    ],
    [
      "matchLabels in a selector that has the labels itself",
      "Gateway",
      "{selector: {matchLabels: {istio: ingressgateway}}}",
      'spec.selector.matchLabels: {"istio":"ingressgateway"} must be text. Move its fields to spec.selector.',
    ],
    [
      "matchLabels for labels",
      "Sidecar",
      "{workloadSelector: {matchLabels: {app: a}}}",
      "spec.workloadSelector.matchLabels: is not a known field. Write 'labels', if that is what you mean.",
    ],
    [
      "text of control characters, shown escaped",
      "ServiceEntry",
      String.raw`{hosts: "a\u202E\u0007b"}`,
      String.raw`spec.hosts: "a\u{202e}\u0007b" must be a list. Write it as a list: ["a\u{202e}\u0007b"].`,
    ],
    [
      "a duration without a unit",
      "VirtualService",
      routes('{timeout: "5"}'),
      `spec.http[0].timeout: "5" must be a valid duration greater than 1ms. ${DURATION}`,
    ],
    [
      "a duration as a number",
      "VirtualService",
      routes("{timeout: 5}"),
      "spec.http[0].timeout: 5 must be text. Add the unit: 5s.",
    ],
    [
      "a duration in days",
      "DestinationRule",
      "{host: a, trafficPolicy: {outlierDetection: {interval: 1d}}}",
      `spec.trafficPolicy.outlierDetection.interval: "1d" must be a valid duration greater than 1ms. ${DURATION}`,
    ],
    [
      "ports of one name",
      "ServiceEntry",
      "{hosts: [a], ports: [{number: 80, name: http}, {number: 81, name: http}]}",
      'spec.ports[1].name: "http" is a duplicate in its list. Choose another, or remove the entry.',
    ],
    [
      "ports of one number",
      "ServiceEntry",
      "{hosts: [a], ports: [{number: 80, name: http}, {number: 80, name: web}]}",
      "spec.ports: is refused by the CRD: port number cannot be duplicated. Correct it.",
    ],
    [
      "the wildcard as a host",
      "ServiceEntry",
      '{hosts: ["*"]}',
      'spec.hosts[0]: "*" is refused by the CRD: hostname cannot be wildcard. Correct it.',
    ],
    [
      "no host",
      "ServiceEntry",
      "{hosts: []}",
      "spec.hosts: must have at least one entry. Add one, or remove the field.",
    ],
    [
      "endpoints with a selector",
      "ServiceEntry",
      entry("resolution: STATIC, workloadSelector: {labels: {a: b}}, endpoints: [{address: 1.1.1.1}]"),
      "spec: is refused by the CRD: only one of WorkloadSelector or Endpoints can be set. Keep one of them.",
    ],
    [
      "a range of addresses with DNS",
      "ServiceEntry",
      entry("resolution: DNS, addresses: [10.0.0.0/8]"),
      "spec: is refused by the CRD: CIDR addresses are allowed only for NONE/STATIC resolution types. Correct it.",
    ],
    [
      "an endpoint without an address, once",
      "ServiceEntry",
      entry("resolution: STATIC, endpoints: [{adress: 1.1.1.1}]"),
      "spec.endpoints[0].adress: is not a known field. Write 'address', if that is what you mean.",
    ],
    [
      "the credential twice",
      "Gateway",
      server(", tls: {mode: SIMPLE, credentialName: a, credentialNames: [a, b]}"),
      "spec.servers[0].tls: is refused by the CRD: only one of credentialName or credentialNames can be set. Keep one of them.",
    ],
    [
      "a port's mode without a selector",
      "PeerAuthentication",
      "{portLevelMtls: {8080: {mode: DISABLE}}}",
      "spec: is refused by the CRD: portLevelMtls requires selector. Correct it.",
    ],
    [
      "a mode for all of a map",
      "PeerAuthentication",
      "{mtls: STRICT}",
      'spec.mtls: "STRICT" must be a map. Write {mode: "STRICT"}.',
    ],
    [
      "a URL without a scheme",
      "RequestAuthentication",
      "{jwtRules: [{issuer: a, jwksUri: example.com/keys}]}",
      'spec.jwtRules[0].jwksUri: "example.com/keys" is refused by the CRD: url must have scheme http:// or https://. Write such a URL.',
    ],
    [
      "a method as text",
      "AuthorizationPolicy",
      "{rules: [{to: [{operation: {methods: GET}}]}]}",
      'spec.rules[0].to[0].operation.methods: "GET" must be a list. Write it as a list: ["GET"].',
    ],
    [
      "an action in small letters",
      "AuthorizationPolicy",
      "{action: allow}",
      `spec.action: "allow" must be one of ALLOW, DENY, AUDIT, CUSTOM. Write 'ALLOW', if that is what you mean.`,
    ],
  ] as const) {
    it(`refuse ${what}`, () => {
      assert.deepEqual(specFaults(kind, spec), expected);
    });
  }
});

describe("Fields of all objects", () => {
  for (const [what, yaml, ...expected] of [
    [
      "a spec without its indentation",
      "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, hosts: [a]}",
      "hosts: is not a known field here. Move it into spec.",
    ],
    [
      "metadata within the spec",
      "{apiVersion: networking.istio.io/v1, kind: VirtualService, spec: {metadata: {name: a}}}",
      "spec.metadata: is not a known field here. Move it to metadata.",
    ],
    [
      "misspelled labels",
      "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, lables: {a: b}}}",
      "metadata.lables: is not a known field. Write 'labels', if that is what you mean.",
    ],
    [
      "an object without a name",
      "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {namespace: a}}",
      "metadata.name: is missing. Add it: text.",
    ],
    [
      "an object without a kind",
      "{apiVersion: networking.istio.io/v1}",
      "kind: is missing. Write it, such as VirtualService.",
    ],
    [
      "an object without an API version",
      "{kind: VirtualService}",
      "apiVersion: is missing. Write it, such as networking.istio.io/v1.",
    ],
    ["text", "hello", '"hello" must be a map. Write a Kubernetes object.'],
  ] as const) {
    it(`refuse ${what}`, () => {
      assert.deepEqual(faultsOf(yaml), expected);
    });
  }
});

describe("API versions", () => {
  const gatewayApi = [
    { kind: "HTTPRoute", group: "gateway.networking.k8s.io", versions: ["v1", "v1beta1"] },
    { kind: "Gateway", group: "gateway.networking.k8s.io", versions: ["v1"] },
    { kind: "TLSRoute", group: "gateway.networking.k8s.io", versions: ["v1alpha2"] },
  ].map(({ kind, group, versions }): Crd => {
    const schema: StructuralSchema = { type: "object", properties: { spec: { type: "object" } } };
    return {
      kind,
      group,
      plural: kind.toLowerCase(),
      isNamespaced: true,
      versions: versions.map((name) => ({ name, schema })),
    };
  });
  const both = compileCrds([...istioCrds, ...gatewayApi]);

  for (const [apiVersion, kind, expected] of [
    ["networking.istio.io/v1alpha3", "VirtualService", "networking.istio.io/v1"],
    ["networking.istio.io/v1beta1", "VirtualService", "networking.istio.io/v1"],
    ["security.istio.io/v1beta1", "PeerAuthentication", "security.istio.io/v1"],
    ["telemetry.istio.io/v1alpha1", "Telemetry", "telemetry.istio.io/v1"],
    ["networking.istio.io/v1beta1", "ProxyConfig", "networking.istio.io/v1beta1"],
    ["networking.istio.io/v1", "EnvoyFilter", "networking.istio.io/v1alpha3"],
    ["gateway.networking.k8s.io/v1beta1", "HTTPRoute", "gateway.networking.k8s.io/v1beta1"],
    ["networking.istio.io/v2", "VirtualService", undefined],
    ["v1", "Service", undefined],
  ] as const) {
    it(`write ${kind} of ${apiVersion} in ${expected ?? "no version"}`, () => {
      assert.equal(both.currentApiVersion(apiVersion, kind), expected);
    });
  }

  for (const [apiVersion, kind, expected] of [
    [
      "networking.istio/v1alpha3",
      "VirtualService",
      `apiVersion: "networking.istio/v1alpha3" is not an API version of kind VirtualService. Write 'networking.istio.io/v1'.`,
    ],
    [
      "networking.istio.io/v1",
      "AuthorizationPolicy",
      `apiVersion: "networking.istio.io/v1" is not an API version of kind AuthorizationPolicy. Write 'security.istio.io/v1'.`,
    ],
    [
      "v1",
      "Gateway",
      `apiVersion: "v1" is not an API version of kind Gateway. Write 'networking.istio.io/v1' or 'gateway.networking.k8s.io/v1'.`,
    ],
    [
      "networking.istio.io/v2",
      "Sidecar",
      `apiVersion: "networking.istio.io/v2" is not a version of Sidecar that the API server serves. Write 'networking.istio.io/v1'.`,
    ],
    [
      "gateway.networking.k8s.io/v1",
      "TLSRoute",
      `apiVersion: "gateway.networking.k8s.io/v1" is not a version of TLSRoute that the API server serves. Write 'gateway.networking.k8s.io/v1alpha2'.`,
    ],
    [
      "networking.istio.io/v1",
      "VirtualServices",
      `kind: "VirtualServices" is not a kind of networking.istio.io. Write 'VirtualService', if that is what you mean.`,
    ],
    [
      "networking.istio.io/v1",
      "virtualservice",
      `kind: "virtualservice" is not a kind of networking.istio.io. Write 'VirtualService', if that is what you mean.`,
    ],
    [
      "networking.istio/v1",
      "VirtalService",
      `apiVersion: "networking.istio/v1" is not a known API version. Write 'networking.istio.io', if that is what you mean.`,
    ],
  ] as const) {
    it(`refuse ${kind} of ${apiVersion}`, () => {
      assert.deepEqual(both.check({ apiVersion, kind, metadata: { name: "a" } }).map(describeFault), [
        expected,
      ]);
    });
  }

  it("refuse the Gateway API where its CRDs are not installed", () => {
    const object = { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", metadata: { name: "a" } };
    assert.deepEqual(schemas.check(object).map(describeFault), [
      'apiVersion: "gateway.networking.k8s.io/v1" is the Gateway API, whose CRDs are not in the cluster. Install these CRDs, or remove the object.',
    ]);
  });
});

describe("Schemas of other CRDs", () => {
  /** Formats the faults of a spec by a schema of its own. */
  function faultsBy(schema: StructuralSchema, spec: unknown): string[] {
    const crd = toCrd({
      spec: {
        group: "example.com",
        names: { kind: "Example", plural: "examples" },
        scope: "Cluster",
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { properties: { spec: schema } } },
          },
        ],
      },
    });
    const object = { apiVersion: "example.com/v1", kind: "Example", metadata: { name: "a" }, spec };
    return compileCrds([crd]).check(object).map(describeFault);
  }

  const intOrString: StructuralSchema = {
    anyOf: [{ type: "integer" }, { type: "string" }],
    "x-kubernetes-int-or-string": true,
  };
  const rule = (text: string, more = {}) => [{ rule: text, message: "is wrong", ...more }];

  for (const [what, schema, spec, ...expected] of [
    ["a number or text", intOrString, 80],
    ["text or a number", intOrString, "http"],
    [
      "neither number nor text",
      intOrString,
      true,
      "spec: true must be a whole number or text. Write a whole number or text here.",
    ],
    ["null where it is allowed", { type: "string", nullable: true, enum: ["a"] }, null],
    ["any field", { type: "object", "x-kubernetes-preserve-unknown-fields": true }, { a: { b: 1 } }],
    ["any field of a map", { type: "object", additionalProperties: true }, { a: { b: 1 } }],
    ["a map's field", { type: "object" }, { a: 1 }, "spec.a: is not a known field. Remove it."],
    [
      "defaults before rules",
      {
        type: "object",
        properties: { mode: { type: "string", default: "A" } },
        "x-kubernetes-validations": rule("self.mode == 'A'"),
      },
      {},
    ],
    [
      "a default in the place of null",
      {
        type: "object",
        properties: { mode: { type: "string", default: "A" } },
        "x-kubernetes-validations": rule("self.mode == 'A'"),
      },
      { mode: null },
    ],
    [
      "a message that is an expression",
      {
        type: "string",
        "x-kubernetes-validations": rule("self == 'a'", { messageExpression: "'must be a, and is ' + self" }),
      },
      "b",
      'spec: "b" must be a, and is b. Correct it.',
    ],
    [
      "a message that is an expression and has several lines",
      {
        type: "string",
        "x-kubernetes-validations": rule("self == 'a'", { messageExpression: "'must be a, and is ' + self" }),
      },
      "b\n",
      'spec: "b\\n" is refused by the CRD: is wrong. Correct it.',
    ],
    [
      "a rule about the stored object",
      { type: "string", "x-kubernetes-validations": rule("self == oldSelf") },
      "b",
    ],
    [
      "a rule with an unknown function",
      { type: "string", "x-kubernetes-validations": rule("isSemver(self)") },
      "b",
    ],
    ["a rule that no evaluator reads", { type: "string", "x-kubernetes-validations": rule("self ..") }, "b"],
    [
      "a rule about a reserved word",
      {
        type: "object",
        properties: { namespace: { type: "string" } },
        "x-kubernetes-validations": rule("self.__namespace__ == 'a'"),
      },
      { namespace: "b" },
      "spec: is refused by the CRD: is wrong. Correct it.",
    ],
    [
      "whole numbers of type number",
      { type: "number", "x-kubernetes-validations": rule("self / 2.0 == 1.5") },
      3,
    ],
    [
      "alternatives without their own faults",
      {
        type: "object",
        properties: { a: { type: "integer" } },
        anyOf: [{ properties: { a: { minimum: 5 } } }],
      },
      { a: 1 },
      "spec: fits none of the alternatives that its CRD allows, or several. Correct it.",
    ],
    ["a pattern of Go's own syntax", { type: "string", pattern: "(?i)^[[:alpha:]]+$" }, "1"],
    [
      "a pattern",
      { type: "string", pattern: "^[a-z]+$" },
      "A",
      'spec: "A" must match the regular expression ^[a-z]+$. Correct the text.',
    ],
    ["base64", { type: "string", format: "byte" }, "a", 'spec: "a" must be base64. Correct it.'],
    [
      "a date",
      { type: "string", format: "date-time" },
      "2026-13-01T08:00:00Z",
      'spec: "2026-13-01T08:00:00Z" must be a time such as 2026-12-01T08:00:00Z. Correct it.',
    ],
    [
      "an exclusive bound",
      { type: "integer", minimum: 0, exclusiveMinimum: true },
      0,
      "spec: 0 must be more than 0. Choose such a number.",
    ],
    [
      "a set",
      { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
      ["a", "a"],
      "spec: has an entry twice. Remove one of them.",
    ],
  ] satisfies [string, StructuralSchema, unknown, ...string[]][]) {
    it(`read ${what}`, () => {
      assert.deepEqual(faultsBy(schema, spec), expected);
    });
  }
});

describe("Checks of any object", () => {
  const kinds = istioCrds.map(({ group, kind, versions }) => ({
    apiVersion: `${group}/${versions[0]!.name}`,
    kind,
  }));
  const specs = parseAllDocuments(readFileSync(new URL("validObjects.yaml", import.meta.url), "utf8")).map(
    (document) => document.toJS() as Record<string, unknown>,
  );

  it("end with a bounded number of short faults for any JSON", () => {
    const values = fc.jsonValue({ maxDepth: 6 });
    const objects = fc.tuple(fc.constantFrom(...kinds), values, values);
    fc.assert(
      fc.property(objects, ([type, metadata, spec]) => {
        const faults = schemas.check({ ...type, metadata, spec });
        assert.ok(faults.length <= 11);
        assert.ok(faults.every((fault) => describeFault(fault).length < 2_000));
      }),
    );
  });

  it("find a fault where any value of a valid object is replaced by one of another type, and only there", () => {
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.nat(), (object, seed) => {
        const places = scalarPlaces(object["spec"]);
        const place = places[seed % Math.max(places.length, 1)];
        if (place === undefined) return;
        const path = ["spec", ...place];
        const faults = schemas.check(replaced(object, path, [{ unknown: [] }]));
        assert.equal(faults.length, 1, faults.map(describeFault).join("\n"));
      }),
    );
  });

  for (const [what, spec] of [
    ["deep", JSON.parse('{"a":'.repeat(5_000) + "1" + "}".repeat(5_000)) as unknown],
    ["deep in a known field", { hosts: JSON.parse("[".repeat(5_000) + "]".repeat(5_000)) as unknown }],
    ["long", { hosts: Array.from({ length: 15_000 }, () => 1) }],
    ["wide", Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`field${index}`, 1]))],
    ["large", { hosts: ["a".repeat(20_000_000)] }],
  ] as const) {
    it(`report few faults of a ${what} object`, () => {
      const faults = schemas.check({
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: "a" },
        spec,
      });
      assert.ok(faults.length > 0 && faults.length <= 11, String(faults.length));
      assert.ok(faults.every((fault) => describeFault(fault).length < 2_000));
    });
  }
});

/** Paths of the texts and numbers within a value. */
function scalarPlaces(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return value === null ? [] : [[]];
  return Object.entries(value).flatMap(([key, inner]) => scalarPlaces(inner).map((path) => [key, ...path]));
}

/** Copies a value, with another one at a path. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}
