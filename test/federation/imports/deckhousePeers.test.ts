import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { DeckhouseDocuments } from "../../../federation/deckhouse/contract.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import {
  IDENTITY_A,
  KEY_B,
  UUID_A,
  UUID_B,
  UUID_C,
  federationDocumentOf,
  makeKey,
  publicDocumentOf,
} from "../deckhouse/deckhouseSamples.ts";
import { withoutUndefined } from "../../../federation/core/order.ts";
import { viewPeers } from "../planContext.ts";
import {
  BAR,
  KUBECONFIG,
  LOCAL_CLUSTER,
  ROOT_B,
  ROOT_C,
  barImport,
  configFaults,
  contractC,
  contractOf,
  validConfig,
} from "../samples.ts";

const ENDPOINT = "https://istio.b.example/metadata";
const ANY = { subjectAltNames: "spiffe://cluster-b.local/ns/{namespace}/sa/{name}" };
const PEER_B = {
  deckhouse: { metadataEndpoint: `${ENDPOINT}/`, identities: [ANY] },
  identity: { trustDomain: "cluster-b.local" },
};
const configOf = (peers: object) =>
  validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers }, "cluster-a");
const config = configOf({ "cluster-b": PEER_B });

const documentsOf = (publicly: object = {}, privately: object = {}): DeckhouseDocuments => ({
  publicDocument: publicDocumentOf(publicly),
  federationDocument: { value: federationDocumentOf(privately) },
});
const pinned = {
  "cluster-b": {
    cluster: "cluster-b",
    clusterDomain: "cluster-b.local",
    domains: [],
    trustDomain: "cluster-b.local",
    rootCertificates: [ROOT_B],
    deckhouse: { clusterUUID: UUID_B, authnKeyPub: KEY_B.publicKey },
  },
};
const known: Partial<LastRun> = {
  pinned,
  deckhouse: IDENTITY_A,
  statuses: { "cluster-b": { state: "ready", reason: "", since: "", imported: 3 } },
};

const viewB = (documents: DeckhouseDocuments, last: Partial<LastRun> = {}, settings = config) => {
  const { peers, ...log } = viewPeers(settings, { "cluster-b": { deckhouse: documents } }, last);
  const view = peers["cluster-b"];
  return { view, pin: view?.pinned && withoutUndefined(view.pinned), ...log };
};

