import "reflect-metadata";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { KeyUsageFlags } from "@peculiar/x509";
import * as pulumi from "@pulumi/pulumi";
import type { TrustAnchors } from "../../federation/trust/anchors.ts";
import { type AnchorRequest, issueAnchors } from "../../federation/trust/issueAnchors.ts";
import { TrustAnchor, provider } from "../../providers/trustAnchor.ts";
import { at } from "../support/clock.ts";
import { type KeyKind, TestAuthority } from "../support/testAuthority.ts";
import { anchorInputs } from "./support/authorityInputs.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";

const UNKNOWN = pulumi.runtime.unknownValue;
const DAY = 86_400_000;
const NOW = new Date();

/** Matches the names of keys in PEM and in the inputs. */
const KEY = /PRIVATE KEY|issuerKey/;

describe("check of TrustAnchor", () => {
  let own: TestAuthority;
  let rsa: TestAuthority;
  let peer: TestAuthority;
  let inputs: AnchorRequest;

  before(async () => {
    own = await TestAuthority.root("O=a.local, CN=Root CA");
    rsa = await TestAuthority.root("O=r.local, CN=Root CA", { kind: "RSA" });
    peer = await TestAuthority.root("O=b.local, CN=Root CA");
    inputs = anchorInputs(own, peer);
  });

  /** @returns failures, `property: reason` each. */
  async function faults(change: Partial<AnchorRequest> = {}): Promise<string[]> {
    const { failures = [] } = await provider.check({}, { ...inputs, ...change });
    return failures.map(({ property, reason }) => `${property}: ${reason}`);
  }

  it("accepts valid inputs", async () => {
    assert.deepEqual(await provider.check({}, inputs), { inputs, failures: [] });
  });

  it("accepts the key in each usual encoding", async () => {
    const keys = [own.keyPem("sec1"), own.keyPem("pkcs8")];
    for (const issuerKey of keys) assert.deepEqual(await faults({ issuerKey }), []);
    const issuerCertificate = rsa.pem;
    for (const issuerKey of [rsa.keyPem("pkcs1"), rsa.keyPem("pkcs8")]) {
      assert.deepEqual(await faults({ issuerCertificate, issuerKey }), []);
    }
  });

  it("accepts unknown inputs, one or all", async () => {
    const unknown = { issuerCertificate: UNKNOWN, issuerKey: UNKNOWN, trustDomain: UNKNOWN };
    assert.deepEqual(await faults({ ...unknown, rootCertificates: [UNKNOWN] }), []);
    assert.deepEqual(await faults({ rootCertificates: UNKNOWN as unknown as string[] }), []);
    for (const [field, value] of Object.entries(unknown))
      assert.deepEqual(await faults({ [field]: value }), []);
  });

  it("reports all faults at once", async () => {
    const notCa = await TestAuthority.root("O=b.local", { isCa: false });
    const found = await faults({
      peer: "Cluster B",
      trustDomain: "spiffe://b.local",
      rootCertificates: [peer.pem, notCa.pem, "?"],
      issuerCertificate: "?",
      issuerKey: "?",
    });
    assert.equal(found.length, 6, found.join("\n"));
    assert.match(
      found.join("\n"),
      /^peer: "Cluster B" .*\ntrustDomain: "spiffe.*\nrootCertificates\[1\]: must be one/,
    );
  });

  it("refuses an empty list of roots", async () => {
    assert.deepEqual(await faults({ rootCertificates: [] }), [
      "rootCertificates: must hold at least one root certificate",
    ]);
  });

  it("refuses a root that may not sign certificates, or several in one text", async () => {
    const cannotSign = await TestAuthority.root("O=b.local", { keyUsage: KeyUsageFlags.digitalSignature });
    for (const pem of [cannotSign.pem, `${peer.pem}\n${peer.pem}`, `${peer.pem}\n${peer.keyPem()}`, ""]) {
      const [fault, ...others] = await faults({ rootCertificates: [pem] });
      assert.match(fault ?? "", /^rootCertificates\[0\]: must be one certificate in PEM, of a CA/);
      assert.deepEqual(others, []);
    }
  });

  it("refuses a root without a subject", async () => {
    const nameless = await TestAuthority.root("");
    assert.match(
      (await faults({ rootCertificates: [nameless.pem] })).join(),
      /^rootCertificates\[0\]: has no subject/,
    );
  });

  it("refuses keys that Envoy does not accept, of a root and of the issuer", async () => {
    const odd = await TestAuthority.root("O=e.local", { kind: "Ed25519" });
    assert.match(
      (await faults({ rootCertificates: [odd.pem] })).join(),
      /^rootCertificates\[0\]: has a key that Envoy does not/,
    );
    const issuer = { issuerCertificate: odd.pem, issuerKey: odd.keyPem() };
    assert.match((await faults(issuer)).join(), /^peer: issuerCertificate has a key that Envoy does not/);
  });

  it("refuses a root with the subject of our own", async () => {
    const namesake = await TestAuthority.root("O=A.local, CN=root  CA", { kind: "RSA" });
    for (const { pem } of [own, namesake]) {
      assert.match(
        (await faults({ rootCertificates: [pem] })).join(),
        /^rootCertificates\[0\]: has the subject of our own/,
      );
    }
  });

  it("refuses a key that is not our root's", async () => {
    for (const other of [peer, rsa]) {
      assert.deepEqual(await faults({ issuerKey: other.keyPem() }), [
        "peer: issuerKey is not the key of issuerCertificate: give the key of our own root",
      ]);
    }
  });

  it("quotes no key, and blames no property whose value the engine would print", async () => {
    const key = rsa.keyPem("pkcs1");
    const wrong: Partial<AnchorRequest>[] = [
      { issuerKey: key },
      { issuerKey: key.slice(0, 600) },
      { issuerKey: key.replaceAll("\n", "") },
      { issuerKey: [key] as unknown as string },
      { issuerKey: { key } as unknown as string },
      { issuerCertificate: key, issuerKey: own.pem },
      { rootCertificates: [key] },
    ];
    for (const change of wrong) {
      const found = await faults(change);
      assert.notEqual(found.length, 0);
      assert.ok(!found.some((fault) => leaks(fault, key)), found.join("\n"));
      for (const fault of found) assert.match(fault, /^(?:peer|rootCertificates\[0\]): /);
    }
  });
});

