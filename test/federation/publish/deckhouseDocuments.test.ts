import { OWN_GATEWAY } from "../../../federation/core/gatewayPlace.ts";
import assert from "node:assert/strict";
import { type JsonWebKey, createPublicKey } from "node:crypto";
import { publicIdentity } from "../../../federation/deckhouse/identity.ts";
import { readPublicDocument } from "../../../federation/deckhouse/publicDocument.ts";
import { convertPublicServices } from "../../../federation/deckhouse/services.ts";
import { findEdited, findDeleted } from "../../../federation/editedObjects.ts";
import type { OwnObject } from "../../../federation/ownObjects.ts";
import {
  type DeckhouseReader,
  deckhouseReaders,
  readerMatch,
  tokenAuthentication,
  tokenPolicy,
} from "../../../federation/publish/deckhouseAccess.ts";
import { servedDocuments } from "../../../federation/publish/documents.ts";
import {
  checkPublication,
  planPublication,
  publishDeclaration,
} from "../../../federation/publish/publishPlan.ts";
import { IDENTITY_A, KEY_B, makeKey, UUID_A, UUID_B, UUID_C } from "../deckhouse/deckhouseSamples.ts";
import { runPart } from "../planContext.ts";
import {
  KUBECONFIG,
  LOCAL_CLUSTER,
  NO_LAST_RUN,
  ROOT_A,
  ROOT_B,
  contractOf,
  validConfig,
} from "../samples.ts";

const PUBLISH = { host: "metadata.a.example", credentialName: "metadata" };
const DECKHOUSE = { metadataEndpoint: "https://istio.b.example/metadata/" };
const PINNED = {
  "cluster-b": {
    clusterDomain: "cluster-b.local",
    trustDomain: "cluster-b.local",
    rootCertificates: [ROOT_B],
    deckhouse: { clusterUUID: UUID_B, authnKeyPub: KEY_B.publicKey },
  },
  "cluster-c": {
    clusterDomain: "cluster-c.local",
    trustDomain: "cluster-c.local",
    rootCertificates: [ROOT_B],
    deckhouse: { clusterUUID: UUID_C, authnKeyPub: makeKey().publicKey },
  },
  // No Deckhouse cluster.
  "cluster-d": { clusterDomain: "d.local", trustDomain: "d.local", rootCertificates: [ROOT_B] },
};
const READERS = deckhouseReaders(PINNED);
const [B, C] = READERS as [DeckhouseReader, DeckhouseReader];

