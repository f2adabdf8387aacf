import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import * as x509 from "@peculiar/asn1-x509";
import fc from "fast-check";
import { istiodNames } from "../../../federation/authority/istiodHosts.ts";
import { validateAnchorNames, validateProvided } from "../../../federation/authority/provided.ts";
import { type GoVerifier, goVerifier, orSkip } from "../../providers/support/verifiers.ts";
import { sweep } from "../arbitraries.ts";
import {
  type RawAuthority,
  type RawOptions,
  basicConstraints,
  directoryName,
  extension,
  makeAuthority,
  nameConstraints,
} from "../../support/rawCertificate.ts";

/** Properties of each certificate of a chain. */
interface ChainOptions {
  root?: RawOptions;
  middle?: RawOptions;
  signer?: RawOptions;
}

interface Chain {
  root: RawAuthority;
  middle: RawAuthority;
  signer: RawAuthority;
}

const NAMES = { trustDomain: "a.local", hosts: istiodNames([]) };
const HOUR = 3_600_000;

function makeChain({ root: rootOptions, middle: middleOptions, signer: signerOptions }: ChainOptions): Chain {
  const root = makeAuthority({ name: "Root", ...rootOptions });
  const middle = makeAuthority({ name: "Policy", ...middleOptions }, root);
  return { root, middle, signer: makeAuthority({ name: "Mesh", ...signerOptions }, middle) };
}

/** Returns the program's faults, each as `field "subject" rule`. */
function faultsOf({ root, middle, signer }: Chain): string[] {
  const given = { certificate: signer.pem, key: signer.key, chain: middle.pem, root: root.pem };
  const validated = validateProvided(given, NAMES, new Date());
  const prefix = "certificateAuthority.provided.";
  if (!("faults" in validated)) return [];
  return validated.faults.map(
    ({ path, value, rule }) => `${path.slice(prefix.length)} "${String(value)}" ${rule}`,
  );
}

function forGo({ root, middle, signer }: Chain) {
  const files = { certificate: signer.pem, key: signer.key, chain: middle.pem, root: root.pem };
  return { authority: { ...files, ...NAMES } };
}

const purposes = (...oids: string[]) =>
  extension(x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage(oids));
const usage = (flags: number) => extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(flags));
const der = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const URI = (uniformResourceIdentifier: string) => ({ uniformResourceIdentifier });
const DNS = (dNSName: string) => ({ dNSName });
const IP = (iPAddress: string) => ({ iPAddress });
const MAIL = (rfc822Name: string) => ({ rfc822Name });
const DIRECTORY = (name: x509.Name) => ({ directoryName: name });
const named = (permitted: Partial<x509.GeneralName>[], excluded: Partial<x509.GeneralName>[] = []) => ({
  extensions: [nameConstraints(permitted, excluded)],
});
const lenient = (permitted: Partial<x509.GeneralName>[], excluded: Partial<x509.GeneralName>[] = []) => ({
  extensions: [nameConstraints(permitted, excluded, false)],
});
const COMPANY = directoryName(["2.5.4.10", "COMPANY"]);
const OTHER = directoryName(["2.5.4.10", "Other"]);
const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const curve = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const SERVER = x509.id_kp_serverAuth;
const CLIENT = x509.id_kp_clientAuth;
const ANY = "2.5.29.37.0";
const WORKLOADS = /refuse certificates of workloads in trust domain a\.local/;
const ISTIOD = /refuse istiod's certificate, for istio-pilot\.istio-system\.svc, istiod/;
const PURPOSE = /is restricted by extendedKeyUsage/;

/** A chain, and the faults that the program finds: none, or one that matches. */
interface Case {
  options: ChainOptions;
  faults?: RegExp;
  /** Why the program refuses what Go accepts. */
  envoy?: string;
}