/** Returns whether a text has any piece of a key. */
function leaks(text: string, key: string): boolean {
  const body = key.replace(/-----[^-]+-----|\s/g, "");
  return body.match(/.{12}/g)!.some((piece) => text.includes(piece));
}

for (const kind of ["P-256", "RSA"] satisfies KeyKind[]) {
  describe(`TrustAnchor with an issuer key ${kind}`, () => {
    let own: TestAuthority;
    let peer: TestAuthority;

    before(async () => {
      own = await TestAuthority.root("O=a.local", { kind });
      peer = await TestAuthority.root("O=b.local");
    });

    it("is created and updated in Pulumi's provider process, without the key in its outputs", async () => {
      const inputs = anchorInputs(own, peer);
      const process = await ProviderProcess.start(
        await providerText(() => new TrustAnchor("anchor", inputs)),
      );
      try {
        const { id, outs } = await process.create({ ...inputs });
        assert.equal(id, "cluster-b");
        assert.doesNotMatch(JSON.stringify(outs), KEY);
        const secret = own.keyPem().split("\n")[1]!;
        assert.ok(!JSON.stringify(outs).includes(secret));
        assert.deepEqual(Object.keys(outs).sort(), [
          "certificates",
          "format",
          "issuerFingerprint",
          "rootFingerprints",
          "scope",
          "trustDomain",
        ]);
        const updated = await process.update(id, outs, { ...inputs });
        assert.deepEqual(updated, outs);
      } finally {
        await process.stop();
      }
    });

    it("is read and deleted without a key", async () => {
      const { id, outs } = await provider.create(anchorInputs(own, peer));
      assert.deepEqual(await provider.read(id, outs), { id, props: outs });
      await provider.delete();
    });

    it("reports why there is no anchor, without the key", async () => {
      const inputs = anchorInputs(await TestAuthority.root("O=a.local", { kind, pathLength: 0 }), peer);
      await assert.rejects(provider.create(inputs), (error: Error) => {
        assert.match(
          error.message,
          /^no trust anchor for peer cluster-b: our own root may issue no CA's certificate/,
        );
        return true;
      });
      const broken = { ...inputs, issuerKey: inputs.issuerKey.slice(0, 200) };
      await assert.rejects(provider.create(broken), (error: Error) => {
        assert.match(error.message, /our own root has no key that it can sign with$/);
        assert.ok(!String(error.stack).includes(inputs.issuerKey.slice(40, 80)));
        return true;
      });
    });
  });
}

