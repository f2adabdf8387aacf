import assert from "node:assert/strict";
import {
  type ClusterFailure,
  type HttpResponse,
  TimeoutError,
  connectionFailure,
  responseFailure,
} from "../../kubernetes/errors.ts";

/** A response of the API server (1.36). */
function says(status: number, message: string, more: object = {}): HttpResponse {
  const text = JSON.stringify({ kind: "Status", status: "Failure", message, code: status, ...more });
  return { status, headers: { "audit-id": "a", "content-type": "application/json" }, text };
}

const plain = (status: number, text: string, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  text,
});

const LASTING = { general: true };
const RETRYABLE = { general: true, retryable: true };

/** Response, expected cause and remedy, expected failure. */
const CASES: [string, HttpResponse, RegExp, Partial<ClusterFailure>][] = [
  [
    "rejected credentials",
    says(401, "Unauthorized", { reason: "Unauthorized" }),
    /^401 Unauthorized: .* may have expired; Log in again/,
    { ...LASTING, status: 401 },
  ],
  [
    "a missing RBAC rule, with the authorizer's reason",
    says(
      403,
      'serviceentries.networking.istio.io "s" is forbidden: User "ci" cannot patch resource "serviceentries" in API ' +
        'group "networking.istio.io" in the namespace "n": requires one of ["x.update"] permission(s).',
    ),
    /^403 Forbidden: User "ci" cannot patch resource "serviceentries" in API group "networking\.istio\.io" in the namespace "n": requires .*; Let a Role/,
    LASTING,
  ],
  [
    "a request without credentials",
    says(403, 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group ""'),
    /^403 Forbidden: User "system:anonymous" .*; The request came without credentials/,
    LASTING,
  ],
  [
    "a policy that forbids one object",
    says(403, 'admission webhook "policy" denied the request: no', { reason: "Forbidden" }),
    /^403 Forbidden: admission webhook "policy" denied the request: no; It answers and refuses the object/,
    {},
  ],
  [
    "a Service without a free cluster IP",
    says(500, "Internal error occurred: failed to allocate a serviceIP: range is full", {
      reason: "InternalError",
    }),
    /^the cluster has no address left for a Service \(.*range is full\); Give the cluster a further range \(ServiceCIDR\)/,
    { status: 500 },
  ],
  [
    "a namespace that is being deleted",
    says(403, "unable to create new content in namespace n because it is being terminated", {
      details: { causes: [{ reason: "NamespaceTerminating" }] },
    }),
    /^its namespace is being deleted; Wait until it is deleted/,
    LASTING,
  ],
  [
    "a missing namespace",
    says(404, 'namespaces "n" not found', { reason: "NotFound", details: { kind: "namespaces", name: "n" } }),
    /^namespaces "n" not found; If this stack made it/,
    { ...LASTING, missing: "namespace" },
  ],
  [
    "a missing object",
    says(404, 'serviceentries "s" not found', { reason: "NotFound", details: { kind: "serviceentries" } }),
    /^404 NotFound: serviceentries "s" not found; -$/,
    { status: 404 },
  ],
  [
    "a kind whose CRD is not installed",
    plain(404, "404 page not found\n", { "audit-id": "a" }),
    /^404: the cluster does not know this kind.*; Istio's CRDs come with its chart `base`/,
    { ...LASTING, missing: "kind", status: 404 },
  ],
  [
    "a 404 from a proxy",
    plain(404, "404 page not found\n"),
    /^404, from a proxy in front of the API server/,
    { ...RETRYABLE, unreachable: true },
  ],
  [
    "a full etcd",
    says(500, "etcdserver: mvcc: database space exceeded"),
    /^etcd accepts no writes, as its database is full .*; Make room in etcd/,
    LASTING,
  ],
  [
    "istiod's webhook that does not answer",
    says(500, 'Internal error occurred: failed calling webhook "rev.validation.istio.io": dial tcp: refused'),
    /^istiod's admission webhook "rev\.validation\.istio\.io" does not answer the API server: dial tcp: refused; See why istiod is not ready/,
    RETRYABLE,
  ],
  [
    "another webhook that does not answer",
    says(500, 'Internal error occurred: failed calling webhook "policy.example.com": EOF'),
    /^the admission webhook "policy\.example\.com" has no Pod that answers: EOF; See why it is not ready/,
    RETRYABLE,
  ],
  ...(
    [
      [
        'Post "https://istiod.istio-system.svc:443/validate?timeout=10s": context deadline exceeded',
        /cannot be reached by the API server in time: .*; If istiod is ready, .*TCP port 15017/,
      ],
      ['Post "https://istiod.istio-system.svc:443": dial tcp 10.0.0.1:15017: i/o timeout', /TCP port 15017/],
      [
        'Post "https://istiod.istio-system.svc:443": dial tcp 10.0.0.1:15017: connect: no route to host',
        /TCP port 15017/,
      ],
      ['Post "https://istiod.istio-system.svc:443": Address is not allowed', /TCP port 15017/],
      [
        "proxy error from 127.0.0.1:9345 while dialing 10.42.0.5:15017, code 502: 502 Bad Gateway",
        /TCP port 15017/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": service "istiod" not found',
        /Service that does not exist.*; Delete the webhook configuration/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": no service port 443 found for service "istiod"',
        /none of its ports/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": no endpoints available for service "istiod"',
        /no Pod that answers.*; See why istiod is not ready/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": dial tcp 10.0.0.1:443: connect: connection refused',
        /See why istiod is not ready/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        /does not trust.*; Restart istiod/,
      ],
      [
        'Post "https://istiod.istio-system.svc:443": x509: certificate has expired or is not yet valid',
        /does not trust.*; Restart istiod/,
      ],
    ] as const
  ).map(([why, expected]): (typeof CASES)[number] => [
    `istiod's webhook: ${why}`,
    says(
      500,
      `Internal error occurred: failed calling webhook "rev.validation.istio.io": failed to call webhook: ${why}`,
    ),
    expected,
    RETRYABLE,
  ]),
  [
    "an object that istiod refuses",
    says(400, 'admission webhook "rev.validation.istio.io" denied the request: configuration is invalid: x'),
    /^400: admission webhook .* configuration is invalid: x; istiod is there and finds the object wrong/,
    {},
  ],
  [
    "an API server that is too busy",
    says(429, "Too many requests", { reason: "TooManyRequests" }),
    /^429 TooManyRequests: Too many requests; -$/,
    RETRYABLE,
  ],
  [
    "an API server with an internal error",
    says(500, "etcdserver: no leader"),
    /^500: etcdserver: no leader; -$/,
    { ...RETRYABLE, unreachable: true },
  ],
  [
    "a load balancer without an API server",
    plain(503, "<html>"),
    /^503; -$/,
    { ...RETRYABLE, unreachable: true },
  ],
  [
    "an invalid object",
    says(422, "spec.ports: Invalid value", { reason: "Invalid" }),
    /^422 Invalid: spec\.ports: Invalid value; -$/,
    { status: 422 },
  ],
];

describe("responseFailure explains", () => {
  for (const [what, answer, text, expected] of CASES) {
    it(what, () => {
      const { cause, remedy = "-", ...known } = responseFailure("apply it", answer);
      assert.match(`${cause}; ${remedy}`, text);
      for (const field of ["general", "retryable", "unreachable", "missing"] as const) {
        assert.equal(known[field], expected[field], field);
      }
      if (expected.status !== undefined) assert.equal(known.status, expected.status);
    });
  }

  it("Retry-After", () => {
    const answer = { ...says(429, "later"), headers: { "retry-after": "2" } };
    assert.equal(responseFailure("apply it", answer).retryAfter, 2000);
  });

  it("a long message in bounded length", () => {
    assert.ok(responseFailure("apply it", says(422, "x".repeat(100_000))).cause.length < 1000);
  });
});

describe("connectionFailure explains", () => {
  const fail = (error: unknown, refusal?: string) =>
    connectionFailure("list pods", "10.0.0.1:6443", 4000, error, refusal);
  const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

  for (const [what, error, cause, flags] of [
    ["a deadline", new TimeoutError(), "no answer within 4 s", { unreachable: true, timedOut: true }],
    [
      "a connection that nobody takes",
      new Error("failed", { cause: coded("UND_ERR_CONNECT_TIMEOUT", "Connect Timeout Error") }),
      "Connect Timeout Error",
      { unreachable: true, timedOut: true },
    ],
    [
      "a closed port, behind undici's errors",
      new AggregateError([coded("ECONNREFUSED", "connect ECONNREFUSED")]),
      "connect ECONNREFUSED",
      { unreachable: true, timedOut: false },
    ],
    [
      "a name that is not known",
      coded("ENOTFOUND", "getaddrinfo ENOTFOUND a"),
      "getaddrinfo ENOTFOUND a",
      { unreachable: true },
    ],
    ["another root", coded("SELF_SIGNED_CERT_IN_CHAIN", "self-signed"), "self-signed", { untrusted: true }],
    ["another name", coded("ERR_TLS_CERT_ALTNAME_INVALID", "no match"), "no match", { untrusted: true }],
    ["an end of validity", coded("CERT_HAS_EXPIRED", "expired"), "expired", { untrusted: true }],
    ["a revoked certificate", coded("CERT_REVOKED", "revoked"), "revoked", { untrusted: true }],
    ["a certificate for something else", coded("INVALID_PURPOSE", "purpose"), "purpose", { untrusted: true }],
    ["a server without TLS", coded("ERR_SSL_WRONG_VERSION_NUMBER", "wrong"), "wrong", { untrusted: true }],
    [
      "an issuer that is not there, without Node's hint",
      coded(
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "unable; if the root CA is installed locally, try --use-system-ca",
      ),
      "unable",
      { untrusted: true },
    ],
  ] as const) {
    it(what, () => {
      const failure = fail(error);
      assert.equal(failure.cause, `10.0.0.1:6443: ${cause}`);
      for (const flag of ["unreachable", "timedOut", "untrusted"] as const) {
        assert.equal(failure[flag] ?? false, (flags as Partial<ClusterFailure>)[flag] ?? false, flag);
      }
      assert.equal(failure.retryable ?? false, failure.untrusted !== true);
    });
  }

  it("an API server that refuses the client certificate, with its end", () => {
    const alert = coded("ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "alert certificate expired");
    const { cause, untrusted } = fail(
      alert,
      'client-certificate of user "a" expired on 2026-01-01T00:00:00Z',
    );
    assert.equal(untrusted, true);
    assert.match(cause, /alert certificate expired; client-certificate of user "a" expired on 2026/);
  });
});