const CASES: Record<string, Case> = {
  "without anything special": { options: {} },
  "of RSA keys": {
    options: { signer: { key: rsa(2048) } },
  },
  "of P-384 and P-521": { options: { middle: { key: curve("P-521") }, signer: { key: curve("P-384") } } },

  // Name constraints.
  "that permits another URI": { options: { signer: named([URI("other.example")]) }, faults: WORKLOADS },
  "that permits the trust domain and istiod's names": {
    options: { signer: named([URI("a.local"), DNS("istio-system.svc")]) },
  },
  "that permits them without being critical": {
    options: { middle: lenient([URI("A.Local"), DNS("svc")]) },
  },
  "whose root permits another URI": {
    options: { root: named([URI("other.example")]) },
    faults: /root\[0\].*workloads/,
  },
  "that permits another URI, not critical": {
    options: { middle: lenient([URI("b.local")]) },
    faults: WORKLOADS,
  },
  "that permits the domain above the trust domain": {
    options: { signer: named([URI("local")]) },
    faults: /to Envoy: a constraint of URIs/,
    envoy: "a URI constraint without a leading dot is one host",
  },
  "that permits names below the domain above": { options: { signer: named([URI(".local")]) } },
  "that permits names below the trust domain": {
    options: { signer: named([URI(".a.local")]) },
    faults: WORKLOADS,
  },
  "that permits every URI by an empty name": {
    options: { signer: named([URI("")]) },
    faults: /to Envoy/,
    envoy: "an empty URI constraint is no host",
  },
  "that permits the SPIFFE id of the trust domain": {
    options: { signer: named([URI("spiffe://a.local")]) },
    faults: WORKLOADS,
  },
  "that excludes the trust domain": { options: { signer: named([], [URI("a.local")]) }, faults: WORKLOADS },
  "that excludes all below the trust domain's own": {
    options: { signer: named([], [URI("local")]) },
    faults: WORKLOADS,
  },
  "that excludes another URI": { options: { signer: named([], [URI("b.local")]) } },
  "that permits another DNS name": { options: { signer: named([DNS("acme.example")]) }, faults: ISTIOD },
  "that permits a DNS name with a leading dot": { options: { signer: named([DNS(".istio-system.svc")]) } },
  "that permits one of istiod's names": {
    options: { signer: named([DNS("istiod.istio-system.svc")]) },
    faults: /for istio-pilot\.istio-system\.svc, istiod-remote\.istio-system\.svc$/,
  },
  "that excludes all DNS names": { options: { signer: named([], [DNS("")]) }, faults: ISTIOD },
  "that excludes svc": { options: { root: named([], [DNS("svc")]) }, faults: ISTIOD },
  "that excludes all e-mail and IP addresses": {
    options: { middle: named([], [MAIL(""), IP("0.0.0.0/0"), IP("::/0")]) },
  },
  "that permits one IP address": { options: { middle: named([IP("192.0.2.0/24")]) } },
  "that permits a directory name, critical": {
    options: { root: named([DIRECTORY(COMPANY)]) },
    faults: /has critical name constraints of directory names/,
  },
  "that permits the directory name of those below": { options: { root: lenient([DIRECTORY(COMPANY)]) } },
  "that permits another directory name": {
    options: { root: lenient([DIRECTORY(OTHER)]) },
    faults: /refuse the names of a CA below/,
    envoy: "a directory name constrains the subjects of CAs",
  },
  "that permits registered identifiers, critical": {
    options: { signer: named([{ registeredID: "1.2.3" }]) },
    faults: /critical name constraints of names of another kind/,
  },
  "with malformed name constraints": {
    options: { signer: { extensions: [extension(x509.id_ce_nameConstraints, true, der("3000"))] } },
    faults: /malformed nameConstraints: it permits and excludes nothing/,
  },
  "that permits the trust domain to a depth": {
    options: {
      signer: {
        extensions: [
          extension(x509.id_ce_nameConstraints, true, der("3010 a00e 300c 8607612e6c6f63616c 810105")),
        ],
      },
    },
    faults: /to Envoy/,
    envoy: "BoringSSL refuses subtrees with a minimum or maximum",
  },
  "with a constraint of a DNS name with a dot at its end": {
    options: { signer: named([DNS("svc.")]) },
    faults: /malformed nameConstraints: it has the DNS name "svc\."/,
  },
  "with a constraint of an IP address as a URI": {
    options: { signer: named([URI("192.0.2.1")]) },
    faults: /malformed nameConstraints: it has the URI "192\.0\.2\.1", an IP address/,
  },
  "with a CA whose DNS name a constraint refuses": {
    options: {
      root: named([URI("a.local"), DNS("svc")]),
      middle: {
        extensions: [
          extension(
            x509.id_ce_subjectAltName,
            false,
            new x509.GeneralNames([new x509.GeneralName(DNS("ca.example"))]),
          ),
        ],
      },
    },
    faults: /refuse the names of a CA below/,
  },

  // Usages.
  "for servers": { options: { signer: { extensions: [purposes(SERVER)] } }, faults: PURPOSE },
  "for clients": { options: { signer: { extensions: [purposes(CLIENT)] } }, faults: PURPOSE },
  "for servers, by its root": { options: { root: { extensions: [purposes(SERVER)] } }, faults: PURPOSE },
  "for servers above and clients below": {
    options: { middle: { extensions: [purposes(SERVER)] }, signer: { extensions: [purposes(CLIENT)] } },
    faults: PURPOSE,
  },
  "for e-mail": {
    options: { middle: { extensions: [purposes(x509.id_kp_emailProtection)] } },
    faults: PURPOSE,
  },
  "for an unknown purpose": { options: { middle: { extensions: [purposes("1.2.3.4")] } }, faults: PURPOSE },
  "for servers and clients": { options: { signer: { extensions: [purposes(SERVER, CLIENT)] } } },
  "for any purpose": {
    options: { signer: { extensions: [purposes(ANY)] } },
    faults: PURPOSE,
    envoy: "BoringSSL does not know anyExtendedKeyUsage",
  },
  "for any purpose, by its root": { options: { root: { extensions: [purposes(ANY)] } } },
  "without keyCertSign": {
    options: { middle: { extensions: [usage(x509.KeyUsageFlags.digitalSignature)] } },
    faults: /keyUsage without keyCertSign/,
  },
  "without keyCertSign in its root": {
    options: { root: { extensions: [usage(x509.KeyUsageFlags.cRLSign)] } },
    faults: /keyUsage without keyCertSign/,
  },
  "without keyUsage": { options: { signer: { without: [x509.id_ce_keyUsage] } } },
  "without basic constraints": {
    options: { middle: { without: [x509.id_ce_basicConstraints] } },
    faults: /is no CA's certificate/,
  },
  "of no CA": {
    options: { signer: { extensions: [basicConstraints(false)] } },
    faults: /is no CA's certificate/,
  },
  "with room in its path length": {
    options: {
      root: { extensions: [basicConstraints(true, 2)] },
      middle: { extensions: [basicConstraints(true, 1)] },
      signer: { extensions: [basicConstraints(true, 0)] },
    },
  },
  "with too short a path length": {
    options: { root: { extensions: [basicConstraints(true, 1)] } },
    faults: /has path length 1, and 2 CA\(s\) come below it/,
  },
  "with too short a path length for a CA of one name": {
    options: { root: { extensions: [basicConstraints(true, 1)] }, middle: { name: "Root" } },
    faults: /has path length 1, and 2 CA\(s\) come below it/,
  },
  "with an unknown critical extension": {
    options: { middle: { extensions: [extension("1.2.3.4", true, der("0500"))] } },
    faults: /critical extension 1\.2\.3\.4/,
  },
  "with an unknown critical extension in its root": {
    options: { root: { extensions: [extension("1.2.3.4", true, der("0500"))] } },
    faults: /critical extension 1\.2\.3\.4/,
  },
  "with an unknown extension": {
    options: { middle: { extensions: [extension("1.2.3.4", false, der("0500"))] } },
  },
  "with critical CRL distribution points": {
    options: { middle: { extensions: [extension(x509.id_ce_cRLDistributionPoints, true, der("3000"))] } },
    faults: /critical extension crlDistributionPoints/,
    envoy: "BoringSSL processes no critical crlDistributionPoints",
  },
  "with a critical key identifier": {
    options: {
      signer: { extensions: [extension(x509.id_ce_subjectKeyIdentifier, true, der("040401020304"))] },
    },
    faults: /critical subjectKeyIdentifier, which must not be critical/,
  },
  "that requires a policy": {
    options: { middle: { extensions: [extension(x509.id_ce_policyConstraints, true, der("3003800100"))] } },
    faults: /policyConstraints that require a policy/,
  },
  "that requires a policy after more certificates": {
    options: { middle: { extensions: [extension(x509.id_ce_policyConstraints, true, der("3003800105"))] } },
  },
  "that requires a policy in its root": {
    options: { root: { extensions: [extension(x509.id_ce_policyConstraints, true, der("3003800100"))] } },
  },

  // Form.
  "with an extension twice": {
    options: {
      middle: {
        extensions: [extension("1.2.3.4", false, der("0500")), extension("1.2.3.4", false, der("0500"))],
      },
    },
    faults: /has extension 1\.2\.3\.4 twice/,
  },
  "with a negative serial number": {
    options: { middle: { edit: (signed) => (signed.serialNumber = Uint8Array.from([0x80, 1]).buffer) } },
    faults: /negative serial number/,
  },
  "with a negative serial number in its root": {
    options: { root: { edit: (signed) => (signed.serialNumber = Uint8Array.from([0x80, 1]).buffer) } },
    faults: /negative serial number/,
  },
  "with a long serial number": {
    options: { signer: { edit: (signed) => (signed.serialNumber = new Uint8Array(30).fill(1).buffer) } },
  },
  "of version 1": {
    options: { middle: { edit: toVersion1 } },
    faults: /is of X\.509 version 1/,
  },
  "with malformed basic constraints": {
    options: {
      middle: { extensions: [extension(x509.id_ce_basicConstraints, true, der("30060101ff0201ff"))] },
    },
    faults: /malformed basicConstraints/,
  },
  "with a compressed point": {
    options: { signer: { edit: compress } },
    faults: /compressed point/,
  },
  "with an underscore in a PrintableString": {
    options: { signer: { edit: (signed) => (signed.subject = printableName("M_sh")) } },
    faults: /certificate "CN=M_sh" has a text in its subject that Go cannot read/,
  },

  // Signatures and links.
  "signed with SHA-1": {
    options: { signer: { hash: "sha1", algorithm: "1.2.840.10045.4.1" } },
    faults: /certificate "CN=Mesh, O=Company" is signed with SHA-1 and ECDSA/,
  },
  "signed with SHA-1 above": {
    options: { middle: { hash: "sha1", algorithm: "1.2.840.10045.4.1" } },
    faults: /chain\[0\] "CN=Policy, O=Company" is signed with SHA-1/,
  },
  "signed with SHA-1 by its root itself": {
    options: { root: { hash: "sha1", algorithm: "1.2.840.10045.4.1" } },
  },
  "signed with SHA-224": {
    options: { signer: { hash: "sha224", algorithm: "1.2.840.10045.4.3.1" } },
    faults: /is signed with SHA-224/,
  },
  "signed with SHA-512": { options: { signer: { hash: "sha512", algorithm: "1.2.840.10045.4.3.4" } } },
  "signed with MD5": {
    options: { middle: { key: rsa(2048) }, signer: { hash: "md5", algorithm: "1.2.840.113549.1.1.4" } },
    faults: /is signed with MD5 and RSA/,
  },
  "signed with RSA-PSS": {
    options: {
      middle: { key: rsa(2048) },
      signer: { algorithm: "1.2.840.113549.1.1.10", parameters: der(pssParameters("20")) },
    },
  },
  "signed with RSA-PSS and short salt": {
    options: {
      middle: { key: rsa(2048) },
      signer: { algorithm: "1.2.840.113549.1.1.10", parameters: der(pssParameters("14")) },
    },
    faults: /is signed with RSA-PSS and other parameters/,
  },
  "whose issuer is named in capitals": {
    options: {
      signer: {
        edit: (signed) => (signed.issuer = directoryName(["2.5.4.10", "COMPANY"], ["2.5.4.3", "Policy"])),
      },
    },
    faults: /does not name its issuer byte for byte/,
  },
  "whose issuer is another": {
    options: { signer: { edit: (signed) => (signed.issuer = OTHER) } },
    faults: /does not name its issuer byte for byte/,
  },
  "with another authority key identifier": {
    options: {
      signer: { extensions: [extension(x509.id_ce_authorityKeyIdentifier, false, der("3006800401020304"))] },
    },
    faults: /authorityKeyIdentifier that is not its issuer's/,
    envoy: "BoringSSL compares key identifiers",
  },
  "without key identifiers": {
    options: { signer: { without: [x509.id_ce_authorityKeyIdentifier, x509.id_ce_subjectKeyIdentifier] } },
  },
  "with a signature that is wrong": {
    options: { middle: { editDer: (whole) => Buffer.concat([whole.subarray(0, -1), Buffer.from([1])]) } },
    faults: /is not signed by that one's key/,
  },

  // Keys and times.
  "of an RSA key of 1024 bits": {
    options: { signer: { key: rsa(1024) } },
    faults: /2048 to 8192 bits/,
    envoy: "shorter RSA keys are too weak (NIST SP 800-131A)",
  },
  "of P-224": {
    options: { signer: { key: curve("secp224r1") } },
    faults: /key that Envoy does not accept/,
    envoy: "Envoy has no P-224",
  },
  "of secp256k1": {
    options: { signer: { key: curve("secp256k1") } },
    faults: /key that Envoy does not accept/,
  },
  "of Ed25519": {
    options: { signer: { key: generateKeyPairSync("ed25519").privateKey } },
    faults: /key that Envoy does not accept/,
    envoy: "Envoy verifies no signatures of Ed25519 by default",
  },
  "that has expired": {
    options: { middle: { edit: (signed) => (signed.validity = hours(-2, -1)) } },
    faults: /has expired/,
  },
  "that is not valid yet": {
    options: { signer: { edit: (signed) => (signed.validity = hours(1, 2)) } },
    faults: /is not valid before/,
  },
  "that outlives its issuer": { options: { signer: { edit: (signed) => (signed.validity = hours(-1, 9)) } } },
};