describe("diff of TrustAnchor", () => {
  let own: TestAuthority;
  let first: TestAuthority;
  let second: TestAuthority;
  let inputs: AnchorRequest;
  let state: TrustAnchors;

  before(async () => {
    const notAfter = new Date(NOW.getTime() + 10 * DAY);
    own = await TestAuthority.root("O=a.local", { notAfter });
    first = await TestAuthority.root("O=b.local, CN=1", { notAfter });
    second = await TestAuthority.root("O=b.local, CN=2", { notAfter });
    inputs = anchorInputs(own, first, second);
    state = issueAnchors(inputs, undefined, NOW, randomBytes);
  });

  const changes = async (
    news: Partial<AnchorRequest>,
    olds: Partial<TrustAnchors> = {},
    now = NOW,
  ): Promise<boolean> => {
    const last = { ...state, ...olds };
    return (await at(now, () => provider.diff("id", last, { ...inputs, ...news }))).changes === true;
  };

  /** The anchor of a root, found by the root's fingerprint. */
  function anchorOf(root: TestAuthority, { rootFingerprints, certificates }: TrustAnchors): string {
    return certificates[rootFingerprints.indexOf(root.fingerprint)]!;
  }

  it("has no change while the source stays", async () => {
    assert.equal(await changes({}), false);
    assert.deepEqual(issueAnchors(inputs, state, NOW, randomBytes), state);
  });

  it("has no change when the same source is formatted differently", async () => {
    const [one = "", other = ""] = inputs.rootCertificates;
    assert.equal(await changes({ rootCertificates: [other, one, `text\n${one}\n`] }), false);
    assert.equal(await changes({ issuerKey: own.keyPem("sec1") }), false);
    assert.equal(await changes({ issuerKey: UNKNOWN }), false);
    assert.equal(await changes({ peer: "another" }), false);
  });

  it("changes with the trust domain, the roots and the issuer", async () => {
    assert.equal(await changes({ trustDomain: "b2.local" }), true);
    assert.equal(await changes({ rootCertificates: [first.pem] }), true);
    assert.equal(await changes({ rootCertificates: [first.pem, (await second.again()).pem] }), true);
    assert.equal(await changes({ issuerCertificate: (await own.again()).pem }), true);
  });

  it("changes while the source is not known yet", async () => {
    assert.equal(await changes({ trustDomain: UNKNOWN }), true);
    assert.equal(await changes({ rootCertificates: [first.pem, UNKNOWN] }), true);
    assert.equal(await changes({ issuerCertificate: UNKNOWN, issuerKey: UNKNOWN }), true);
  });

  it("changes when the anchors have expired, which an update then refuses", async () => {
    const later = new Date(NOW.getTime() + 11 * DAY);
    assert.equal(await changes({}, {}, later), true);
    assert.throws(
      () => issueAnchors(inputs, state, later, randomBytes),
      (error: Error) => {
        assert.match(
          error.message,
          /^no trust anchor for peer cluster-b:\n {2}- the peer's root with SHA-256 /,
        );
        assert.equal(error.message.match(/not both any more/g)?.length, 2);
        return true;
      },
    );
  });

  it("changes when the anchors are not the issued ones", async () => {
    const [one = "", other = ""] = state.certificates;
    for (const certificates of [[], [one], [one, "?"], [other, one], [one, own.pem], [one, other, one]]) {
      assert.equal(await changes({}, { certificates }), true);
    }
  });

  it("keeps an anchor byte for byte when another root is added, removed or renewed", async () => {
    const renewed = await second.again();
    for (const rest of [[], [second], [renewed], [renewed, second]]) {
      const made = issueAnchors(anchorInputs(own, first, ...rest), state, NOW, randomBytes);
      assert.equal(made.certificates.length, 1 + rest.length);
      assert.equal(anchorOf(first, made), anchorOf(first, state));
    }
    const { certificates } = issueAnchors(anchorInputs(own, first, renewed), state, NOW, randomBytes);
    assert.ok(!certificates.includes(anchorOf(second, state)));
  });

  it("issues all anchors anew under another issuer or for another trust domain", async () => {
    const other = await TestAuthority.root("O=a.local, CN=new", { kind: "P-384" });
    for (const news of [anchorInputs(other, first, second), { ...inputs, trustDomain: "b2.local" }]) {
      const made = issueAnchors(news, state, NOW, randomBytes);
      assert.equal(new Set([...made.certificates, ...state.certificates]).size, 4);
      assert.equal((await at(NOW, () => provider.diff("id", made, news))).changes, false);
    }
  });
});
