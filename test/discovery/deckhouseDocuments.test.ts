import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "mocha";
import { readDeckhousePeer } from "../../discovery/deckhouseDocuments.ts";
import { SIZE_LIMIT } from "../../federation/contract/contract.ts";
import type { DeckhouseDocuments } from "../../federation/deckhouse/contract.ts";
import type { DeckhouseIdentity } from "../../federation/deckhouse/identity.ts";
import type { KnownDeckhouse } from "../../federation/deckhouse/publicDocument.ts";
import {
  IDENTITY_A,
  UUID_A,
  UUID_B,
  UUID_C,
  federationDocumentOf,
  makeKey,
  publicDocumentOf,
} from "../federation/deckhouse/deckhouseSamples.ts";
import { makeServerCertificate } from "../support/testAuthority.ts";
import { MetadataExporter } from "../support/metadataExporter.ts";

const NOTHING_KNOWN: KnownDeckhouse = { config: undefined, pinned: undefined, others: new Map() };

describe("readDeckhousePeer", () => {
  let exporter: MetadataExporter;
  before(async () => (exporter = await MetadataExporter.start("127.0.0.1")));
  after(() => {
    exporter.stop();
  });
  beforeEach(() => {
    exporter.reset();
    exporter.publicDocument = publicDocumentOf();
    exporter.federationDocument = federationDocumentOf();
    exporter.knownKeys = { [UUID_A]: IDENTITY_A.publicKey };
  });

  interface Given {
    known?: KnownDeckhouse;
    identity?: DeckhouseIdentity | undefined;
    ca?: string | undefined;
  }
  const read = async (given: Given = {}) => {
    const usual = { known: NOTHING_KNOWN, identity: IDENTITY_A, ca: exporter.certificate };
    const { known, identity, ca } = { ...usual, ...given };
    const settings = { metadataEndpoint: exporter.endpoint, ca };
    const reading = await readDeckhousePeer(settings, known, identity, "peers.cluster-b");
    assert.ok("value" in reading, JSON.stringify(reading));
    return reading.value;
  };
  const documents = async (...args: Parameters<typeof read>): Promise<DeckhouseDocuments> => {
    const value = await read(...args);
    assert.ok("deckhouse" in value, JSON.stringify(value));
    return value.deckhouse;
  };
  const pendingOf = async (...args: Parameters<typeof read>): Promise<string> => {
    const value = await read(...args);
    if ("pending" in value) return value.pending;
    assert.ok("deckhouse" in value, JSON.stringify(value));
    const { federationDocument } = value.deckhouse;
    return "pending" in federationDocument ? federationDocument.pending : "";
  };

  it("reads both documents, the private one by a token for this cluster alone", async () => {
    assert.deepEqual(await documents(), {
      publicDocument: publicDocumentOf(),
      federationDocument: { value: federationDocumentOf() },
    });
    assert.deepEqual(exporter.requests, [
      ["/metadata/public/public.json", false],
      ["/metadata/private/federation.json", true],
    ]);
    assert.deepEqual(exporter.reasons, []);
  });

  it("is answered 401 until the cluster knows this cluster's key, and has its public document then", async () => {
    exporter.knownKeys = {};
    const found = await documents();
    assert.deepEqual(found.publicDocument, publicDocumentOf());
    assert.match(
      "pending" in found.federationDocument ? found.federationDocument.pending : "",
      /private\/federation\.json answers 401; .*: it takes the token of this cluster once an IstioFederation there/,
    );
    assert.deepEqual(exporter.reasons, ["unknown sub"]);
    exporter.knownKeys = { [UUID_A]: IDENTITY_A.publicKey };
    assert.ok("value" in (await documents()).federationDocument);
  });

  it("is answered 401 where the cluster knows another key of this cluster", async () => {
    exporter.knownKeys = { [UUID_A]: makeKey().publicKey };
    assert.match(await pendingOf(), /answers 401/);
    assert.deepEqual(exporter.reasons, ["signature"]);
  });

  it("asks for nothing private before this cluster has a key", async () => {
    const found = await documents({ identity: undefined });
    assert.deepEqual(found.publicDocument, publicDocumentOf());
    assert.match("pending" in found.federationDocument ? found.federationDocument.pending : "", /no key yet/);
    assert.equal(exporter.requests.length, 1);
  });

  for (const [title, known] of [
    [
      "is not the pinned one",
      { ...NOTHING_KNOWN, pinned: { clusterUUID: UUID_C, authnKeyPub: makeKey().publicKey } },
    ],
    ["is not the configured one", { ...NOTHING_KNOWN, config: { clusterUUID: UUID_C } }],
    ["is that of another peer", { ...NOTHING_KNOWN, others: new Map([[UUID_B, "peer cluster-c"]]) }],
  ] satisfies [string, KnownDeckhouse][])
    it(`gives no token to a server whose UUID ${title}`, async () => {
      assert.deepEqual((await documents({ known })).publicDocument, publicDocumentOf());
      assert.deepEqual(exporter.requests, [["/metadata/public/public.json", false]]);
    });

  it("gives no token to a server whose public document is not valid", async () => {
    exporter.publicDocument = publicDocumentOf({ rootCA: "" });
    await documents();
    assert.equal(exporter.requests.length, 1);
  });

  for (const [title, status, body, headers, reason] of [
    ["404", 404, "not found", {}, /answers 404/],
    ["502", 502, "", {}, /answers 502/],
    ["HTML", 200, "<html>log in</html>", {}, /is no JSON document/],
    ["more than the limit", 200, `"${"x".repeat(SIZE_LIMIT)}"`, {}, /has more than 33,554,432 bytes/],
    [
      "a redirect to http",
      302,
      "",
      { location: "http://127.0.0.1:1/" },
      /redirects to an address that is not https/,
    ],
  ] satisfies [string, number, string, Record<string, string>, RegExp][])
    for (const document of ["public/public.json", "private/federation.json"] as const)
      it(`leaves the peer pending whose ${document} is answered by ${title}`, async () => {
        exporter.answers = { [`/metadata/${document}`]: { status, body, headers } };
        const pending = await pendingOf();
        assert.match(pending, reason);
        assert.ok(pending.includes(document), pending);
        assert.doesNotMatch(pending, /Bearer|eyJ/);
      });

  it("gives the token to the configured origin alone", async () => {
    // Has another name: OpenSSL tries the first one of two certificates with one name.
    const other = await MetadataExporter.start("127.0.0.2");
    try {
      other.federationDocument = federationDocumentOf();
      const location = `${other.endpoint}/private/federation.json`;
      exporter.answers = {
        "/metadata/private/federation.json": { status: 307, body: "", headers: { location } },
      };
      assert.match(await pendingOf({ ca: exporter.certificate + other.certificate }), /answers 401/);
      assert.deepEqual(other.requests, [["/metadata/private/federation.json", false]]);
    } finally {
      other.stop();
    }
  });

  it("trusts no server without one of the given certificates or of the machine's, whatever the environment says", async () => {
    const { cert: stranger } = await makeServerCertificate("127.0.0.1");
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      for (const ca of [stranger, undefined])
        assert.match(await pendingOf({ ca }), /has a certificate that is not trusted/);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
    assert.deepEqual(exporter.requests, []);
  });

  it("refuses a certificate in the config that is none", async () => {
    const settings = { metadataEndpoint: exporter.endpoint, ca: "missing.pem", identities: [] };
    const reading = await readDeckhousePeer(settings, NOTHING_KNOWN, IDENTITY_A, "peers.cluster-b");
    assert.deepEqual("faults" in reading && reading.faults.map(({ path }) => path), [
      "peers.cluster-b.deckhouse.ca",
    ]);
  });
});