/** DER of RSA-PSS with SHA-256. @param salt its length, in hexadecimal. */
function pssParameters(salt: string): string {
  const sha256 = "300d06096086480165030402010500";
  return `3034a00f${sha256}a11c301a06092a864886f70d010108${sha256}a2030201${salt}`;
}

function hours(from: number, to: number): x509.Validity {
  const now = Date.now();
  return new x509.Validity({ notBefore: new Date(now + from * HOUR), notAfter: new Date(now + to * HOUR) });
}

function toVersion1(signed: x509.TBSCertificate): void {
  signed.version = x509.Version.v1;
  delete signed.extensions;
}

/** Writes an ECDSA point by its x coordinate alone. */
function compress({ subjectPublicKeyInfo }: x509.TBSCertificate): void {
  const point = Buffer.from(subjectPublicKeyInfo.subjectPublicKey);
  const sign = 2 + ((point.at(-1) ?? 0) & 1);
  subjectPublicKeyInfo.subjectPublicKey = Uint8Array.from([sign, ...point.subarray(1, 33)]).buffer;
}

function printableName(printableString: string): x509.Name {
  const value = new x509.AttributeValue({ printableString });
  return new x509.Name([
    new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: "2.5.4.3", value })]),
  ]);
}

describe("A provided certificate authority, for Go and for Envoy:", () => {
  let answers: Map<string, { faults: string[]; go: string }>;
  let verify: GoVerifier;

  before(async function () {
    // Go compiles its program, and its library when it has not done so before.
    this.timeout(180_000);
    verify = orSkip(await goVerifier(), "Go", this);
    const chains = Object.values(CASES).map(({ options }) => makeChain(options));
    const go = verify(chains.map(forGo));
    answers = new Map(
      Object.keys(CASES).map((what, index) => {
        const chain = chains[index];
        return [what, { faults: chain === undefined ? [] : faultsOf(chain), go: go[index] ?? "" }];
      }),
    );
  });

  for (const [what, { faults, envoy }] of Object.entries(CASES)) {
    const why = envoy === undefined ? "" : `: ${envoy}`;
    it(`a chain ${what} is ${faults === undefined ? "accepted" : `refused${why}`}`, () => {
      const answer = answers.get(what);
      assert.ok(answer !== undefined);
      if (faults === undefined) assert.deepEqual(answer.faults, []);
      else assert.match(answer.faults.join("\n"), faults);
      const isAccepted = faults === undefined || envoy !== undefined;
      assert.equal(answer.go === "ok", isAccepted, answer.go);
    });
  }

  it("a root with a key needs constraints that permit the trust domains of peers with anchors", () => {
    const root = makeAuthority({ name: "Root", ...named([URI("a.local"), URI("b.local")]) });
    const issuer = { certificate: root.pem, key: root.key };
    const peer = (trustDomain: string, rootCertificates: string[]) => ({
      clusterDomain: "cluster.local",
      trustDomain,
      rootCertificates,
    });
    const pinned = { b: peer("b.local", ["x"]), c: peer("c.local", ["x"]), d: peer("d.local", [root.pem]) };
    const faults = validateAnchorNames({ issuer, roots: [root.pem] }, pinned, "Do without");
    assert.deepEqual(
      faults.map(({ rule, remedy }) => `${rule}. ${remedy}`),
      [
        "is of a root that has name constraints that refuse certificates of workloads in trust domain c.local, so that c can have no trust anchor. Do without, or have a root that permits it",
      ],
    );
    assert.deepEqual(validateAnchorNames({ issuer: undefined, roots: [root.pem] }, pinned, "Do without"), []);
  });

  const domain = fc.constantFrom(
    ...[
      "a.local",
      ".a.local",
      "local",
      ".local",
      "b.local",
      "x.a.local",
      "A.LOCAL",
      "ocal",
      "",
      "svc",
      ".svc",
    ],
    ...["istio-system.svc", ".istio-system.svc", "istiod.istio-system.svc", "-system.svc", "acme.example"],
  );
  const constrained = fc.oneof(
    domain.map(URI),
    domain.map(DNS),
    domain.map(MAIL),
    fc.constant(IP("10.0.0.0/8")),
  );
  const change: fc.Arbitrary<x509.Extension> = fc.oneof(
    fc
      .record({
        permitted: fc.array(constrained, { maxLength: 3 }),
        excluded: fc.array(constrained, { maxLength: 2 }),
        critical: fc.boolean(),
      })
      .filter(({ permitted, excluded }) => permitted.length + excluded.length > 0)
      .map(({ permitted, excluded, critical }) => nameConstraints(permitted, excluded, critical)),
    fc.subarray([SERVER, CLIENT, ANY, "1.2.3"], { minLength: 1 }).map((oids) => purposes(...oids)),
    fc
      .tuple(fc.boolean(), fc.nat(3))
      .map(([isCa, length]) => basicConstraints(isCa, isCa ? length : undefined)),
    fc.nat(0x1ff).map(usage),
    fc
      .tuple(fc.constantFrom("2.5.29.18", "2.5.29.31", "2.5.29.54", "1.2.3"), fc.boolean())
      .map(([oid, critical]) => extension(oid, critical, oid === "2.5.29.54" ? der("020100") : der("3000"))),
  );
  const distinct = fc.uniqueArray(change, { maxLength: 2, selector: ({ extnID }) => extnID });

  /** Faults that Go has not. */
  const STRICTER =
    /to Envoy: a constraint|extendedKeyUsage .*anyExtendedKeyUsage|keyUsage without keyCertSign|critical extension crlDistributionPoints/;

  it("any chain that the program accepts, Go accepts, and one that it refuses, Go or Envoy refuses", function () {
    this.timeout(sweep(60_000, 1_800_000));
    const place = distinct.map((extensions) => ({ extensions }));
    fc.assert(
      fc.property(fc.record({ root: place, middle: place, signer: place }), (options) => {
        const chain = makeChain(options);
        const faults = faultsOf(chain);
        const [go = ""] = verify([forGo(chain)]);
        if (go !== "ok") assert.notDeepEqual(faults, [], go);
        else
          assert.deepEqual(
            faults.filter((fault) => !STRICTER.test(fault)),
            [],
          );
      }),
      { numRuns: sweep(100, 10_000) },
    );
  });
});