const port = (number: number, name: string, protocol: "HTTP" | "GRPC" | "TCP") => ({
  number,
  name,
  protocol,
});
const identities = { subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/any"] };
const CONTRACT = contractOf({
  clusterDomain: "cluster-a.local",
  rootCertificates: [ROOT_A, ROOT_B],
  gateways: [{ address: "203.0.113.10", port: 15443, locality: "eu/1" }],
  services: {
    "all.abc.svc.cluster-a.local": { ports: [port(80, "web", "HTTP"), port(81, "x", "GRPC")], ...identities },
    "db.abc.svc.cluster-a.local": { ports: [port(5432, "http", "TCP")], ...identities },
    "ended.abc.svc.cluster-a.local": {
      ...{ ports: [port(80, "http", "HTTP")], ...identities },
      terminated: true,
    },
    "ofb.abc.svc.cluster-a.local": {
      ...{ ports: [port(80, "http", "HTTP")], ...identities },
      peers: ["cluster-b.local/cluster-b"],
    },
    "shadow.abc.svc.cluster-c.local": { ports: [port(80, "http", "HTTP")], ...identities },
  },
});

function documents(readers: readonly DeckhouseReader[] = READERS) {
  const served = servedDocuments({ contract: CONTRACT, identity: publicIdentity(IDENTITY_A), readers });
  return Object.fromEntries(served.map(({ name, body }) => [name, JSON.parse(body) as unknown]));
}

describe("The documents for Deckhouse clusters", () => {
  it("have the identity of this cluster, as they are read", () => {
    const reading = readPublicDocument(documents()["identity"]);
    assert.ok("value" in reading);
    assert.equal(reading.value.clusterUUID, UUID_A);
    assert.equal(reading.value.authnKeyPub, IDENTITY_A.publicKey);
    assert.deepEqual(reading.value.rootCertificates, [ROOT_A, ROOT_B]);
  });

  it("list to each reader the services for it that it can call, by ports whose names give their protocols", () => {
    const { "deckhouse-cluster-b": ofB, "deckhouse-cluster-c": ofC } = documents() as Record<
      string,
      { ingressGateways: unknown; publicServices: { hostname: string; ports: object[] }[] }
    >;
    assert.deepEqual(ofB!.ingressGateways, [{ address: "203.0.113.10", port: 15443 }]);
    const hosts = (list: typeof ofB) => list!.publicServices.map(({ hostname }) => hostname.split(".")[0]);
    assert.deepEqual(hosts(ofB), ["all", "db", "ofb", "shadow"]);
    assert.deepEqual(hosts(ofC), ["all", "db"]);
    const { services } = convertPublicServices(ofC!.publicServices, {
      ...{ clusterDomain: "cluster-a.local", trustDomain: "cluster-a.local", identities: [] },
    });
    assert.deepEqual(
      Object.values(services).map(({ ports }) => ports.map(({ number, protocol }) => [number, protocol])),
      [
        [
          [80, "HTTP"],
          [81, "HTTP2"],
        ],
        [[5432, "TCP"]],
      ],
    );
  });

  it("are told apart by their names, whatever the readers are called", () => {
    const readers = ["public", "identity", "contract", "tokens"].map((peer) => ({ ...B, peer }));
    const served = servedDocuments({ contract: CONTRACT, identity: publicIdentity(IDENTITY_A), readers });
    assert.equal(new Set(served.map(({ name }) => name)).size, 2 + readers.length);
    const open = served.filter(({ match }) => match === undefined).map(({ body }) => body);
    for (const body of open) assert.doesNotMatch(body, /publicServices/);
  });

  it("are lists, and never null, without services and gateways", () => {
    const contract = { ...CONTRACT, gateways: [], services: {} };
    const [document] = servedDocuments({
      contract,
      identity: publicIdentity(IDENTITY_A),
      readers: [B],
    }).slice(-1);
    assert.equal(document!.body, '{"ingressGateways":[],"publicServices":[]}');
  });

  it("need the key of the reader whose UUID the token names, whatever headers a caller adds", () => {
    const headerOf = ({ peer }: DeckhouseReader) => `x-istio-federation-sub-${peer}`;
    assert.deepEqual(readerMatch(B, READERS), {
      headers: {
        [headerOf(B)]: { exact: UUID_B },
        "@request.auth.claims[sub]": { exact: UUID_B },
        "@request.auth.claims[scope]": { exact: "private-federation" },
      },
      withoutHeaders: { [headerOf(C)]: {} },
    });
    // The gateway removes the headers of the keys up to the one that verifies, and sets that of this one.
    for (const [index, signer] of READERS.entries())
      for (const sub of [UUID_B, UUID_C])
        for (const forged of [[], [B], [C], [B, C]]) {
          const headers = new Map(forged.map((reader) => [headerOf(reader), reader.clusterUUID]));
          for (const tried of READERS.slice(0, index + 1)) headers.delete(headerOf(tried));
          headers.set(headerOf(signer), sub);
          headers.set("@request.auth.claims[sub]", sub);
          headers.set("@request.auth.claims[scope]", "private-federation");
          for (const reader of READERS) {
            const match = readerMatch(reader, READERS);
            const isServed =
              Object.entries(match.headers).every(([name, { exact }]) => headers.get(name) === exact) &&
              Object.keys(match.withoutHeaders).every((name) => !headers.has(name));
            if (isServed) assert.ok(signer === reader && sub === reader.clusterUUID);
            else assert.ok(signer !== reader || sub !== reader.clusterUUID || forged.length > 0);
          }
        }
  });

  it("are for nobody without an identity, and not for a peer that is no Deckhouse cluster any more", () => {
    const names = servedDocuments({ contract: CONTRACT, identity: undefined, readers: READERS });
    assert.deepEqual(
      names.map(({ name }) => name),
      ["contract"],
    );
    const plain = validConfig(
      {
        ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, publish: PUBLISH },
        peers: { "cluster-b": { url: "https://b.example/contract.json" } },
      },
      "cluster-a",
    );
    assert.deepEqual(planPublication({ config: plain }, PINNED)?.readers, []);
  });

  it("are behind the keys of the readers, this cluster's UUID and the scope", () => {
    const access = { clusterUUID: UUID_A, readers: READERS };
    const { jwtRules } = tokenAuthentication(access) as {
      jwtRules: { issuer: string; audiences: string[]; jwks: string }[];
    };
    assert.deepEqual(
      jwtRules.map(({ issuer, audiences }) => ({ issuer, audiences })),
      [B, C].map(() => ({ issuer: "d8-istio", audiences: [UUID_A] })),
    );
    const keys = jwtRules.map(({ jwks }) => (JSON.parse(jwks) as { keys: [JsonWebKey] }).keys[0]);
    assert.deepEqual(
      keys.map((key) => createPublicKey({ key, format: "jwk" }).export({ format: "pem", type: "spki" })),
      READERS.map(({ authnKeyPub }) => authnKeyPub),
    );
    assert.ok(keys.every((key) => !("d" in key)));
    const { rules } = tokenPolicy(access) as { rules: object[] };
    const to = [{ operation: { paths: ["/metadata/private/federation.json"] } }];
    assert.deepEqual(rules, [
      { to, from: [{ source: { notRequestPrincipals: [`d8-istio/${UUID_B}`, `d8-istio/${UUID_C}`] } }] },
      { to, when: [{ key: "request.auth.claims[scope]", notValues: ["private-federation"] }] },
    ]);
  });
});