describe("A Deckhouse cluster as a peer", () => {
  it("is ready, pinned at first sight, with one warning of what it means that nothing is signed", () => {
    const { view, pin, warnings, notes, errors } = viewB(documentsOf());
    assert.equal(view?.state, "ready");
    assert.deepEqual(view.services, { [BAR]: barImport });
    assert.deepEqual(view.gateways, [{ address: "203.0.113.20", port: 15443 }]);
    assert.deepEqual(pin, pinned["cluster-b"]);
    assert.match(
      warnings.join("\n"),
      /^Peer cluster-b is a Deckhouse cluster, whose documents are not signed: .*$/,
    );
    assert.match(notes.join("\n"), new RegExp(`peer cluster-b is pinned: UUID ${UUID_B} and key SHA-256 `));
    assert.deepEqual(errors, []);
    const again = viewB(documentsOf(), known);
    assert.deepEqual([again.warnings, again.notes], [[], []]);
  });

  it("has a cluster domain of its own where the config names one", () => {
    const identity = { trustDomain: "b.example", clusterDomain: "cluster-b.local", cluster: "tokyo" };
    const identities = [{ subjectAltNames: "spiffe://b.example/ns/{namespace}/sa/{name}" }];
    const settings = configOf({
      "cluster-b": { deckhouse: { metadataEndpoint: ENDPOINT, identities }, identity },
    });
    const { view } = viewB(documentsOf(), {}, settings);
    assert.deepEqual(Object.keys(view?.services ?? {}), [BAR]);
    assert.equal(view?.pinned?.trustDomain, "b.example");
    assert.equal(view.pinned.cluster, "tokyo");
  });

  for (const [title, documents, reason] of [
    ["without gateways", documentsOf({}, { ingressGateways: [] }), /east-west gateway has no address yet/],
    ["with null gateways", documentsOf({}, { ingressGateways: null }), /has no list ingressGateways/],
    [
      "without the field of the gateways",
      documentsOf({}, { ingressGateways: undefined }),
      /has no list ingressGateways/,
    ],
    ["with null services", documentsOf({}, { publicServices: null }), /has no list publicServices/],
    [
      "with null in both",
      documentsOf({}, { ingressGateways: null, publicServices: null }),
      /has no list ingressGateways and no list publicServices/,
    ],
    [
      "that does not take our token",
      { publicDocument: publicDocumentOf(), federationDocument: { pending: "it answers 401" } },
      /it answers 401/,
    ],
  ] satisfies [string, DeckhouseDocuments, RegExp][])
    it(`is pending ${title}; its imports stay, and it is pinned for its own requests`, () => {
      const { view, pin, warnings, errors } = viewB(documents, known);
      assert.equal(view?.state, "pending");
      assert.match(view.reason, reason);
      assert.match(warnings.join("\n"), /Imports from it are kept \(3 service\(s\)\)/);
      assert.deepEqual(errors, []);
      assert.deepEqual(pin, pinned["cluster-b"]);
      assert.deepEqual(viewB(documents).pin, pin);
    });

  it("has no warnings of its import rules while its services are not known", () => {
    const settings = configOf({ "cluster-b": { ...PEER_B, imports: [{ service: "bar" }] } });
    const documents = { ...documentsOf(), federationDocument: { pending: "it answers 401" } };
    assert.equal(viewB(documents, known, settings).warnings.length, 1);
    assert.deepEqual(viewB(documentsOf(), known, settings).warnings, []);
  });

  const otherKey = makeKey().publicKey;
  for (const [title, publicly, found] of [
    ["UUID", { clusterUUID: UUID_C }, [/deckhouse\.clusterUUID' cccc/]],
    ["key", { authnKeyPub: otherKey }, [/deckhouse\.authnKey' [0-9A-F]{2}:/]],
    ["root", { rootCA: ROOT_C }, [/identity\.roots\[0\]' [0-9A-F]{2}:/]],
    [
      "UUID, key and root at once, as of a rebuilt cluster",
      { clusterUUID: UUID_C, authnKeyPub: otherKey, rootCA: ROOT_C },
      [/deckhouse\.clusterUUID'/, /deckhouse\.authnKey'/, /identity\.roots\[0\]'/],
    ],
  ] satisfies [string, object, RegExp[]][])
    for (const federation of [{ value: federationDocumentOf() }, { pending: "it answers 401" }])
      it(`is refused with another ${title}, alone, and names the commands (${Object.keys(federation).join()})`, () => {
        const documents = { publicDocument: publicDocumentOf(publicly), federationDocument: federation };
        const { view, errors } = viewB(documents, known);
        assert.equal(view?.state, "refused");
        assert.deepEqual(view.pinned, pinned["cluster-b"]);
        assert.equal(errors.length, 1);
        assert.match(errors.join(), /Imports from it are kept/);
        for (const command of found) assert.match(errors.join(), command);
      });

  it("is ready again with another UUID, key and root that the config accepts", () => {
    const documents = documentsOf({ clusterUUID: UUID_C, authnKeyPub: otherKey, rootCA: ROOT_C });
    const commands = viewB(documents, known)
      .errors.join()
      .matchAll(/istio-federation:peers\.cluster-b\.([^']*)' (\S+)`/g);
    const values = Object.fromEntries([...commands].map(([, path = "", value = ""]) => [path, value]));
    const settings = configOf({
      "cluster-b": {
        deckhouse: {
          ...PEER_B.deckhouse,
          clusterUUID: values["deckhouse.clusterUUID"],
          authnKey: values["deckhouse.authnKey"],
        },
        identity: { ...PEER_B.identity, roots: [values["identity.roots[0]"]] },
      },
    });
    const { view, errors } = viewB(documents, known, settings);
    assert.deepEqual(errors, []);
    assert.equal(view?.state, "ready");
    assert.deepEqual(view.pinned?.deckhouse, { clusterUUID: UUID_C, authnKeyPub: otherKey });
  });

  it("stops the run when it is required", () => {
    const settings = configOf({ "cluster-b": { ...PEER_B, required: true } });
    assert.throws(() => viewB(documentsOf({ rootCA: ROOT_C }), known, settings), FaultsError);
  });

  for (const [title, documents, path] of [
    [
      "a public document that is no map",
      { publicDocument: "x", federationDocument: { pending: "" } },
      "contract",
    ],
    ["a public document without a root", documentsOf({ rootCA: "" }), "contract.rootCA"],
    ["gateways that are no list", documentsOf({}, { ingressGateways: "x" }), "contract.ingressGateways"],
    ["services that are a map", documentsOf({}, { publicServices: {} }), "contract.publicServices"],
    [
      "a private document that is no map",
      { publicDocument: publicDocumentOf(), federationDocument: { value: [] } },
      "contract",
    ],
  ] satisfies [string, DeckhouseDocuments, string][])
    it(`is refused with ${title}`, () => {
      const { view, errors } = viewB(documents, known);
      assert.equal(view?.state, "refused");
      assert.ok(view.reason.startsWith(`peers.cluster-b.${path}: `), view.reason);
      assert.equal(errors.length, 1);
    });

  it("loses its services with an empty list, under the brake of the provider", () => {
    const { view } = viewB(documentsOf({}, { publicServices: [] }), known);
    assert.equal(view?.state, "ready");
    assert.deepEqual(view.services, {});
  });

  it("keeps its services while none of those it offers can be imported", () => {
    const services = [{ hostname: "bar.xyz.svc.cluster-c.local", ports: [{ name: "http", port: 80 }] }];
    const { view } = viewB(documentsOf({}, { publicServices: services }), known);
    assert.equal(view?.state, "pending");
    assert.match(view.reason, /offers this cluster nothing any more that can be imported/);
  });

  it("has a service without identities accepted as any workload of its trust domain, with a warning", () => {
    const settings = configOf({
      "cluster-b": {
        ...PEER_B,
        deckhouse: { metadataEndpoint: ENDPOINT, identities: [{ ...ANY, service: "bar" }] },
      },
    });
    const other = "web.xyz.svc.cluster-b.local";
    const hosts = [BAR, other].map((hostname) => ({ hostname, ports: [{ name: "http", port: 8080 }] }));
    const { view, warnings } = viewB(documentsOf({}, { publicServices: hosts }), known, settings);
    assert.deepEqual(view?.services[BAR], barImport);
    assert.deepEqual(view.services[other]?.subjectAltNames, [
      "spiffe://cluster-b.local/istio-federation/any-workload",
    ]);
    assert.match(
      warnings.join("\n"),
      /^Peer cluster-b .* has no rule for 1 of them \(web\.xyz[^ ]*\): callers here .*$/,
    );
  });

  it("uses the valid ones of its gateways", () => {
    const gateways = [
      { address: "lb.b.example", port: 15443 },
      { address: "127.0.0.1", port: 15443 },
      { address: "203.0.113.21" },
      null,
    ];
    const { view, warnings } = viewB(documentsOf({}, { ingressGateways: gateways }), known);
    assert.deepEqual(view?.gateways, [{ address: "lb.b.example", port: 15443 }]);
    assert.equal(warnings.filter((warning) => warning.startsWith("Skipped: ")).length, 3);
  });

  for (const [title, uuids, last, refused] of [
    ["that of this cluster", [UUID_A, UUID_C], { deckhouse: IDENTITY_A }, ["cluster-b"]],
    ["that of another new peer", [UUID_C, UUID_C], {}, ["cluster-b", "cluster-c"]],
    ["that of a pinned peer", [UUID_B, UUID_B], { pinned }, ["cluster-c"]],
  ] satisfies [string, string[], Partial<LastRun>, string[]][])
    it(`is refused with ${title} as its UUID`, () => {
      const peerC = {
        deckhouse: { metadataEndpoint: "https://istio.c.example/metadata" },
        identity: { trustDomain: "cluster-c.local" },
      };
      const readings = Object.fromEntries(
        ["cluster-b", "cluster-c"].map((peer, index) => [
          peer,
          {
            deckhouse: documentsOf(
              {
                clusterUUID: uuids[index],
                ...(index === 0 ? {} : { rootCA: ROOT_C, authnKeyPub: otherKey }),
              },
              index === 0 ? {} : { publicServices: [] },
            ),
          },
        ]),
      );
      const { peers } = viewPeers(configOf({ "cluster-b": PEER_B, "cluster-c": peerC }), readings, last);
      const found = Object.values(peers).filter(({ state }) => state === "refused");
      assert.deepEqual(
        found.map(({ peer }) => peer),
        refused,
      );
      assert.match(
        found.map(({ reason }) => reason).join(),
        /clusterUUID: .* is that of (this cluster|peer cluster-[bc]) too/,
      );
    });

  const SETTINGS_C = {
    deckhouse: { metadataEndpoint: "https://istio.c.example/metadata" },
    identity: { trustDomain: "cluster-c.local" },
  };
  const documentsC = (publicly: object) => ({
    deckhouse: documentsOf(
      { clusterUUID: UUID_C, authnKeyPub: otherKey, rootCA: ROOT_C, ...publicly },
      { publicServices: [] },
    ),
  });
  const pinnedB = { ...PEER_B.deckhouse, clusterUUID: UUID_B };
  for (const [title, settings, publicly, last, refused, rule] of [
    [
      "the key of a pinned peer, which would verify that one's tokens",
      { "cluster-b": PEER_B },
      { authnKeyPub: KEY_B.publicKey },
      { pinned },
      ["cluster-c"],
      /authnKeyPub: .* is that of peer cluster-b too/,
    ],
    [
      "the key of another new peer",
      { "cluster-b": PEER_B },
      { authnKeyPub: KEY_B.publicKey },
      {},
      ["cluster-b", "cluster-c"],
      /authnKeyPub: .* is that of peer cluster-[bc] too/,
    ],
    [
      "the UUID that the config names for another new peer",
      { "cluster-b": { ...PEER_B, deckhouse: pinnedB } },
      { clusterUUID: UUID_B },
      {},
      ["cluster-c"],
      /clusterUUID: .* is that of peer cluster-b too/,
    ],
  ] satisfies [string, object, object, Partial<LastRun>, string[], RegExp][])
    it(`is refused with ${title}`, () => {
      const { peers } = viewPeers(
        configOf({ ...settings, "cluster-c": SETTINGS_C }),
        { "cluster-b": { deckhouse: documentsOf() }, "cluster-c": documentsC(publicly) },
        last,
      );
      const found = Object.values(peers).filter(({ state }) => state === "refused");
      assert.deepEqual(
        found.map(({ peer }) => peer),
        refused,
      );
      for (const { reason } of found) assert.match(reason, rule);
    });

  it("may have another name in the config than in the last update", () => {
    const { peers, errors } = viewPeers(
      configOf({ oslo: PEER_B }),
      { oslo: { deckhouse: documentsOf() } },
      { pinned },
    );
    assert.deepEqual(errors, []);
    assert.equal(peers["oslo"]?.state, "ready");
  });

  it("keeps its UUID where the config names it for another peer too", () => {
    const { peers } = viewPeers(
      configOf({
        "cluster-b": PEER_B,
        "cluster-c": { ...SETTINGS_C, deckhouse: { ...SETTINGS_C.deckhouse, clusterUUID: UUID_B } },
      }),
      { "cluster-b": { deckhouse: documentsOf() }, "cluster-c": documentsC({}) },
      { pinned },
    );
    assert.deepEqual([peers["cluster-b"]?.state, peers["cluster-c"]?.state], ["ready", "refused"]);
  });

  it("cannot have the domain or the root of another peer", () => {
    const settings = configOf({ "cluster-b": PEER_B, "cluster-c": { stack: "cluster-c" } });
    const { peers } = viewPeers(settings, {
      "cluster-b": { deckhouse: documentsOf({ rootCA: ROOT_C }) },
      "cluster-c": { contract: contractC },
    });
    assert.match(peers["cluster-b"]?.reason ?? "", /root/i);
    assert.notEqual(peers["cluster-b"]?.state, "ready");
  });
});

describe("Hostile documents of a Deckhouse cluster", () => {
  const name = fc.oneof(fc.string(), fc.constantFrom("http", "udp", "tcp-80", "a".repeat(64)));
  const port = fc.record(
    { name: fc.option(name), port: fc.oneof(fc.integer(), fc.double(), fc.constant(80)) },
    { requiredKeys: [] },
  );
  const host = fc.oneof(
    fc.string(),
    fc.constantFrom(
      BAR,
      "bar.xyz.svc.cluster-a.local",
      "a.svc.cluster-b.local",
      "x.y.svc.cluster-b.local",
      "svc",
      "",
    ),
  );
  const service = fc.record({ hostname: host, ports: fc.option(fc.array(port)) });
  const gateway = fc.record({ address: fc.oneof(host, fc.ipV4(), fc.ipV6()), port: fc.integer() });
  const list = <T>(entry: fc.Arbitrary<T>) =>
    fc.oneof(fc.array(fc.oneof(entry, fc.jsonValue())), fc.jsonValue());

  it("end in a state of this peer, and in hosts and identities of its own", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ clusterUUID: host, authnKeyPub: name, rootCA: name }),
          fc.constant(publicDocumentOf()),
        ),
        fc.oneof(
          fc.jsonValue(),
          fc.record({ ingressGateways: list(gateway), publicServices: list(service) }),
        ),
        (publicDocument, value) => {
          const { view } = viewB({ publicDocument, federationDocument: { value } }, known);
          assert.ok(view !== undefined);
          for (const [here, { subjectAltNames }] of Object.entries(view.services)) {
            assert.match(here, /\.svc\.cluster-b\.local$/);
            for (const id of subjectAltNames) assert.match(id, /^spiffe:\/\/cluster-b\.local\//);
          }
        },
      ),
    );
  });
});

describe("Unsigned documents", () => {
  for (const source of [{ stack: "cluster-b" }, { file: "b.json" }, { url: "https://b.example/b.json" }])
    it(`are refused of a peer with ${Object.keys(source).join()}`, () => {
      const settings = configOf({ "cluster-b": { ...source, identity: PEER_B.identity } });
      const { view, errors } = viewB(documentsOf(), known, settings);
      assert.equal(view?.state, "refused");
      assert.match(
        errors.join(),
        /these are the documents of a Deckhouse cluster, and the config names another transport/,
      );
    });

  it("do not let a contract without a signature pass, also of a Deckhouse cluster", () => {
    const contract = contractOf();
    const reading = {
      contract,
      signature: { fault: { path: "signature", rule: "is missing", remedy: "Sign it" } },
    };
    const { peers } = viewPeers(config, { "cluster-b": reading }, known);
    assert.equal(peers["cluster-b"]?.state, "refused");
  });
});

describe("The config of a Deckhouse cluster", () => {
  const faultsOf = (changes: object, deckhouse: object = {}, more: object = {}) =>
    configFaults({
      peers: { b: { ...PEER_B, ...changes, deckhouse: { ...PEER_B.deckhouse, ...deckhouse } } },
      ...more,
    });

  for (const [title, paths, found] of [
    ["another transport", faultsOf({ stack: "b" }), ["peers.b.deckhouse"]],
    ["no trust domain", faultsOf({ identity: {} }), ["peers.b.identity.trustDomain"]],
    ["a digest of a contract", faultsOf({ acceptContract: "0".repeat(64) }), ["peers.b.acceptContract"]],
    ["headers", faultsOf({ headers: { authorization: "x" } }), ["peers.b.headers"]],
    [
      "an http address",
      faultsOf({}, { metadataEndpoint: "http://b.example/metadata/" }),
      ["peers.b.deckhouse.metadataEndpoint"],
    ],
    [
      "an address with a query",
      faultsOf({}, { metadataEndpoint: "https://b.example/?a=b" }),
      ["peers.b.deckhouse.metadataEndpoint"],
    ],
    [
      "an address with an empty query",
      faultsOf({}, { metadataEndpoint: "https://b.example/metadata?" }),
      ["peers.b.deckhouse.metadataEndpoint"],
    ],
    [
      "an address with an empty fragment",
      faultsOf({}, { metadataEndpoint: "https://b.example/metadata/#" }),
      ["peers.b.deckhouse.metadataEndpoint"],
    ],
    ["a UUID that is none", faultsOf({}, { clusterUUID: "b" }), ["peers.b.deckhouse.clusterUUID"]],
    ["a fingerprint that is none", faultsOf({}, { authnKey: "b" }), ["peers.b.deckhouse.authnKey"]],
    [
      "insecureSkipVerify",
      faultsOf({}, { insecureSkipVerify: true }),
      ["peers.b.deckhouse.insecureSkipVerify"],
    ],
    [
      "identities of another trust domain",
      faultsOf({}, { identities: [ANY, { subjectAltNames: ["spiffe://c.local/ns/{namespace}/sa/x"] }] }),
      ["peers.b.deckhouse.identities[1].subjectAltNames"],
    ],
    [
      "an identity whose trust domain is a placeholder",
      faultsOf({}, { identities: [{ subjectAltNames: "spiffe://{name}/ns/x/sa/y" }] }),
      ["peers.b.deckhouse.identities[0].subjectAltNames"],
    ],
    [
      "an identity that is none",
      faultsOf({}, { identities: [{ subjectAltNames: "default" }] }),
      ["peers.b.deckhouse.identities[0].subjectAltNames"],
    ],
    [
      "a rule without identities",
      faultsOf({}, { identities: [{ namespace: "x" }] }),
      ["peers.b.deckhouse.identities[0].subjectAltNames"],
    ],
    ["replicated control planes", faultsOf({}, {}, { topology: "replicated" }), ["peers.b.deckhouse"]],
  ] satisfies [string, string[], string[]][])
    it(`is refused for ${title}`, () => {
      assert.deepEqual(
        paths.filter((path) => path.startsWith("peers.")),
        found,
      );
    });

  for (const endpoint of [
    "https://istio.b.example",
    "https://istio.b.example:8443/metadata//",
    " 'https://b.example/m' ",
  ])
    it(`accepts ${endpoint}`, () => {
      assert.deepEqual(faultsOf({}, { metadataEndpoint: endpoint }), []);
    });
});
