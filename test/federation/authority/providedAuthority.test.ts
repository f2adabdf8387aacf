import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { ProvidedPems } from "../../../federation/config/certificateAuthority.ts";
import { istiodNames } from "../../../federation/authority/istiodHosts.ts";
import { validateProvided } from "../../../federation/authority/provided.ts";
import { type AuthorityOptions, TestAuthority } from "../../support/testAuthority.ts";

const HOUR = 3_600_000;
const past = { notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) };
const future = { notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) };

const NAMES = { trustDomain: "a.local", hosts: istiodNames([]) };
const validate = (given: ProvidedPems) => validateProvided(given, NAMES, new Date());

/** Returns the faults, each as `field: rule`. */
function faultsOf(given: ProvidedPems): string[] {
  const validated = validate(given);
  const prefix = "certificateAuthority.provided.";
  if (!("faults" in validated)) return [];
  return validated.faults.map(({ path, rule }) => `${path.slice(prefix.length)}: ${rule}`);
}

describe("A provided certificate authority", () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let given: ProvidedPems;

  before(async () => {
    root = await TestAuthority.root("O=Company, CN=Root");
    intermediate = await root.intermediate("O=Company, CN=Mesh");
    given = { certificate: intermediate.pem, key: intermediate.keyPem(), root: root.pem };
  });

  /** With another intermediate below the root. */
  async function withIntermediate(options: AuthorityOptions) {
    const made = await root.intermediate("O=Company, CN=Mesh", options);
    return { ...given, certificate: made.pem, key: made.keyPem() };
  }

  it("is accepted when all of its parts fit", () => {
    const validated = validate(given);
    assert.ok("authority" in validated);
    const { certificate, key, chain, roots, issuer } = validated.authority;
    assert.match(certificate, /^-----BEGIN CERTIFICATE-----/);
    assert.equal(key.trim(), given.key?.trim());
    assert.deepEqual([chain, roots.length, issuer], [[], 1, undefined]);
  });

  it("issues trust anchors with a provided root key", async () => {
    const other = await TestAuthority.root("O=Company, CN=Next Root");
    const validated = validate({ ...given, root: other.pem + root.pem, rootKey: root.keyPem() });
    assert.ok("authority" in validated);
    assert.equal(validated.authority.roots.length, 2);
    assert.equal(validated.authority.issuer?.certificate.trim(), validated.authority.roots[1]?.trim());
  });

  it("may have intermediates in order, with text around them", async () => {
    const policy = await root.intermediate("O=Company, CN=Policy");
    const mesh = await policy.intermediate("O=Company, CN=Mesh");
    const chain = `subject=O=Company, CN=Policy\n${policy.pem}\n`;
    const whole = { certificate: mesh.pem, key: mesh.keyPem(), chain, root: root.pem };
    assert.deepEqual(faultsOf(whole), []);
    assert.deepEqual(faultsOf({ ...whole, chain: "" }), [
      "chain: must be certificates in PEM",
      "certificate: is issued by CN=Policy, O=Company, which is neither in provided.chain nor in provided.root",
    ]);
  });

  describe("with a chain as other tools write it", () => {
    let policy: TestAuthority;
    let mesh: TestAuthority;
    let tier: TestAuthority;

    before(async () => {
      policy = await root.intermediate("O=Company, CN=Policy");
      tier = await policy.intermediate("O=Company, CN=Tier");
      mesh = await tier.intermediate("O=Company, CN=Mesh");
    });

    /** Returns the chain that is used, by common names, and the notes. */
    function chainOf(chain: TestAuthority[], more: Partial<ProvidedPems> = {}) {
      const pems = chain.map(({ pem }) => pem).join("");
      const parts = { certificate: mesh.pem, key: mesh.keyPem(), chain: pems, root: root.pem, ...more };
      const validated = validate(parts);
      assert.ok("authority" in validated, JSON.stringify(validated));
      const subjects = validated.authority.chain.map((pem) => new X509Certificate(pem).subject);
      return { used: subjects.map((subject) => subject.split("CN=")[1]), notes: validated.notes };
    }

    const skipped = (index: number, why: string) =>
      `certificateAuthority.provided.chain[${index}] ${why}: it is not used`;

    it("skips the certificate itself and the root, as in Istio's cert-chain.pem, and says so", () => {
      assert.deepEqual(chainOf([mesh, tier, policy, root]), {
        used: ["Tier", "Policy"],
        notes: [skipped(0, "is provided.certificate itself"), skipped(3, "is provided.root[0]")],
      });
    });

    it("orders it", () => {
      const note =
        "certificateAuthority.provided.chain is not in order: it is used from certificate towards root";
      assert.deepEqual(chainOf([policy, tier]), { used: ["Tier", "Policy"], notes: [note] });
    });

    it("skips what is there twice, and what has signed nothing", async () => {
      const other = await root.intermediate("O=Company, CN=Other");
      assert.deepEqual(chainOf([tier, tier, policy, other]), {
        used: ["Tier", "Policy"],
        notes: [
          skipped(1, "is provided.chain[0] again"),
          skipped(3, "has signed none of those between certificate and root"),
        ],
      });
    });

    it("finds the issuer that leads to the root among those of one key", async () => {
      const elsewhere = await TestAuthority.root("O=Elsewhere, CN=Root");
      const cross = await elsewhere.certify(policy);
      assert.deepEqual(chainOf([tier, cross, policy]).used, ["Tier", "Policy"]);
    });

    it("needs none where the certificate is a root itself", async () => {
      const single = await TestAuthority.root("O=Company, CN=Single", { pathLength: 0 });
      assert.deepEqual(faultsOf({ certificate: single.pem, key: single.keyPem(), root: single.pem }), []);
      const own = { certificate: root.pem, key: root.keyPem(), root: root.pem };
      assert.deepEqual(faultsOf(own), []);
      assert.deepEqual(chainOf([root], own).used, []);
    });

    it("reports what cannot be read, and where", () => {
      const broken = mesh.pem.replace(/\n[A-Za-z0-9+/]{8}/, "\nAAAAAAAA");
      const parts = { certificate: mesh.pem, key: mesh.keyPem(), chain: tier.pem + broken, root: root.pem };
      assert.deepEqual(faultsOf(parts), [
        "chain[1]: cannot be read as an X.509 certificate",
        "chain[0]: is issued by CN=Policy, O=Company, which is neither in provided.chain nor in provided.root",
      ]);
    });
  });

  it("reports all faults of all certificates at once, with their subjects", async () => {
    const old = await root.intermediate("O=Company, CN=Old", past);
    const short = await old.intermediate("O=Company, CN=Short", { pathLength: 0 });
    const mesh = await short.intermediate("O=Company, CN=Mesh", { kind: "Ed25519", keyUsage: 1 });
    const deep = await mesh.intermediate("O=Company, CN=Deep");
    const chain = mesh.pem + short.pem + old.pem;
    const validated = validate({ certificate: deep.pem, key: deep.keyPem(), chain, root: root.pem });
    assert.ok("faults" in validated);
    assert.deepEqual(
      validated.faults.map(({ path, value, rule }) => [path.split(".").at(-1), value, rule.slice(0, 15)]),
      [
        ["chain[0]", "CN=Mesh, O=Company", "has a keyUsage "],
        ["chain[0]", "CN=Mesh, O=Company", "has a key that "],
        ["chain[1]", "CN=Short, O=Company", "has path length"],
        ["chain[2]", "CN=Old, O=Company", "has expired on "],
      ],
    );
  });

  for (const [what, options, rule] of [
    ["is not a CA's", { isCa: false }, "is no CA's certificate"],
    ["has expired", past, `has expired on ${past.notAfter.toISOString().slice(0, 17)}`],
    ["is not valid yet", future, `is not valid before ${future.notBefore.toISOString().slice(0, 17)}`],
    ["has a key that Envoy does not accept", { kind: "Ed25519" }, "has a key that Envoy does not accept"],
  ] as const) {
    it(`is refused when its certificate ${what}`, async () => {
      const faults = faultsOf(await withIntermediate(options));
      assert.ok(
        faults.some((fault) => fault.startsWith(`certificate: ${rule}`)),
        faults.join("\n"),
      );
    });
  }

  it("is refused when a path is longer than a certificate above allows", async () => {
    const one = await TestAuthority.root("O=Company, CN=Root", { pathLength: 1 });
    const below = await one.intermediate("O=Company, CN=Mesh");
    const parts = { certificate: below.pem, key: below.keyPem(), root: one.pem };
    assert.deepEqual(faultsOf(parts), []);
    assert.match(
      faultsOf({ ...parts, rootKey: one.keyPem() }).join(),
      /^rootKey: is of a root with a path length below 2/,
    );
    const short = await TestAuthority.root("O=Company, CN=Root", { pathLength: 0 });
    const mesh = await short.intermediate("O=Company, CN=Mesh");
    assert.deepEqual(faultsOf({ certificate: mesh.pem, key: mesh.keyPem(), root: short.pem }), [
      "root[0]: has path length 0, and 1 CA(s) come below it",
    ]);
  });

  it("is refused with all faults at once, none of which quotes a key", () => {
    const faults = validate({
      certificate: "",
      key: "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
      chain: "x",
      root: "",
    });
    assert.ok("faults" in faults);
    assert.deepEqual(
      faults.faults.map(({ path }) => path.split(".").at(-1)),
      ["certificate", "chain", "root", "key"],
    );
    assert.ok(!JSON.stringify(faults).includes("SECRET"));
  });

  it("is refused when a key belongs to another certificate, or another root issued the certificate", async () => {
    const other = await TestAuthority.root("O=Company, CN=Root");
    assert.deepEqual(faultsOf({ ...given, key: other.keyPem() }), [
      "key: is not the key of provided.certificate",
    ]);
    assert.deepEqual(faultsOf({ ...given, rootKey: other.keyPem() }), [
      "rootKey: is not the key of a certificate in provided.root",
    ]);
    assert.deepEqual(faultsOf({ ...given, root: other.pem }), [
      "certificate: names provided.root[0] (CN=Root, O=Company) as its issuer, and is not signed by that one's key",
    ]);
  });
});