describe("A plan with Deckhouse clusters", () => {
  const config = (changes: object = { publish: PUBLISH }) =>
    validConfig(
      {
        ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...changes },
        peers: {
          "cluster-b": { deckhouse: DECKHOUSE, identity: { trustDomain: "cluster-b.local" } },
          "cluster-c": { deckhouse: DECKHOUSE, identity: { trustDomain: "cluster-c.local" } },
        },
      },
      "cluster-a",
    );
  const warningsOf = (changes?: object) =>
    runPart(config(changes), {}, (context) => {
      checkPublication(context, planPublication(context, PINNED), CONTRACT, []);
    }).warnings;

  it("warns of services that one cannot call, and where the identity of this cluster is not served", () => {
    assert.deepEqual(
      warningsOf().filter((warning) => warning.startsWith("Service ")),
      [
        "Service ended.abc.svc.cluster-a.local is not served to peer cluster-b: it is exported with gateway: terminate, which it cannot call",
        "Service ended.abc.svc.cluster-a.local is not served to peer cluster-c: it is exported with gateway: terminate, which it cannot call",
        "Service shadow.abc.svc.cluster-c.local is not served to peer cluster-c: it is below its own cluster domain 'cluster-c.local'",
      ],
    );
    assert.match(
      warningsOf({}).join(),
      /Deckhouse clusters \(cluster-b, cluster-c\) give their services only to/,
    );
  });

  it("finds edits of what verifies tokens, and of the documents of the last update", () => {
    const publication = {
      ...{ ...PUBLISH, bind: undefined },
      access: { clusterUUID: UUID_A, readers: READERS },
    };
    const known = { contract: CONTRACT, deckhouse: IDENTITY_A, publication, gateway: OWN_GATEWAY };
    const last = { ...NO_LAST_RUN, ...known };
    const plan = planPublication({ config: config() }, PINNED);
    const publish = publishDeclaration(plan, last, { value: { federation: CONTRACT } });
    const declared = {
      listeners: { hosts: [], terminated: [] },
      ...{ bind: undefined, gateway: OWN_GATEWAY, policies: [], aliases: [], isStrict: true, publish },
    };
    const own = (kind: OwnObject["kind"], spec: object, editors = {}): OwnObject => ({
      ...{ kind, namespace: "istio-publish", name: "deckhouse-tokens", uid: "1", created: "", generation: 2 },
      ...{ spec: { ...spec }, editors },
    });
    const [authentication, policy] = [tokenAuthentication, tokenPolicy].map((render) =>
      render(publication.access),
    ) as [object, object];
    const whole = [own("RequestAuthentication", authentication), own("AuthorizationPolicy", policy)];
    assert.deepEqual(findEdited(whole, declared, last).warnings, []);
    const { warnings } = findEdited(
      [
        own("RequestAuthentication", { ...authentication, jwtRules: [] }, { jwtRules: ["argo"] }),
        own("AuthorizationPolicy", { ...policy, rules: [] }, {}),
      ],
      declared,
      last,
    );
    assert.equal(warnings.length, 2);
    const missing = findDeleted([], declared, last).filter((line) => line.includes("istio-publish"));
    assert.deepEqual(
      missing.map((line) => line.split(" was ")[0]),
      [
        "Gateway istio-publish/publishgateway",
        "VirtualService istio-publish/contract",
        "VirtualService istio-publish/identity",
        "VirtualService istio-publish/deckhouse-cluster-b",
        "VirtualService istio-publish/deckhouse-cluster-c",
        "RequestAuthentication istio-publish/deckhouse-tokens",
        "AuthorizationPolicy istio-publish/deckhouse-tokens",
      ],
    );
  });
});
